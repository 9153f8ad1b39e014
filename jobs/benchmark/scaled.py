"""The production job with a stop-watch, for a cluster: `flink run -pym jobs.benchmark.scaled`, to the end of a log."""

import argparse
import sys
from functools import partial
from pathlib import Path

from jobs.adapters.resources import open_resources
from jobs.benchmark.log import CHANNELS

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m jobs.benchmark.scaled", description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--parallelism", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where each subtask leaves its times")
    parser.add_argument("--models", type=Path)
    given = parser.parse_args(arguments)
    from jobs.adapters.flink import build, environment, send_no_jars  # starts a JVM
    from jobs.benchmark.operators import TimedOperator

    env = environment({"restart-strategy.type": "none"}, [])
    send_no_jars(env)
    env.set_parallelism(given.parallelism)
    timed = partial(TimedOperator, folder=given.folder)
    channels, resources = tuple(range(CHANNELS)), partial(open_resources, given.models)
    build(env, given.bootstrap, channels, CHANNELS, resources, bounded=True, log=given.topic, operator_of=timed)
    env.execute("scaling")


if __name__ == "__main__":
    main(sys.argv[1:])
