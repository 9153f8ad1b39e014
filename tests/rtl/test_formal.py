"""Proofs of small parameters: bounded from the reset, then for all time by induction (yosys-smtbmc, z3)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.rtl.run import BUILD, RTL

# The depth of the bounded search and of the induction.
PROOFS = {"credit_fifo": (12, 4), "state_ram": (10, 4), "loss_fifo": (12, 4), "saturating_sum": (10, 4)}
SIZES = {
    "credit_fifo": {"WIDTH": 1, "DEPTH_W": 2},
    "state_ram": {"ADDRESS_W": 2, "WIDTH": 3},
    "loss_fifo": {"WIDTH": 1, "DEPTH_W": 2},
    "saturating_sum": {"ADDRESS_W": 1, "WIDTH": 4, "ADD_W": 4},
}
# One change a proof that must make it fail.
BROKEN = {
    "credit_fifo": ("used_next < DEPTH[DEPTH_W:0]", "used_next <= DEPTH[DEPTH_W:0]"),
    "loss_fifo": ("write_i && (full || pending)", "write_i && full"),
    "saturating_sum": ("again = write_q &&", "again = hit_q &&"),
    "state_ram": ("hit_q ? written_q : read_q", "read_q"),
}


def _tools() -> None:
    missing = [tool for tool in ("yosys", "yosys-smtbmc", "z3") if shutil.which(tool) is None]
    if missing:
        reason = f"no {', '.join(missing)} on the PATH (infra/setup/rtl.sh)"
        pytest.fail(reason) if os.environ.get("RTL_REQUIRED") == "1" else pytest.skip(reason)


def _model(block: str, source: str, folder: Path) -> Path:
    """The block with its properties inside, as a transition system."""
    folder.mkdir(parents=True, exist_ok=True)
    body, end, tail = source.rpartition("endmodule")
    (folder / f"{block}.sv").write_text(body + (RTL / "formal" / f"{block}.svh").read_text() + end + tail)
    model = folder / f"{block}.smt2"
    sizes = " ".join(f"-set {name} {value}" for name, value in SIZES[block].items())
    script = (
        f"read_verilog -formal -sv {folder / block}.sv; chparam {sizes} {block}; "
        f"prep -top {block}; memory_map; write_smt2 -wires {model}"
    )
    made = subprocess.run(["yosys", "-q", "-p", script], capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return model


def _holds(model: Path, *arguments: str) -> bool:
    command = ["yosys-smtbmc", "-s", "z3", "--presat", *arguments, str(model)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert "Status: " in found.stdout, found.stdout + found.stderr
    return found.returncode == 0


@pytest.mark.parametrize("block", PROOFS)
def test_is_proved(block: str) -> None:
    _tools()
    bound, depth = PROOFS[block]
    model = _model(block, (RTL / f"{block}.sv").read_text(), BUILD / "formal")
    assert _holds(model, "-t", str(bound)), "a state within the bound breaks a property"
    assert _holds(model, "-i", "-t", str(depth)), "the properties are not inductive"


@pytest.mark.parametrize("block", PROOFS)
def test_a_broken_block_is_not_proved(block: str) -> None:
    _tools()
    good, bad = BROKEN[block]
    source = (RTL / f"{block}.sv").read_text()
    assert source.count(good) == 1
    assert not _holds(
        _model(block, source.replace(good, bad), BUILD / "formal" / "broken"), "-t", str(PROOFS[block][0])
    )
