"""`archive`: every message of every topic into the warehouse, and questions to it on a Unix socket.

On SIGTERM or SIGINT it archives up to what the topics hold at that moment and ends; a second signal ends it at once,
which loses nothing: it goes on from what the warehouse holds.
"""

import argparse
import os
import time
from functools import partial
from pathlib import Path

from jobs.adapters import log
from jobs.adapters.clickhouse import open_store
from jobs.adapters.kafka import Reader
from jobs.adapters.stopping import stop_asked
from jobs.cli.arguments import channel_numbers
from jobs.observation.archive import Tally, fill
from jobs.observation.observer import add_argument, observed
from jobs.warehouse.archive import IDLE_S, Archive
from jobs.warehouse.door import Door
from schemas.topics import TOPICS

READY = "archive is running"
OPEN_S_MAX = 10.0  # for a question that has the warehouse open just now


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    log.begin("archive")
    warehouse = given.warehouse or f"chdb://{(given.folder / 'warehouse').resolve()}"
    given.folder.mkdir(parents=True, exist_ok=True)
    watched = (given.metrics, given.folder, given.bootstrap, [topic.name for topic in TOPICS], given.channels)
    with (
        stop_asked() as stop,
        open_store(warehouse, patience_s=OPEN_S_MAX) as store,
        observed("archive", *watched) as observer,
    ):
        store.create()
        door = Door(given.folder, open_store(warehouse, read_only=True), open_store(warehouse))
        tally = Tally()
        archive = Archive(store, tell=tally.take)
        readers = {
            topic.name: open_reader(
                given.bootstrap, topic.name, given.channels, archive.next.setdefault(topic.name, {})
            )
            for topic in TOPICS
        }
        try:
            observer.started()
            log.say(READY)
            while not (stop.is_set() or given.until_end):
                if not archive.step(readers):
                    time.sleep(IDLE_S)
                observer.round(partial(fill, observer.page, archive, tally, given.folder), lambda: archive.next)
            observer.stopping()
            archive.run_to_end(readers)
        finally:
            for reader in readers.values():
                reader.close()
            door.close()
    done = f"archived {archive.archived} messages; the warehouse holds all that was in the topics"
    log.say(done, messages=archive.archived)


def open_reader(bootstrap: str, topic: str, channels: tuple[int, ...], offsets: dict[int, int]) -> Reader:
    """A topic from its first message that is not archived; `offsets` then holds a place for each channel."""
    if offsets:
        return Reader(bootstrap, topic, channels, {channel: offsets.setdefault(channel, 0) for channel in channels})
    reader = Reader(bootstrap, topic, channels, "beginning")
    offsets.update({channel: reader.watermarks(channel)[0] for channel in channels})
    return reader


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="archive", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bootstrap", required=True, help="the broker, HOST:PORT")
    parser.add_argument("--channels", type=channel_numbers, required=True, help="numbers with commas between them")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="of the run: socket and warehouse")
    parser.add_argument(
        "--warehouse",
        default=os.environ.get("PENSTOCK_DSN"),  # where a command line is no place for a password
        help="chdb:///FOLDER or clickhouse://USER:PASSWORD@HOST:8123/; default: $PENSTOCK_DSN, or else in --folder",
    )
    parser.add_argument("--until-end", action="store_true", help="stop at what the topics hold now")
    add_argument(parser)
    return parser
