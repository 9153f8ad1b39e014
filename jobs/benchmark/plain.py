"""`play()` on one core: how fast, and which stage the time goes to."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.adapters.resources import open_resources
from jobs.benchmark.log import Log
from schemas.control import Term
from schemas.frame import decode, encode
from udfs.channel import Channel, Output, Resources
from udfs.machine import Batch, Machine, Pipeline
from udfs.play import play


class Timed:
    """A machine with a stop-watch around its steps."""

    def __init__(self, machine: Machine, spent_ns: dict[str, int]) -> None:
        self._machine, self._spent_ns = machine, spent_ns
        self.name, self.version = machine.name, machine.version
        self.initial: Callable[[], Any] = machine.initial
        self.dump: Callable[[Any], bytes] = machine.dump
        self.load: Callable[[bytes], Any] = machine.load

    def step(self, state: Any, batch: Batch) -> None:
        began_ns = time.perf_counter_ns()
        self._machine.step(state, batch)
        self._spent_ns[self.name] = self._spent_ns.get(self.name, 0) + time.perf_counter_ns() - began_ns


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
    """Where the dense part's time goes: ns a tick, us a frame and us a row of each stage, of decode and of encode.

    `channel` is what the channel itself does around its stages: sequence numbers, output frames.
    """
    spent_ns: dict[str, int] = {}
    resources = open_resources(models)

    def build(term: Term, number: int) -> Pipeline:
        return Pipeline([Timed(machine, spent_ns) for machine in resources.build(term, number).machines])

    machine = Channel(channel, Resources(build))
    state = machine.initial()
    for data in log.messages[: log.dense]:
        machine.step(state, data)
    spent_ns.clear()
    began_ns = time.perf_counter_ns()
    outputs = [machine.step(state, data) for data in log.messages[log.dense :]]
    whole_ns = time.perf_counter_ns() - began_ns
    decode_ns = _time(lambda: [decode(data) for data in log.messages[log.dense :]])
    frames = [frame for output in outputs for _, frame in output.frames]
    stages = {"decode": decode_ns, **spent_ns}
    stages["channel"] = max(whole_ns - sum(stages.values()), 0)
    stages["encode"] = _time(lambda: [encode(frame) for frame in frames])
    rows = max(sum(map(_rows, outputs)), 1)
    return {
        "rows": rows,
        "ns_per_tick": {name: spent / log.dense_ticks for name, spent in stages.items()},
        "us_per_frame": {name: spent / 1e3 / len(outputs) for name, spent in stages.items()},
        "us_per_row": {name: spent / 1e3 / rows for name, spent in stages.items()},
    }


def _time(work: Callable[[], object]) -> int:
    began_ns = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - began_ns


def _rows(output: Output) -> int:
    return sum(len(frame) for topic, frame in output.frames if topic.name == "features.v1")
