"""A real broker and what system tests do with it: write a log, run trade, read back what it wrote."""

import gzip
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil

from jobs.adapters.broker import Broker
from jobs.adapters.java import find_jars, jar_arguments
from jobs.adapters.kafka import Group, Producer, create_topics, partition_count, read_all
from jobs.adapters.processes import Process
from schemas.control import Quarantined, read_quarantined
from schemas.errors import PenstockError
from schemas.frame import Frame, decode
from schemas.topics import (
    DECISIONS,
    EXECUTIONS,
    FEATURES,
    ORDERS,
    OUTCOMES,
    PROGRESS,
    QUARANTINE,
    TICKS,
    TRADE_GROUP,
    Source,
    Topic,
)
from schemas.trading import read_order_message
from tests.builders import CAPTURE, demo

CANONICAL = (FEATURES, DECISIONS, OUTCOMES, EXECUTIONS, PROGRESS)
CHANNELS = (0, 1)


def java_is_missing() -> str:
    """Why system tests cannot run here; empty when they can."""
    try:
        find_jars("kafka")
        find_jars("flink")
    except PenstockError as error:
        return str(error)
    return ""


class Rig:
    """One broker in a folder, with the demonstration's topics."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._broker = Broker(folder / "broker")
        self.bootstrap = self._broker.start()
        self._group = Group(self.bootstrap, TRADE_GROUP, TICKS.name, CHANNELS)
        create_topics(self.bootstrap, demo().universe.channels)

    def close(self) -> None:
        self._group.close()
        self._broker.stop()

    def write(self, channel: int, messages: Iterable[bytes | None], pause_s: float = 0.0) -> None:
        producer = Producer(self.bootstrap)
        for data in messages:
            producer.send(TICKS.name, channel, data)
            if pause_s:
                time.sleep(pause_s)
        producer.flush()

    def trade(self, timeout_s: float = 120.0) -> None:
        """Run the embedded job over what the log holds now; raises when it fails."""
        command = [sys.executable, "-P", "-m", "jobs.trade", *self.trade_arguments(), "--bounded", *jar_arguments()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
        assert done.returncode == 0, done.stderr[-4000:]

    def start_trade(self, work: Path, *more: str) -> Process:
        """The embedded job without an end, going on from what `work` holds; SIGTERM stops it with a savepoint."""
        process = Process("trade", work)
        own = [*self.trade_arguments(), "--work", str(work), *jar_arguments(), *more]
        command = [sys.executable, "-P", "-m", "jobs.trade", *own]
        process.start(command)
        process.wait_ready(lambda: process.said("trade is running"), 120)
        return process

    def is_read(self) -> bool:
        """Whether a job with checkpoints has taken all that the logs hold now."""
        return self._group.has_read_all()

    def empty(self, *topics: Topic) -> None:
        """Delete topics and make them again."""
        from confluent_kafka.admin import AdminClient

        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for deleted in admin.delete_topics([topic.name for topic in topics]).values():
            deleted.result(10)
        until(lambda: not any(partition_count(self.bootstrap, topic.name) for topic in topics), 10, "they are gone")
        create_topics(self.bootstrap, CHANNELS)

    def log(self, channel: int) -> list[bytes]:
        return [message.value for message in read_all(self.bootstrap, TICKS.name, channel)]

    def quarantined(self, channel: int) -> list[Quarantined]:
        """What trade refused; what names no channel at all stands in partition 0."""
        return [read_quarantined(frame) for frame in self.frames(QUARANTINE, channel) if frame.source == Source.TRADE]

    def orders(self, channel: int) -> list[str]:
        """The ids of orders.v1, repeats included."""
        return [read_order_message(one.value)[0].id for one in read_all(self.bootstrap, ORDERS.name, channel)]

    def trade_arguments(self) -> list[str]:
        return ["--bootstrap", self.bootstrap, "--channels", ",".join(map(str, CHANNELS))]

    def frames(self, topic: Topic, channel: int) -> Iterator[Frame]:
        for message in read_all(self.bootstrap, topic.name, channel):
            yield decode(message.value)

    def canonical(self, channel: int) -> dict[str, bytes]:
        """What trade wrote, as one piece of bytes a topic."""
        return {name: b"".join(records) for name, records in self.records(channel).items()}

    def records(self, channel: int) -> dict[str, list[bytes]]:
        """What trade wrote, deduplicated by number; a repeat with other bytes fails."""
        made = {topic.name: _distinct(self.frames(topic, channel)) for topic in CANONICAL}
        orders: dict[str, bytes] = {}
        for message in read_all(self.bootstrap, ORDERS.name, channel):
            order, canonical, _ = read_order_message(message.value)
            assert orders.setdefault(order.id, canonical) == canonical
        made[ORDERS.name] = [line + b"\n" for line in orders.values()]
        return {name: records for name, records in made.items() if records}


def _distinct(frames: Iterable[Frame]) -> list[bytes]:
    records: dict[tuple[int, int], bytes] = {}
    for frame in frames:
        for place, record in enumerate(frame.records):
            number = (frame.epoch, frame.sequence + place)
            assert records.setdefault(number, record.tobytes()) == record.tobytes()
    assert list(records) == sorted(records), "records are missing or out of order"
    return [*records.values()]


def cut_capture(folder: Path, seconds: int) -> Path:
    """The first seconds of the committed capture, as a capture of its own."""
    for path in sorted(CAPTURE.glob("*/*_20240808.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        end_ns = int(lines[0][:19]) + seconds * 1_000_000_000
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(b"".join(line for line in lines if int(line[:19]) < end_ns), 1))
    return folder


def until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.2)


def penstock(*arguments: str) -> subprocess.Popen[str]:
    """A command as people run it."""
    command = [sys.executable, "-P", "-m", "jobs.main", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)


def belonging(folder: Path) -> list[str]:
    """What still runs with the folder on its command line or in its environment's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("PENSTOCK_PROCESS", "")
            if str(folder) in mark:
                found.append(" ".join(process.cmdline())[:200])
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return found
