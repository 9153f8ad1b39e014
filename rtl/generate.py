"""Writes rtl/generated/ from the Python that defines it; run it after a change, a test compares."""

from pathlib import Path

from schemas.itch import MESSAGES, SLOTS, USED
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


def itch_fields() -> str:
    """The positions of schemas.itch as a choice by the first byte; what a type has not is 0."""
    width = {name: size * 8 for name, size in SLOTS.items()} | {"price": 32}
    ports = [f"  output logic {f'[{bits - 1}:0]':<7}{name}_o," for name, bits in width.items()]
    lines = []
    for one in MESSAGES:
        lines += [f'      "{one.letter}": begin', f"        size_o = 6'd{one.size};"]
        if one.letter in USED:
            lines.append("        is_used_o = 1'b1;")
        for name, bits in width.items():
            if name in one.places and one.letter in USED:
                at, size = one.places[name]
                swapped = ", ".join(f"b[{place}]" for place in range(at, at + size))
                zeros = f"{bits - 8 * size}'d0, " if bits > 8 * size else ""
                lines.append(f"        {name}_o = {{{zeros}{swapped}}};")
        lines.append("      end")
    return "\n".join(
        (
            "module itch_fields (",
            "  input  wire  [447:0] message_i,  // the first byte in [7:0]",
            "  output logic [5:0]  size_o,",
            "  output logic        is_known_o,",
            "  output logic        is_used_o,",
            *ports[:-1],
            ports[-1].rstrip(","),
            ");",
            "  wire [7:0] letter = message_i[7:0];",
            "  wire [7:0] b [0:55];",
            "  genvar place;",
            "  generate",
            "    for (place = 0; place < 56; place = place + 1) begin : bytes",
            "      assign b[place] = message_i[8*place+:8];",
            "    end",
            "  endgenerate",
            "  always_comb begin",
            "    size_o = '0;",
            "    is_known_o = 1'b1;",
            "    is_used_o = 1'b0;",
            *(f"    {name}_o = '0;" for name in width),
            "    case (letter)",
            *lines,
            "      default: is_known_o = 1'b0;",
            "    endcase",
            "  end",
            "endmodule",
            "",
        )
    )


FILES = {"inverse_root_rom.sv": inverse_root_rom, "itch_fields.sv": itch_fields}


def made() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    return {FOLDER / name: HEAD + make() + TAIL for name, make in FILES.items()}


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text)
