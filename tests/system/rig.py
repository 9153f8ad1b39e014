"""A real broker and what system tests do with it: write a log, run trade, read back what it wrote."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from jobs.adapters.broker import Broker
from jobs.adapters.java import find_jars
from jobs.adapters.kafka import Producer, create_topics, read_all
from schemas.errors import PenstockError
from schemas.frame import Frame, decode
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, ORDERS, OUTCOMES, PROGRESS, TICKS, Topic
from schemas.trading import read_order_message
from tests.builders import demo

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
        create_topics(self.bootstrap, demo().universe.channels)

    def close(self) -> None:
        self._broker.stop()

    def write(self, channel: int, messages: Iterable[bytes], pause_s: float = 0.0) -> None:
        producer = Producer(self.bootstrap)
        for data in messages:
            producer.send(TICKS.name, channel, data)
            if pause_s:
                time.sleep(pause_s)
        producer.flush()

    def trade(self, timeout_s: float = 120.0) -> None:
        """Run the embedded job over what the log holds now; raises when it fails."""
        command = [sys.executable, "-P", "-m", "jobs.trade", *self.trade_arguments(), "--bounded"]
        for jar in find_jars("flink").glob("*.jar"):
            command += ["--jar", str(jar)]
        done = subprocess.run(
            command, env=environment(), capture_output=True, text=True, timeout=timeout_s, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]

    def trade_arguments(self) -> list[str]:
        return ["--bootstrap", self.bootstrap, "--channels", ",".join(map(str, CHANNELS))]

    def frames(self, topic: Topic, channel: int) -> Iterator[Frame]:
        for message in read_all(self.bootstrap, topic.name, channel):
            yield decode(message.value)

    def canonical(self, channel: int) -> dict[str, bytes]:
        """What trade wrote, deduplicated by number; a repeat with other bytes fails."""
        made = {topic.name: _distinct(self.frames(topic, channel)) for topic in CANONICAL}
        orders: dict[str, bytes] = {}
        for message in read_all(self.bootstrap, ORDERS.name, channel):
            order, canonical, _ = read_order_message(message.value)
            assert orders.setdefault(order.id, canonical) == canonical
        made[ORDERS.name] = b"".join(line + b"\n" for line in orders.values())
        return {name: data for name, data in made.items() if data}


def _distinct(frames: Iterable[Frame]) -> bytes:
    records: dict[tuple[int, int], bytes] = {}
    for frame in frames:
        for place, record in enumerate(frame.records):
            number = (frame.epoch, frame.sequence + place)
            assert records.setdefault(number, record.tobytes()) == record.tobytes()
    assert list(records) == sorted(records), "records are missing or out of order"
    return b"".join(records.values())


def environment() -> dict[str, str]:
    """This process's environment, with the interpreter's folder first: Flink's thread mode looks there for pemja."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
