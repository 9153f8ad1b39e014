"""Writes rtl/generated/ from the Python that defines it ; run it after a change, a test compares."""

from pathlib import Path

from udfs.features.preprocess import inverse_roots

FOLDER = Path(__file__).parent / "generated"
HEAD = "// Made by rtl/generate.py: do not edit.\n`resetall\n`default_nettype none\n\n"
TAIL = "\n`resetall\n"


def inverse_root_rom() -> str:
    """The table of udfs.features.preprocess as a ROM with a registered output."""
    lines = [
        f"      8'd{place}: root_o <= 17'd{root};" for place, root in enumerate(inverse_roots().tolist()) if place >= 64
    ]
    return "\n".join(
        (
            "module inverse_root_rom (",
            "  input  wire         clk,",
            "  input  wire  [7:0]  mantissa_i,",
            "  output logic [16:0] root_o",
            ");",
            "  always_ff @(posedge clk) begin",
            "    case (mantissa_i)",
            *lines,
            "      default: root_o <= 17'd0;",
            "    endcase",
            "  end",
            "endmodule",
            "",
        )
    )


FILES = {"inverse_root_rom.sv": inverse_root_rom}


def made() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    return {FOLDER / name: HEAD + make() + TAIL for name, make in FILES.items()}


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text)
