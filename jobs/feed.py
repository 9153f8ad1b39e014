"""`feed`: captured messages or a table of ticks into the channels' logs, at the pace of the past or faster.

A feed that is started again goes on behind the last record that the logs hold: nothing is doubled, nothing left out.
A tick's intended time is `start_ns + (receive_ns - first_ns) / pace`; `publish_ns` of its frame says when it left.
The lead, the first seconds of the past, is fed at once: indicators need a minute of it before there is an order.
"""

import argparse
import heapq
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from jobs.adapters import log
from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import Producer
from jobs.adapters.line import Line, write_refused
from jobs.adapters.metrics import Page
from jobs.adapters.source import read_data
from jobs.adapters.stopping import stop_asked
from jobs.begin import check_begun
from jobs.observation.feed import FeedPage
from jobs.observation.observer import Observer, add_argument, observed
from schemas.config import Config, load
from schemas.frame import Frame
from schemas.records import Kind

FAULTS = "faults"
READY = "feed is running"
ROUND_S = 1.0  # a feed that waits for a frame's time says so as often


@dataclass(frozen=True, slots=True)
class Fed:
    """What one run of the feed did: records written by channel, and how its times map to the wall clock."""

    written: Mapping[int, int]
    is_complete: bool
    first_ns: int  # receive time of the first record of this run, or the end of the lead
    start_ns: int  # wall clock then
    pace: float


def feed(
    bootstrap: str,
    config: Config,
    data: Path,
    pace: float = 0.0,
    fault_seed: int | None = None,
    observer: Observer | None = None,
    ready: Callable[[], None] = lambda: None,
    lead_s: float = 0.0,
) -> Fed:
    """Write the ticks of `data` into the logs; returns when all is delivered, or after SIGTERM or SIGINT.

    `pace` is in seconds of the past per second, 0 for as fast as the broker takes them. `fault_seed` injects faults.
    `ready` is called when all is read and the first record may go; `lead_s` of the past go before the pace begins.
    """
    with stop_asked() as stop:
        capture = read_data(data, config.universe)
        producer = Producer(bootstrap)
        write_refused(producer, bootstrap, config.universe, capture.refused)
        lines = {channel: Line(producer, bootstrap, config, channel, fault_seed) for channel in sorted(capture)}
        frames = heapq.merge(*(line.rest(capture[channel]) for channel, line in lines.items()), key=_time)
        page = FeedPage(observer or Observer(Page("feed")), producer, len(capture.refused))
        ready()
        with _progress(sum(map(len, capture.values()))) as advance:
            paced_ns = min((int(one["receive_ns"][0]) for one in capture.values() if len(one)), default=0)
            paced_ns += int(lead_s * 1e9)
            first_ns, start_ns, is_complete = _replay(frames, lines, pace, paced_ns, stop, page, advance)
        producer.flush()
    return Fed({channel: line.written for channel, line in lines.items()}, is_complete, first_ns, start_ns, pace)


def _replay(
    frames: Iterator[Frame],
    lines: Mapping[int, Line],
    pace: float,
    paced_ns: int,
    stop: threading.Event,
    page: FeedPage,
    advance: Callable[[int], None],
) -> tuple[int, int, bool]:
    """Write each frame when its time has come; the first receive time, the wall clock then, and whether all is out."""
    first_ns, start_ns = 0, wall_ns()
    for frame in frames:
        if not first_ns:
            first_ns = max(_time(frame)[0], paced_ns)
            for line in lines.values() if pace else ():
                line.tell_clock(first_ns, start_ns, pace)
        due_ns = start_ns + int((_time(frame)[0] - first_ns) / pace) if pace else 0
        if not _reached(due_ns, stop, page):
            return first_ns, start_ns, False
        lines[frame.channel].write(frame)
        page.wrote(frame, due_ns)
        advance(len(frame) if frame.kind != Kind.HEARTBEAT else 0)
    return first_ns, start_ns, True


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    log.begin("feed")
    fault_seed, config = given.seed if given.inject == FAULTS else None, load(given.config)
    check_begun(given.bootstrap, config.universe.channels)
    with observed("feed", given.metrics, given.folder, given.bootstrap) as observer:
        fed = feed(
            given.bootstrap,
            config,
            given.data,
            given.pace,
            fault_seed,
            observer,
            lambda: print(READY, flush=True),
            given.lead,
        )
    state = "all of it" if fed.is_complete else "stopped; started again, it goes on from here"
    log.say(f"fed {sum(fed.written.values())} records: {state}", records=sum(fed.written.values()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="feed", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bootstrap", required=True, help="the broker, HOST:PORT")
    parser.add_argument("--config", type=Path, required=True, help="a TOML file with the universe")
    parser.add_argument(
        "--data", type=Path, required=True, help="a folder of captured messages, or Parquet or CSV: a file or a folder"
    )
    parser.add_argument("--pace", type=float, default=0.0, help="times faster than it was received; 0 = at once")
    parser.add_argument("--lead", type=float, default=0.0, help="seconds of the past that are fed at once, first")
    parser.add_argument("--inject", choices=[FAULTS], help="put one of every kind of bad message among the real ones")
    parser.add_argument("--seed", type=int, default=1, help="of where they go")
    parser.add_argument("--folder", type=Path, help="of the run: where the address of its metrics is told")
    add_argument(parser)
    return parser


def _time(frame: Frame) -> tuple[int, int]:
    return int(frame.records["receive_ns"][0]), frame.channel


def _reached(due_ns: int, stop: threading.Event, page: FeedPage) -> bool:
    """Sleep until the wall clock says `due_ns`; False as soon as the feed shall stop."""
    while (left_ns := due_ns - wall_ns()) > 0 and not stop.is_set():
        stop.wait(min(left_ns / 1e9, ROUND_S))
        page.round()
    return not stop.is_set()


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("feeding", total=total)
        yield lambda count: progress.advance(task, count)
