"""An observed process: its loop says that it goes round and how far it has come; the rest happens on other threads."""

import argparse
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from jobs.adapters.endpoints import LOCALHOST
from jobs.adapters.files import replace_file
from jobs.adapters.http_page import HttpPage
from jobs.adapters.kafka import Ends
from jobs.adapters.metrics import Page
from jobs.observation.progress import Offsets, Progress
from schemas.metrics import BUILD, LAG, READY, ROUND_AGE

__all__ = ["Observer", "add_argument", "observed", "told"]

TARGETS = "metrics"  # in the run's folder: a file a process, as Prometheus' file_sd_configs reads them
TELL_S = 1.0  # between two rounds that publish, and between two questions to the broker
ROUND_S_MAX = 120.0  # a loop that has not come round for so long is dead: longer than any wait with a bound of ours
OFF = "off"

Address = tuple[str, int] | None


class Observer:
    """What the loop of a process calls; each call costs a comparison, once a second it costs a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.progress = Progress()
        self._why_not = "starting"  # not ready; empty = the loop runs
        self._last_s: float | None = None
        self._told_s = 0.0
        self._broken = ""
        self.unknown = ""  # why the broker's ends are not known
        page.set(BUILD, 1, version("penstock"))
        page.ask(ROUND_AGE, lambda: 0.0 if self._last_s is None else time.monotonic() - self._last_s)
        page.ask(READY, lambda: float(not self.unready()))

    def started(self) -> None:
        """From here on the loop runs."""
        self._why_not, self._last_s = "", time.monotonic()

    def stopping(self) -> None:
        """No more rounds are to be expected: the process ends what it has begun."""
        self._why_not, self._last_s = "stopping", None

    def round(self, fill: Callable[[], None], reached: Callable[[], Mapping[str, Offsets]] = dict) -> None:
        """The loop has come round; once a second the page is filled.

        A page that cannot be filled makes the process unready and stops nothing: what it does matters more than what it
        tells.
        """
        self._last_s = now_s = time.monotonic()
        if now_s - self._told_s < TELL_S:
            return
        self._told_s = now_s
        try:
            fill()
            self.reached(reached())
            self._broken = ""
        except Exception as error:
            self._broken = f"its page cannot be filled: {error!r}"

    def reached(self, offsets: Mapping[str, Offsets]) -> None:
        """The next message of each partition, by topic, that the process will take."""
        for topic, each in offsets.items():
            self.progress.reached(topic, each)

    def unhealthy(self) -> list[str]:
        """Why the process should be begun again; empty when it lives."""
        age_s = 0.0 if self._last_s is None else time.monotonic() - self._last_s
        return [f"no round for {age_s:.0f} s"] if age_s > ROUND_S_MAX else []

    def unready(self) -> list[str]:
        """Why the process does not do its work; empty when it does."""
        found = [self._why_not, self.unknown, self._broken, *self.unhealthy()]
        return [*filter(None, found), *self.progress.stalled(time.monotonic())]


@contextmanager
def observed(
    process: str,
    address: Address,
    folder: Path | None,
    bootstrap: str,
    topics: Sequence[str] = (),
    channels: Sequence[int] = (),
    group: str | None = None,
) -> Iterator[Observer]:
    """Serve a process's pages while it runs, and watch the ends of the topics that it reads.

    The address goes to FOLDER/metrics/PROCESS.json, and stays there when the process is killed: then Prometheus sees
    that somebody is missing. `group`: who tells Kafka how far the process has come; else its loop does.
    """
    observer, closing = Observer(Page(process.partition("-")[0])), threading.Event()
    if address is None:
        yield observer
        return
    server = HttpPage(*address, observer.page.application, observer.unhealthy, observer.unready)
    if topics:
        ends = Ends(bootstrap, topics, channels)
        follow = threading.Thread(target=_follow, args=(observer, ends, group, closing), name="ends", daemon=True)
        follow.start()
    with told(folder, process, server.address):
        try:
            yield observer
        finally:
            closing.set()
            server.close()


@contextmanager
def told(folder: Path | None, process: str, address: str | None) -> Iterator[None]:
    """While this lasts a run's folder names a page; without a folder or a page nothing is named."""
    if folder is None or address is None:
        yield
        return
    target = _tell(folder, process, address)
    yield
    target.unlink(missing_ok=True)


def add_argument(parser: argparse.ArgumentParser) -> None:
    """`--metrics`, the same for every process."""
    parser.add_argument(
        "--metrics",
        type=_address,
        default=(LOCALHOST, 0),
        metavar="[HOST:]PORT",
        help="where /metrics, /healthz and /readyz are served; default: a free port of 127.0.0.1, told in\n"
        "FOLDER/metrics/; `off`: nowhere",
    )


def _follow(observer: Observer, ends: Ends, group: str | None, closing: threading.Event) -> None:
    while not closing.wait(TELL_S):
        try:
            reached = ends.committed(group) if group else {}
            found = ends.ask()
        except Exception as error:  # a watcher that ended in silence would vouch for the process for ever
            observer.unknown = str(error)
            continue
        observer.unknown = ""
        observer.reached(reached)
        for topic, offsets in found.items():
            observer.progress.ends(topic, offsets, time.monotonic())
        for topic, channel, lag in observer.progress.lags():
            observer.page.set(LAG, lag, topic, channel)


def _tell(folder: Path, process: str, address: str) -> Path:
    target = folder / TARGETS / f"{process}.json"
    told = json.dumps([{"targets": [address], "labels": {"process": process}}])
    replace_file(target, f"{told}\n".encode())
    return target


def _address(text: str) -> Address:
    if text == OFF:
        return None
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not [HOST:]PORT, nor {OFF!r}")
    return host or LOCALHOST, int(port)
