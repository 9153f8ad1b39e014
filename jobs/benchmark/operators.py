"""The operators that are timed: the production one with a stop-watch at its door, and one that hands back its input."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from pyflink.datastream import KeyedProcessFunction, ProcessFunction, RuntimeContext

from schemas.frame import channel_of
from udfs.flink import ChannelOperator

REPORT = "PENSTOCK_BENCH_REPORT"  # where an operator leaves its times when it closes: it shares our process
CPU_EVERY = 16  # messages


class Watch:
    """When each message arrived and of which channel, and the CPU of this process and thread at every 16th."""

    def __init__(self) -> None:
        self._arrived_ns: list[int] = []
        self._channel: list[int] = []
        self._cpu_ns: list[int] = []
        self._thread_ns: list[int] = []

    def message(self, data: bytes) -> None:
        if len(self._arrived_ns) % CPU_EVERY == 0:
            self._cpu_ns.append(time.process_time_ns())
            self._thread_ns.append(time.thread_time_ns())
        self._arrived_ns.append(time.perf_counter_ns())
        self._channel.append(channel_of(data))

    def write(self) -> None:
        """Leave everything in a file."""
        times = {
            "arrived_ns": self._arrived_ns,
            "channel": self._channel,
            "cpu_ns": self._cpu_ns,
            "thread_ns": self._thread_ns,
        }
        Path(os.environ[REPORT]).write_text(json.dumps(times))


class TimedOperator(ChannelOperator):
    """The production operator; the watch is all that is added."""

    def open(self, context: RuntimeContext) -> None:
        super().open(context)
        self._watch = Watch()

    def process_element(self, data: bytes, context: KeyedProcessFunction.Context) -> Iterator[object]:
        self._watch.message(data)
        return super().process_element(data, context)

    def close(self) -> None:
        self._watch.write()


class Identity(ProcessFunction):
    """The ceiling: every message through Python and out again, nothing else."""

    def open(self, context: RuntimeContext) -> None:
        self._watch = Watch()

    def process_element(self, data: bytes, context: ProcessFunction.Context) -> Iterator[bytes]:
        self._watch.message(data)
        yield data

    def close(self) -> None:
        self._watch.write()
