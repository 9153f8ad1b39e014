"""`exchange`: a simulated broker in a process of its own, with a book of its own and a journal of its own.

It reads the channels' logs from their beginnings, serves once it has reached their ends, and ends on SIGTERM or SIGINT.
"""

import argparse
import sys
import threading
import time
from pathlib import Path

from jobs.adapters import endpoints
from jobs.adapters.counter import Counter
from jobs.adapters.journal import Journal
from jobs.adapters.kafka import Reader
from jobs.adapters.stopping import stop_asked
from jobs.cli.arguments import channel_numbers
from jobs.execution.floor import Floor
from schemas.topics import TICKS

READY = "exchange is running"
JOURNAL = "exchange.journal"
PATIENCE_S = 0.5  # for channel time to reach an order's arrival; well below the gateway's patience
POLL_S = 0.005


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    with stop_asked() as stop:
        _serve(given, stop)


def _serve(given: argparse.Namespace, stop: threading.Event) -> None:
    journal = Journal(given.folder / JOURNAL)
    if journal.torn_bytes:
        print(f"the journal's last record was torn: {journal.torn_bytes} bytes cut, nobody was told of it", flush=True)
    floor = Floor(given.channels, journal, PATIENCE_S, time.monotonic)
    reader = Reader(given.bootstrap, TICKS.name, given.channels, "beginning")
    try:
        _catch_up(reader, floor, given.channels)
        counter = Counter(floor)
        endpoints.publish(given.folder, exchange=counter.address)
        print(f"{READY}, {len(journal.entries)} orders in the journal", flush=True)
        while not stop.is_set():
            _read(reader, floor)
            floor.execute()
        counter.close()
        endpoints.withdraw(given.folder, "exchange")
    finally:
        reader.close()
        journal.close()


def _catch_up(reader: Reader, floor: Floor, channels: tuple[int, ...]) -> None:
    """No order meets a book of the past."""
    ends, next_of = reader.high_watermarks(), dict.fromkeys(channels, 0)
    while any(next_of[channel] < ends[channel] for channel in channels):
        next_of |= _read(reader, floor)


def _read(reader: Reader, floor: Floor) -> dict[int, int]:
    messages = reader.poll(POLL_S)
    for message in messages:
        floor.log(message.partition, message.value)
    return {message.partition: message.offset + 1 for message in messages}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="exchange", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--bootstrap", required=True, help="the broker, HOST:PORT")
    parser.add_argument("--channels", type=channel_numbers, required=True, help="numbers with commas between them")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="of the run: journal and addresses")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
