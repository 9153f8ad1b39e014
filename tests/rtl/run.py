"""Builds a block and runs the tests of a bench in a simulator, from pytest."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

ROOT = Path(__file__).resolve().parents[2]
RTL = ROOT / "rtl"
BUILD = ROOT / ".penstock" / "rtl"
SOURCES = (*sorted(RTL.glob("*.sv")), *sorted((RTL / "generated").glob("*.sv")))
_ARGUMENTS = {"icarus": ["-g2012", "-Wall", "-Wno-timescale"], "verilator": ["-Wno-fatal", "--assert"]}


def simulator() -> str:
    """The simulator asked for by SIM, Icarus otherwise; skips without one unless RTL_REQUIRED=1."""
    name = os.environ.get("SIM", "icarus")
    command = {"icarus": "iverilog"}.get(name, name)
    if shutil.which(command) is None:
        reason = f"no RTL simulator: {command} is not on the PATH (infra/setup/rtl.sh, or: apt-get install iverilog)"
        pytest.fail(reason) if os.environ.get("RTL_REQUIRED") == "1" else pytest.skip(reason)
    return name


def simulate(
    block: str, bench: str, case: str, parameters: Mapping[str, int] | None = None, **environment: object
) -> None:
    """Run one test of `tests.rtl.<bench>` against a block; fails when it fails, or when it did not run."""
    name, parameters = simulator(), parameters or {}
    label = "-".join((block, *(f"{key}{value}" for key, value in sorted(parameters.items()))))
    build = BUILD / name / label
    runner = get_runner(name)
    runner.build(
        sources=SOURCES,
        hdl_toplevel=block,
        parameters=parameters,
        build_dir=build,
        build_args=_ARGUMENTS[name],
        timescale=("1ns", "1ps"),
        log_file=_log(build, "build"),
    )
    results = runner.test(
        hdl_toplevel=block,
        test_module=f"tests.rtl.{bench}",
        testcase=case,
        build_dir=build,
        test_dir=ROOT,
        results_xml=str(build / f"{case}.xml"),
        extra_env={"PYTHONPATH": str(ROOT), **{key: str(value) for key, value in environment.items()}},
        log_file=_log(build, case),
    )
    ran, failed = get_results(results)
    assert (ran, failed) == (1, 0), f"{case}: see {_log(build, case)}"


def _log(build: Path, name: str) -> Path:
    build.mkdir(parents=True, exist_ok=True)
    return build / f"{name}.log"
