"""The production job with a stop-watch, for a cluster: `flink run -pym jobs.benchmark.scaled`, to the end of a log."""

import argparse
import sys
from pathlib import Path

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m jobs.benchmark.scaled", description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--parallelism", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where each subtask leaves its times")
    parser.add_argument("--models", type=Path)
    given = parser.parse_args(arguments)
    from jobs.adapters.flink import environment, send_no_jars  # starts a JVM
    from jobs.benchmark.timed import build_timed

    env = environment({"restart-strategy.type": "none"}, [])
    send_no_jars(env)
    env.set_parallelism(given.parallelism)
    build_timed(env, given.bootstrap, given.topic, True, given.models, given.folder)
    env.execute("scaling")


if __name__ == "__main__":
    main(sys.argv[1:])
