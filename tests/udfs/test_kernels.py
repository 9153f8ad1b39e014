"""What kernels rely on: one signature, and a cache that notices changes elsewhere."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import udfs.kernels
from schemas.records import TICK
from udfs.kernels import read_only

CALLER = """
import leaf
from leaf import factor
from udfs.kernels import kernel

@kernel(leaf)
def scaled(value):
    return value * factor()
"""
LEAF = "import numba\n\n@numba.njit\ndef factor():\n    return {}\n"


def run(folder: Path) -> str:
    code = "import caller; print(caller.scaled(10), sum(caller.scaled.stats.cache_hits.values()))"
    root = Path(udfs.kernels.__file__).parents[1]
    path = f"{folder}:{root}"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_change_in_another_module_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "leaf.py").write_text(LEAF.format(2))
    assert run(tmp_path) == "20 0"
    assert run(tmp_path) == "20 1"
    (tmp_path / "leaf.py").write_text(LEAF.format(3))
    assert run(tmp_path) == "30 0"


def test_a_read_only_view_is_of_the_same_memory() -> None:
    ticks = np.zeros(3, TICK)
    view = read_only(ticks)
    ticks["price"][1] = 7
    assert view["price"].tolist() == [0, 7, 0]
    assert read_only(view) is view
    with pytest.raises(ValueError, match="read-only"):
        view["price"][0] = 1


MACHINES = {
    "udfs.market.quality": "Quality",
    "udfs.market.book": "Book",
    "udfs.market.bars": "Bars",
    "udfs.features.row": "Features",
}


@pytest.mark.parametrize("module", MACHINES)
def test_warm_compiles_what_a_batch_needs(module: str) -> None:
    """After `warm`, no array of a batch needs other machine code, whether it could be written before or not."""
    from tests.udfs.market.logs import CHANNEL, play, real, term

    found = importlib.import_module(module)
    machine = getattr(found, MACHINES[module])(term(), CHANNEL)
    machine.warm()
    compiled = found.validate if module.endswith("quality") else found.fold
    before = len(compiled.signatures)
    chain = [getattr(importlib.import_module(name), kind)(term(), CHANNEL) for name, kind in MACHINES.items()]
    play(chain, real(3000))
    assert len(compiled.signatures) == before
