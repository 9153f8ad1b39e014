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


def simulator() -> str:
    """The simulator asked for by SIM, Icarus otherwise; skips without one unless RTL_REQUIRED=1."""
    name = os.environ.get("SIM", "icarus")
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
        testcase=list(cases),
        build_dir=build,
        test_dir=ROOT,
        results_xml=str(build / f"{title}.xml"),
        extra_env={"PYTHONPATH": str(ROOT), **{key: str(value) for key, value in environment.items()}},
        log_file=_log(build, title),
    )
    ran, failed = get_results(results)
    assert (ran, failed) == (len(cases), 0), f"{title}: see {_log(build, title)}"


def _log(build: Path, name: str) -> Path:
    build.mkdir(parents=True, exist_ok=True)
    return build / f"{name}.log"
