"""`exchange`: a simulated broker in a process of its own, with a book of its own and a journal of its own.

It reads the channels' logs from their beginnings, serves once it has reached their ends, and ends on SIGTERM or SIGINT.
"""

import argparse
import sys
import threading
import time
from functools import partial
from pathlib import Path

from jobs.adapters import endpoints, log
from jobs.adapters.counter import Counter
from jobs.adapters.journal import Journal
from jobs.adapters.kafka import Reader
from jobs.adapters.stopping import stop_asked
from jobs.cli.arguments import channel_numbers
from jobs.execution.floor import Floor
from jobs.observation.exchange import fill
from jobs.observation.observer import Observer, add_argument, observed
from schemas.topics import TICKS

READY = "exchange is running"
JOURNAL = "exchange.journal"
PATIENCE_S = 0.5  # for channel time to reach an order's arrival; well below the gateway's patience
POLL_S = 0.005


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    log.begin("exchange")
    watched = (given.metrics, given.folder, given.bootstrap, [TICKS.name], given.channels)
    with stop_asked() as stop, observed("exchange", *watched) as observer:
        _serve(given, observer, stop)


def _serve(given: argparse.Namespace, observer: Observer, stop: threading.Event) -> None:
    journal = Journal(given.folder / JOURNAL)
    if journal.torn_bytes:
        log.warn(f"the journal's last record was torn: {journal.torn_bytes} bytes cut, nobody was told of it")
    floor = Floor(given.channels, journal, PATIENCE_S, time.monotonic)
    reader = Reader(given.bootstrap, TICKS.name, given.channels, "beginning")
    next_of = dict.fromkeys(given.channels, 0)
    try:
        _catch_up(reader, floor, next_of)
        counter = Counter(floor)
        endpoints.publish(given.folder, exchange=counter.address)
        observer.started()
        log.say(f"{READY}, {len(journal)} orders in the journal", orders=len(journal))
        while not stop.is_set():
            _read(reader, floor, next_of)
            floor.execute()
            observer.round(partial(fill, observer.page, floor), {TICKS.name: next_of}.copy)
        observer.stopping()
        counter.close()
        endpoints.withdraw(given.folder, "exchange")
    finally:
        reader.close()
        journal.close()


def _catch_up(reader: Reader, floor: Floor, next_of: dict[int, int]) -> None:
    """No order meets a book of the past."""
    ends = reader.high_watermarks()
    while any(next_of[channel] < end for channel, end in ends.items()):
        _read(reader, floor, next_of)


def _read(reader: Reader, floor: Floor, next_of: dict[int, int]) -> None:
    """Take what has come; `next_of` is kept up, the next message by channel."""
    for message in reader.poll(POLL_S):
        floor.log(message.partition, message.value)
        next_of[message.partition] = message.offset + 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="exchange", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--bootstrap", required=True, help="the broker, HOST:PORT")
    parser.add_argument("--channels", type=channel_numbers, required=True, help="numbers with commas between them")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="of the run: journal and addresses")
    add_argument(parser)
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
