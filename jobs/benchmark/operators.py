"""The operators that are timed: the production one with a stop-watch at its door, and one that hands back its input."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyflink.datastream import KeyedProcessFunction, ProcessFunction, RuntimeContext

from jobs.adapters.files import replace_file
from schemas.frame import channel_of
from schemas.topics import DECISIONS
from udfs.flink import ChannelOperator, task_info

CPU_EVERY = 16  # messages


class Watch:
    """When each message arrived and of which channel, and the CPU of this process and thread at every 16th.

    `folder` gets a file of them for each subtask when the operator closes; it is on this machine.
    """

    def __init__(self, folder: Path, subtask: int) -> None:
        self._path = times_of(folder, subtask)
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

    def write(self, rows: dict[int, int]) -> None:
        """Leave everything in the file; `rows` are the decision rows of each channel."""
        times = {
            "arrived_ns": self._arrived_ns,
            "channel": self._channel,
            "cpu_ns": self._cpu_ns,
            "thread_ns": self._thread_ns,
            "rows": {str(channel): count for channel, count in rows.items()},
        }
        replace_file(self._path, json.dumps(times).encode())


def times_of(folder: Path, subtask: int) -> Path:
    """Where the times of a subtask are found once its operator has closed."""
    return folder / f"times-{subtask}.json"


class TimedOperator(ChannelOperator):
    """The production operator; the watch is all that is added."""

    def __init__(self, *, folder: Path, **production: Any) -> None:
        super().__init__(**production)
        self._folder = folder

    def open(self, context: RuntimeContext) -> None:
        super().open(context)
        self._watch = Watch(self._folder, task_info(context).getIndexOfThisSubtask())

    def process_element(self, data: bytes, context: KeyedProcessFunction.Context) -> Iterator[object]:
        self._watch.message(data)
        return super().process_element(data, context)

    def close(self) -> None:
        keepers = {self._channels[key]: keeper for key, keeper in self._keepers.items()}
        self._watch.write(
            {channel: keeper.state.ledger.written.get(DECISIONS.name, 0) for channel, keeper in keepers.items()}
        )


class Identity(ProcessFunction):
    """The ceiling: every message through Python and out again, nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, context: RuntimeContext) -> None:
        self._watch = Watch(self._folder, task_info(context).getIndexOfThisSubtask())

    def process_element(self, data: bytes, context: ProcessFunction.Context) -> Iterator[bytes]:
        self._watch.message(data)
        yield data

    def close(self) -> None:
        self._watch.write({})
