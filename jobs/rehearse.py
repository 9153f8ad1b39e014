"""`rehearse`: the first messages of the logs through the channels' operator, with nothing coming out; a job that ends.

The channels decide by the term that is in force now, as if their logs had begun with it. The job runs in the spare
TaskManager, the emptiest one, and leaves there what a takeover would wait for: imports, compiled kernels, an opened
model, loaded Kafka clients. It keeps no checkpoint and commits no offset.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from jobs.adapters.kafka import Reader
from jobs.adapters.resources import open_resources
from jobs.cli.arguments import channel_numbers
from jobs.execution.in_force import newest_term
from schemas.control import Term
from schemas.topics import TICKS

MESSAGES_MAX = 50  # of each log: its GENESIS and TERM, and ticks through every kernel


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    from jobs.adapters.flink import build_rehearsal, environment, send_no_jars  # starts a JVM

    reader = Reader(given.bootstrap, TICKS.name, given.channels, "beginning")
    try:
        ends = {one: min(end, MESSAGES_MAX) for one, end in reader.high_watermarks().items()}
    finally:
        reader.close()
    env = environment({"restart-strategy.type": "none"}, [])
    if given.lean:
        send_no_jars(env)
    env.set_parallelism(1)
    env._j_stream_execution_environment.getCheckpointConfig().disableCheckpointing()
    terms = _terms(given.bootstrap, given.channels, given.term)
    build_rehearsal(env, given.bootstrap, ends, partial(open_resources, given.models), terms)
    env.execute("rehearsal")


def _terms(bootstrap: str, channels: tuple[int, ...], number: int) -> dict[int, Term]:
    found = {channel: newest_term(bootstrap, channel, number) for channel in channels}
    return {channel: term for channel, term in found.items() if term is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rehearse", description=__doc__)
    parser.add_argument("--bootstrap", required=True, help="the broker, HOST:PORT")
    parser.add_argument("--channels", type=channel_numbers, required=True, help="numbers with commas between them")
    parser.add_argument("--term", type=int, default=1, help="the number of the term in force; default: the first one")
    parser.add_argument("--lean", action="store_true", help="the cluster has PyFlink's jar in lib/: send none along")
    parser.add_argument("--models", type=Path, help="the model registry's folder; default: the installed one")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
