"""Every module elaborates in Icarus without a warning."""

import subprocess

import pytest

from tests.rtl.run import RTL, SOURCES, simulator

MODULES = sorted(path.stem for path in RTL.glob("*.sv"))


@pytest.mark.parametrize("module", MODULES)
def test_has_no_warning(module: str) -> None:
    if simulator() != "icarus":
        pytest.skip("the linter is Icarus")
    command = ["iverilog", "-g2012", "-Wall", "-Wno-timescale", "-tnull", "-s", module, *map(str, SOURCES)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stderr) == (0, "")
