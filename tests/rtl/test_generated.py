"""The generated SystemVerilog is what the Python says today."""

import runpy
from pathlib import Path

import pytest

from tests.rtl.run import RTL

MADE: dict[Path, str] = runpy.run_path(str(RTL / "generate.py"))["made"]()


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_is_up_to_date(path: Path) -> None:
    assert path.read_text() == MADE[path], "run: python rtl/generate.py"


def test_nothing_else_lies_there() -> None:
    assert {*(RTL / "generated").iterdir()} == {*MADE}
