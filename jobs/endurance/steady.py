"""A steady load: a capture lap after lap into the channels' logs, at so many ticks a second, until it is ended.

Each lap begins where the last one ended: its times are later by the length of a lap, and the writer's numbers go on, so
that no record is a repeat, no time runs backwards and nothing is missing. Prices jump back at the end of a lap. Channel
time passes as many times faster than the wall as the rate is higher than the capture's own.
"""

import argparse
import heapq
import json
import sys
from collections.abc import Iterator, Mapping
from itertools import chain, count
from pathlib import Path

import msgspec
from msgspec.structs import replace

from jobs.adapters.capture import frames
from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import Producer
from jobs.adapters.line import Line
from jobs.adapters.source import read_data
from jobs.adapters.stopping import stop_asked
from schemas.config import FeedConfig, load
from schemas.frame import Frame, Records
from schemas.topics import Source

__all__ = ["Sent", "laps", "main", "pace_of", "read_sent"]

READY = "load is running"
SAY_NS = 1_000_000_000


class Sent(msgspec.Struct, frozen=True):
    """What the load says of itself each second, as a line of its log."""

    ticks: int
    late_s: float  # of the last frame, behind its time


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    config = load(given.config)
    with stop_asked() as stop:
        ticks = read_data(given.data, config.universe)
        pace = pace_of(ticks, given.rate)
        producer = Producer(given.bootstrap)
        lines = {channel: Line(producer, given.bootstrap, config, channel, None) for channel in sorted(ticks)}
        print(f"{READY}, {pace:.2f} times the capture's pace", flush=True)
        source = laps(ticks, msgspec.structs.replace(config.feed, frame_wait_us_max=_wait_us(config.feed, pace)))
        first, said_ns, sent = next(source), 0, 0
        begin_ns = wall_ns()
        for line in lines.values():
            line.tell_clock(_time(first)[0], begin_ns, pace)
        for frame in chain([first], source):
            due_ns = begin_ns + int((_time(frame)[0] - _time(first)[0]) / pace)
            while (now_ns := wall_ns()) < due_ns and not stop.wait((due_ns - now_ns) / 1e9):
                pass
            if stop.is_set():
                break
            lines[frame.channel].write(frame)
            sent += len(frame)
            if now_ns > said_ns + SAY_NS:
                print(json.dumps(msgspec.to_builtins(Sent(sent, (now_ns - due_ns) / 1e9))), flush=True)
                said_ns = now_ns
        producer.flush()


def pace_of(ticks: Mapping[int, Records], rate: float) -> float:
    """How many times faster than it was received a capture has to be played to make `rate` ticks a second."""
    begin, end = _span(ticks)
    return rate * (end - begin) / 1e9 / sum(map(len, ticks.values()))


def laps(ticks: Mapping[int, Records], feed: FeedConfig) -> Iterator[Frame]:
    """The frames of all channels by time, again and again without an end; numbers are the writers' affair."""
    beat = feed.heartbeat_ns
    begin, end = _span(ticks)
    length = (end // beat - begin // beat + 1) * beat  # whole beats: a lap's last one is the next lap's beginning
    for lap in count():
        parts = (frames(own, channel, feed, Source.FEED, 0, 0) for channel, own in ticks.items())
        for frame in heapq.merge(*parts, key=_time):
            yield replace(frame, records=_later(frame.records, lap * length))


def read_sent(said: str) -> Sent | None:
    """The newest line that a load has said of itself; None when it has said none."""
    lines = [line for line in said.splitlines() if line.startswith("{")]
    return msgspec.json.decode(lines[-1], type=Sent) if lines else None


def _later(records: Records, by_ns: int) -> Records:
    moved = records.copy()
    moved["receive_ns"] += by_ns
    moved["venue_ns"][records["venue_ns"] != 0] += by_ns
    return moved


def _wait_us(feed: FeedConfig, pace: float) -> int:
    """A frame waits as long by the wall as a live one, so that frames are as many a second as they would be."""
    return max(1, int(feed.frame_wait_us_max * pace))


def _span(ticks: Mapping[int, Records]) -> tuple[int, int]:
    found = [own["receive_ns"] for own in ticks.values() if len(own)]
    return min(int(one[0]) for one in found), max(int(one[-1]) for one in found)


def _time(frame: Frame) -> tuple[int, int]:
    return int(frame.records["receive_ns"][0]), frame.channel


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m jobs.endurance.steady", description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rate", type=float, required=True, help="ticks a second, of all channels together")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
