"""The production job with a stop-watch, as the JVM of the benchmark and a cluster run it."""

from functools import partial
from pathlib import Path

from pyflink.datastream import StreamExecutionEnvironment

from jobs.adapters.flink import build
from jobs.adapters.resources import open_resources
from jobs.benchmark.log import CHANNELS
from jobs.benchmark.operators import TimedOperator

__all__ = ["build_timed"]


def build_timed(
    env: StreamExecutionEnvironment, bootstrap: str, topic: str, bounded: bool, models: Path | None, folder: Path
) -> None:
    """The production job over the channels of the benchmark's log; each subtask leaves its times in `folder`."""
    resources, timed = partial(open_resources, models), partial(TimedOperator, folder=folder)
    build(env, bootstrap, tuple(range(CHANNELS)), CHANNELS, resources, bounded, log=topic, operator_of=timed)
