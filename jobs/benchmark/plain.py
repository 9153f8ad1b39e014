"""`play()` on one core: how fast, and which stage the time goes to."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.adapters.resources import open_resources
from jobs.benchmark.log import Log
from schemas.control import Term
from schemas.errors import DataError
from schemas.frame import decode, encode, text_of
from schemas.topics import FEATURES, QUARANTINE
from udfs.channel import Channel, Output, Resources
from udfs.machine import Batch, Machine, Pipeline
from udfs.play import play


class Spent:
    """CPU time of this thread by name: a busy machine changes it less than wall time."""

    def __init__(self) -> None:
        self.ns: dict[str, int] = {}
        self.clock_ns = min(_pair() for _ in range(1000))  # what asking the clock twice costs by itself

    def add(self, name: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """Do the work; its time goes to `name`."""
        began_ns = time.thread_time_ns()
        made = work(*arguments)
        self.ns[name] = self.ns.get(name, 0) + max(time.thread_time_ns() - began_ns - self.clock_ns, 0)
        return made


class Timed:
    """A machine with a stop-watch around its steps."""

    def __init__(self, machine: Machine, spent: Spent) -> None:
        self._machine, self._spent = machine, spent
        self.name, self.version = machine.name, machine.version
        self.needs = getattr(machine, "needs", "")
        self.initial: Callable[[], Any] = machine.initial
        self.dump: Callable[[Any], bytes] = machine.dump
        self.load: Callable[[bytes], Any] = machine.load
        self.warm: Callable[[], None] = machine.warm

    def step(self, state: Any, batch: Batch) -> None:
        self._spent.add(self.name, self._machine.step, state, batch)


def throughput(log: Log, channel: int, models: Path | None) -> dict[str, float]:
    """Ticks and rows a second over the dense part, by the wall and by the CPU of this process.

    As a backtest runs it: outputs are made and dropped, nothing is encoded.
    """
    outputs = play(log.messages, channel, open_resources(models))
    for _ in range(log.dense):
        next(outputs)
    began, began_cpu = time.perf_counter(), time.process_time()
    rows = sum(count_rows(output) for output in outputs)
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    return {"ticks_per_s": log.dense_ticks / wall, "ticks_per_cpu_s": log.dense_ticks / cpu, "rows_per_s": rows / wall}


def profile(log: Log, channel: int, models: Path | None) -> dict[str, Any]:
    """Where the dense part's CPU time goes: ns a tick, us a frame and us a row of each stage, of decode and of encode.

    `channel` is what the channel itself does around decode and its stages, numbers and output frames: the time of a
    run without watches, less theirs.
    """
    spent, unwatched = Spent(), Spent()
    resources = open_resources(models)

    def build(term: Term, number: int) -> Pipeline:
        return Pipeline([Timed(machine, spent) for machine in resources.build(term, number).machines])

    dense = log.messages[log.dense :]
    _run(log, Channel(channel, resources), unwatched)
    outputs = _run(log, Channel(channel, Resources(build)), spent)
    spent.ns.pop("steps")
    for data in dense:
        spent.add("decode", decode, data)
    spent.ns["channel"] = max(unwatched.ns["steps"] - sum(spent.ns.values()), 0)
    for output in outputs:
        for topic, frame in output.frames:
            if topic == QUARANTINE:
                raise DataError(f"the benchmark's own log is refused: {text_of(frame.records).decode()[:300]}")
            spent.add("encode", encode, frame)
    rows = max(sum(map(count_rows, outputs)), 1)
    return {
        "rows": rows,
        "ns_per_tick": {name: ns / log.dense_ticks for name, ns in spent.ns.items()},
        "us_per_frame": {name: ns / 1e3 / len(outputs) for name, ns in spent.ns.items()},
        "us_per_row": {name: ns / 1e3 / rows for name, ns in spent.ns.items()},
    }


def _run(log: Log, machine: Channel, spent: Spent) -> list[Output]:
    """The outputs of the dense part; only its time is kept."""
    state = machine.initial()
    for data in log.messages[: log.dense]:
        machine.step(state, data)
    spent.ns.clear()
    return list(spent.add("steps", lambda: [machine.step(state, data) for data in log.messages[log.dense :]]))


def _pair() -> int:
    began_ns = time.thread_time_ns()
    return time.thread_time_ns() - began_ns


def count_rows(output: Output) -> int:
    """Its decision rows."""
    return sum(len(frame) for topic, frame in output.frames if topic == FEATURES)
