"""The feed against a real broker: everything once, in order, over restarts and kills."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from jobs.adapters.broker import Broker
from jobs.adapters.capture import frames, read_capture
from jobs.adapters.faults import expected
from jobs.adapters.kafka import create_topics, read_all
from jobs.feed import Fed, feed
from schemas.control import read_quarantined
from schemas.errors import BadFrame, SetupError
from schemas.frame import Frame, decode
from schemas.records import Kind
from schemas.topics import MARKS, QUARANTINE, TICKS, Source
from tests.jobs.adapters.captures import demo, write_capture

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

CHILD = """
import sys
from pathlib import Path
from jobs.feed import feed
from tests.jobs.adapters.captures import demo
print("ready", flush=True)
fed = feed(sys.argv[1], demo(), Path(sys.argv[2]), pace=float(sys.argv[3]))
print("complete" if fed.is_complete else "stopped", flush=True)
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def bootstrap(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker whose topics are empty: they are made for each test and taken away after it."""
    from confluent_kafka.admin import AdminClient

    create_topics(broker.bootstrap, (0, 1))
    yield broker.bootstrap
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for deleted in admin.delete_topics([TICKS.name, MARKS.name, QUARANTINE.name]).values():
        deleted.result(10)
    deadline = time.monotonic() + 10
    while TICKS.name in admin.list_topics(timeout=5).topics and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_capture(tmp_path_factory.mktemp("capture"), seconds=5)


def log(bootstrap: str, channel: int, topic: str = TICKS.name) -> list[Frame]:
    return [decode(message.value) for message in read_all(bootstrap, topic, channel)]


def check_complete(bootstrap: str, capture: Path) -> None:
    """Each log holds exactly the records that the data make, numbered without holes."""
    for channel, ticks in read_capture(capture, demo().universe).items():
        found = log(bootstrap, channel)
        assert [frame.sequence for frame in found] == np.cumsum([0, *map(len, found[:-1])]).tolist()
        data = [frame for frame in found if frame.kind != Kind.CONTROL]
        wanted = list(frames(ticks, channel, demo().feed, Source.FEED, 1, 0))
        assert b"".join(f.records.tobytes() for f in data) == b"".join(f.records.tobytes() for f in wanted)


def test_writes_everything_once_and_a_second_run_nothing(bootstrap, capture):
    fed = feed(bootstrap, demo(), capture)
    check_complete(bootstrap, capture)
    assert fed.is_complete
    assert fed.written == {channel: sum(map(len, log(bootstrap, channel))) - 1 for channel in (0, 1)}
    again = feed(bootstrap, demo(), capture)
    check_complete(bootstrap, capture)
    assert again.written == fed.written
    assert [frame.epoch for frame in log(bootstrap, 0)][-1] == 2


def test_marks_are_the_newest_quotes_at_most_ten_a_second(bootstrap, capture):
    feed(bootstrap, demo(), capture)
    for channel, ticks in read_capture(capture, demo().universe).items():
        marks = np.concatenate([frame.records for frame in log(bootstrap, channel, MARKS.name)])
        for instrument in np.unique(marks["instrument"]).tolist():
            own = marks[marks["instrument"] == instrument]
            interval = own["receive_ns"] // 100_000_000
            assert np.all(np.diff(interval) > 0)
            quotes = ticks[(ticks["instrument"] == instrument) & (ticks["kind"] == 1)]
            for mark in own:
                same = quotes[quotes["receive_ns"] // 100_000_000 == mark["receive_ns"] // 100_000_000]
                assert (mark["receive_ns"], mark["bid"]) == (same[-1]["receive_ns"], same[-1]["price"])
            assert len(np.unique(quotes["receive_ns"] // 100_000_000)) == len(own)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_goes_on_after_a_stop_or_a_kill(bootstrap, capture, signum):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, bootstrap, str(capture), "0.5"], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    deadline = time.monotonic() + 30
    while len(log(bootstrap, 0)) < 50 and time.monotonic() < deadline:
        time.sleep(0.1)
    child.send_signal(signum)
    said, _ = child.communicate(timeout=20)
    if signum != signal.SIGKILL:
        assert (child.returncode, said) == (0, "stopped\n")
    written = sum(map(len, log(bootstrap, 0)))
    fed: Fed = feed(bootstrap, demo(), capture)
    assert written < fed.written[0]
    check_complete(bootstrap, capture)


def test_pace_sends_each_frame_at_its_intended_time(bootstrap, capture):
    fed = feed(bootstrap, demo(), capture, pace=4)
    for channel in (0, 1):
        late_ms = [
            (frame.publish_ns - fed.start_ns - (int(frame.records["receive_ns"][0]) - fed.first_ns) / fed.pace) / 1e6
            for frame in log(bootstrap, channel)
            if frame.kind != Kind.CONTROL
        ]
        assert min(late_ms) >= 0
        assert min(late_ms[len(late_ms) // 2 :]) < 20, "a busy machine delays some frames, a wrong pace all of them"


def test_refused_messages_are_told_once(bootstrap, tmp_path):
    folder = write_capture(tmp_path, seconds=2, spoil=b'1723161254500000000 {"stream":"btcusdt@trade","data":{}}')
    for _ in range(2):
        feed(bootstrap, demo(), folder)
    found = [frame for frame in log(bootstrap, 0, QUARANTINE.name) if frame.kind == Kind.QUARANTINE]
    (told,) = [read_quarantined(frame) for frame in found]
    assert told.fault == "BAD_MESSAGE"
    assert "btcusdt_20240808.gz, line" in told.message
    assert "missing required field" in told.message
    assert told.head.startswith(b"1723161254500000000 {")


def test_faults_go_into_a_fresh_log_only(bootstrap, capture):
    feed(bootstrap, demo(), capture)
    with pytest.raises(SetupError, match="fresh log only"):
        feed(bootstrap, demo(), capture, fault_seed=1)


def test_injected_faults_reach_the_log_and_the_feed_goes_on(bootstrap, capture):
    """What is no frame at all is counted here; the rest by the channel, in test_faults."""
    fed = feed(bootstrap, demo(), capture, fault_seed=1)
    assert fed.is_complete
    for channel, ticks in read_capture(capture, demo().universe).items():
        faults: Counter[str] = Counter()
        sent: list[Frame] = []
        for message in read_all(bootstrap, TICKS.name, channel):
            try:
                sent.append(decode(message.value))
            except BadFrame as refused:
                faults[refused.fault.name] += 1
        wanted = expected(demo().universe, channel)
        undecodable = {
            "TRUNCATED",
            "EXTENDED",
            "CORRUPT",
            "FOREIGN",
            "UNKNOWN_VERSION",
            "UNKNOWN_KIND",
            "UNKNOWN_SCHEMA",
        }
        assert faults == Counter({name: wanted[name] for name in undecodable})
        assert sum(frame.channel != channel for frame in sent) == wanted["WRONG_CHANNEL"]
        assert sum(frame.epoch == 0 for frame in sent) == wanted["ZOMBIE"]
        assert sum(len(frame) for frame in sent if frame.kind == Kind.TICKS) > len(ticks)
