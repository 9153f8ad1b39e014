"""`bench`: throughput and latency through a real broker and Flink, beside what the same machine can do at most.

Nothing here passes or fails on time: the figures are for people, and for comparison within one run. Written to
`FOLDER/bench.json` (`scaling.json`); what the figures mean stands in tests/bench/README.md.
"""

import argparse
import os
import platform
import shutil
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
from rich.console import Console

from jobs.adapters.java import find_jars, find_java
from jobs.benchmark.measure import (
    measure_curve,
    measure_heartbeats,
    measure_latency,
    measure_play,
    measure_throughput,
)
from jobs.benchmark.needs import needs, state_bytes
from jobs.benchmark.plan import FULL, QUICK, Plan
from jobs.benchmark.report import show
from schemas.errors import SetupError


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    console, began = Console(width=110), time.monotonic()
    plan = QUICK if given.quick else FULL
    if given.scaling:
        _scaling(console, plan, given)
        return
    found: dict[str, Any] = {"machine": _machine(), "quick": given.quick}
    with console.status("") as status:
        found["play"] = measure_play(plan, given.models, status.update)
        found["closes"] = measure_heartbeats(plan, given.models, status.update)
        found["state"] = state_bytes(given.models)
        missing = _java_is_missing()
        if not missing:
            found.update(_with_kafka(plan, given, status.update))
    found["needs"] = needs(found)
    found["seconds"] = time.monotonic() - began
    show(console, found)
    if missing:
        console.print(f"Only play() was measured: {missing}")
    _keep(console, found, given.folder / "bench.json")


def _scaling(console: Console, plan: Plan, given: argparse.Namespace) -> None:
    """One TaskManager against two, instead of all the rest."""
    from jobs.benchmark.scaling import measure_scaling  # needs the pipeline extra
    from jobs.benchmark.scaling_report import show_scaling

    missing, began = _java_is_missing(), time.monotonic()
    if missing:
        raise SetupError(missing)
    found: dict[str, Any] = {"machine": _machine(), "quick": given.quick}
    folder = Path(mkdtemp(prefix="penstock-bench-"))
    try:
        with console.status("") as status:
            found["scaling"] = measure_scaling(plan, given.models, folder, status.update)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found["seconds"] = time.monotonic() - began
    show_scaling(console, found["scaling"], found["machine"]["cpus"])
    _keep(console, found, given.folder / "scaling.json")


def _keep(console: Console, found: dict[str, Any], path: Path) -> None:
    load = found["machine"]
    load["load_after"] = os.getloadavg()[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    console.print(
        f"{load['cpus']} CPUs, load {load['load_before']:.1f} before and {load['load_after']:.1f} after, "
        f"{found['seconds']:.0f} s; {path}"
    )


def _with_kafka(plan: Plan, given: argparse.Namespace, say: Any) -> dict[str, Any]:
    from jobs.adapters.broker import Broker  # needs the pipeline extra, which play() does not
    from jobs.adapters.kafka import create_topics
    from jobs.benchmark.broker import Worker
    from jobs.benchmark.log import CHANNELS

    folder = Path(mkdtemp(prefix="penstock-bench-"))
    broker = Broker(folder / "broker")
    worker: Worker | None = None
    try:
        say("starting a broker")
        bootstrap = broker.start()
        create_topics(bootstrap, range(CHANNELS))
        worker = Worker(bootstrap, folder / "worker", given.models)
        return {
            "throughput": measure_throughput(plan, given.models, worker, bootstrap, say),
            "latency": measure_latency(plan, given.models, worker, bootstrap, say),
            "curve": measure_curve(plan, given.models, worker, bootstrap, say),
        }
    finally:
        say("stopping")
        if worker is not None:
            worker.close()
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _java_is_missing() -> str:
    """Why nothing but play() can run here; empty when all can."""
    try:
        find_java()
        find_jars("kafka")
        find_jars("flink")
    except SetupError as error:
        return str(error)
    return ""


def _machine() -> dict[str, Any]:
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="penstock bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one run of each, about a minute")
    parser.add_argument("--scaling", action="store_true", help="instead: one TaskManager against two, about 3 minutes")
    parser.add_argument("--models", type=Path, help="the model registry's folder; default: the installed one")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="where bench.json or scaling.json goes")
    return parser
