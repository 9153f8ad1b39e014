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
from udfs.channel import Channel, Output, Resources, State
from udfs.machine import Batch, Machine, Pipeline
from udfs.play import play


class Spent:
    """CPU time of this thread by name: a busy machine changes it less than wall time."""

    def __init__(self) -> None:
        self.ns: dict[str, int] = {}
        self._clock_ns = min(_pair() for _ in range(1000))  # what asking the clock twice costs by itself

    def add(self, name: str, work: Callable[[], Any]) -> Any:
        """Do the work; its time goes to `name`."""
        began_ns = time.thread_time_ns()
        made = work()
        self.ns[name] = self.ns.get(name, 0) + max(time.thread_time_ns() - began_ns - self._clock_ns, 0)
        return made


class Timed:
    """A machine with a stop-watch around its steps."""

    def __init__(self, machine: Machine, spent: Spent) -> None:
        self._machine, self._spent = machine, spent
        self.name, self.version = machine.name, machine.version
        self.initial: Callable[[], Any] = machine.initial
        self.dump: Callable[[Any], bytes] = machine.dump
        self.load: Callable[[bytes], Any] = machine.load

    def step(self, state: Any, batch: Batch) -> None:
        self._spent.add(self.name, lambda: self._machine.step(state, batch))


def throughput(log: Log, channel: int, models: Path | None) -> dict[str, float]:
    """Ticks and rows a second over the dense part, by the wall and by the CPU of this process.

    As a backtest runs it: outputs are made and dropped, nothing is encoded.
    """
    outputs = play(log.messages, channel, open_resources(models))
    for _ in range(log.dense):
        next(outputs)
    began, began_cpu = time.perf_counter(), time.process_time()
    rows = sum(_rows(output) for output in outputs)
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    return {"ticks_per_s": log.dense_ticks / wall, "ticks_per_cpu_s": log.dense_ticks / cpu, "rows_per_s": rows / wall}


def profile(log: Log, channel: int, models: Path | None) -> dict[str, Any]:
    """Where the dense part's CPU time goes: ns a tick, us a frame and us a row of each stage, of decode and of encode.

    `channel` is what the channel itself does around decode and its stages: sequence numbers, output frames.
    """
    spent = Spent()
    resources = open_resources(models)

    def build(term: Term, number: int) -> Pipeline:
        return Pipeline([Timed(machine, spent) for machine in resources.build(term, number).machines])

    machine = Channel(channel, Resources(build))
    state = machine.initial()
    for data in log.messages[: log.dense]:
        machine.step(state, data)
    dense = log.messages[log.dense :]
    spent.ns.clear()
    whole = Spent()
    outputs = [whole.add("steps", lambda data=data: machine.step(state, data)) for data in dense]
    clocks = 2 * _pair() * len(machines_of(state)) * len(dense) // 2
    for data in dense:
        spent.add("decode", lambda data=data: decode(data))
    spent.ns["channel"] = max(whole.ns["steps"] - sum(spent.ns.values()) - clocks, 0)
    for output in outputs:
        for topic, frame in output.frames:
            if topic == QUARANTINE:
                raise DataError(f"the benchmark's own log is refused: {text_of(frame.records).decode()[:300]}")
            spent.add("encode", lambda frame=frame: encode(frame))
    rows = max(sum(map(_rows, outputs)), 1)
    return {
        "rows": rows,
        "ns_per_tick": {name: ns / log.dense_ticks for name, ns in spent.ns.items()},
        "us_per_frame": {name: ns / 1e3 / len(outputs) for name, ns in spent.ns.items()},
        "us_per_row": {name: ns / 1e3 / rows for name, ns in spent.ns.items()},
    }


def machines_of(state: State) -> tuple[Machine, ...]:
    return state.pipeline.machines if state.pipeline else ()


def _pair() -> int:
    began_ns = time.thread_time_ns()
    return time.thread_time_ns() - began_ns


def _rows(output: Output) -> int:
    return sum(len(frame) for topic, frame in output.frames if topic == FEATURES)
