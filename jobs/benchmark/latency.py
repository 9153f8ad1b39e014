"""From a tick's intended time to what comes of it, read by a consumer: open loop, through Kafka twice.

Frames of 64 records of four channels in turn, `rate` records a second (100,000 unless said); record i of the whole
stream is due at i / rate, and its frame is sent when its last record is due (so the filling of the frame, up to
0.64 ms, is in every figure). What is late does not slow the sender down. At 100,000 channel time runs 5 times as fast
as the wall: 320 rows a second, 16 of them every 50 ms in one of the channels. A sample is a record that closes bars:
from its intended time until its decisions are read. The bare loop's samples are the same records of the same frames.
"""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import Message, Producer, Reader
from jobs.benchmark.log import CHANNELS, TICKS_PER_S, Log, dense_ticks, make_log
from schemas.control import Term
from schemas.errors import SetupError
from schemas.features import SECOND_NS
from schemas.frame import HEADER_SIZE, decode
from schemas.records import TICK, Kind

RATE = 100_000  # records a second of wall time, all channels together
FRAME_TICKS = 64
SPEED = 5  # seconds of channel time a second
SETTLE_S = 2.0  # at the full rate, before the first sample
DRAIN_S_MAX = 15.0

Times = npt.NDArray[np.int64]


class Load(NamedTuple):
    """What is sent: whole logs, of which the dense part in turn; when each of its closing records is due."""

    logs: list[Log]
    frames: list[tuple[int, bytes]]  # channel and message, in the order of sending
    closing: dict[tuple[int, int], int]  # (channel, position) to ns after the start
    rate: int


def make_load(term: Term, seconds: float, rate: int = RATE) -> Load:
    frames_each = int(rate * (SETTLE_S + seconds) / FRAME_TICKS / CHANNELS)
    logs, closing = [], {}
    for channel in range(CHANNELS):
        ticks = dense_ticks(channel, frames_each * FRAME_TICKS + 64, TICKS_PER_S // SPEED)
        log = make_log(term, channel, ticks[: frames_each * FRAME_TICKS], FRAME_TICKS)
        logs.append(log)
        closing.update(_closing(log, channel, rate))
    dense = [log.messages[log.dense :] for log in logs]
    frames = [(channel, dense[channel][place]) for place in range(frames_each) for channel in range(CHANNELS)]
    return Load(logs, frames, closing, rate)


def _closing(log: Log, channel: int, rate: int) -> dict[tuple[int, int], int]:
    """The records of the dense part with which a second of channel time ends, and when they are due."""
    places = _crossings(log.messages[log.dense :])
    frame, inside = places // FRAME_TICKS * CHANNELS + channel, places % FRAME_TICKS
    due_ns = (frame * FRAME_TICKS + inside) * SECOND_NS // rate
    first = log.position[log.dense]
    after = due_ns >= int(SETTLE_S * SECOND_NS)
    return {(channel, first + int(place)): int(due) for place, due in zip(places[after], due_ns[after], strict=True)}


def opening_end(log: Log) -> int:
    """The position of the last record of the opening at which bars close."""
    ticks = [place for place in range(log.dense) if log.messages[place][3] == Kind.TICKS]
    return log.position[ticks[0]] + int(_crossings([log.messages[place] for place in ticks])[-1])


def dense_end(load: Load) -> dict[int, int]:
    """By channel, the position of the last closing record."""
    return {channel: max(place for one, place in load.closing if one == channel) for channel in range(CHANNELS)}


def _crossings(messages: list[bytes]) -> Times:
    """Places, in all records of the messages, of those that begin another second of channel time."""
    ticks = np.concatenate([np.frombuffer(data, TICK, offset=HEADER_SIZE) for data in messages])
    return np.flatnonzero(np.diff(ticks["receive_ns"] // SECOND_NS)) + 1


def has_reached(heard: list[tuple[int, Message]], ends: dict[int, int]) -> bool:
    """Whether each channel's decisions have come as far as a position."""
    found: dict[int, int] = {}
    for _, message in reversed(heard):
        if message.partition not in found:
            found[message.partition] = int(decode(message.value).records["position"][-1])
        if len(found) == len(ends):
            return all(found[channel] >= position for channel, position in ends.items())
    return False


class Listener:
    """Reads a topic in a thread of its own and notes when each message was read."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._reader = Reader(bootstrap, topic, range(CHANNELS), "end")
        self._stop = threading.Event()
        self.heard: list[tuple[int, Message]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            for message in self._reader.poll(0.05):
                self.heard.append((wall_ns(), message))

    def wait(self, is_done: Callable[[], bool], timeout_s: float) -> None:
        """Until `is_done`, or until nothing has been heard for `timeout_s`."""
        count, since = len(self.heard), time.monotonic()
        while not is_done() and time.monotonic() - since < timeout_s:
            time.sleep(0.05)
            if len(self.heard) != count:
                count, since = len(self.heard), time.monotonic()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._reader.close()


def send(bootstrap: str, topic: str, load: Load) -> tuple[int, float]:
    """Send every frame when its last record is due; the start in ns, and how late in ms the latest send was."""
    producer = Producer(bootstrap, linger_ms=0)
    start_ns, late_ns = wall_ns() + SECOND_NS // 5, 0
    for place, (channel, data) in enumerate(load.frames):
        due_ns = start_ns + (place + 1) * FRAME_TICKS * SECOND_NS // load.rate
        while (wait_ns := due_ns - wall_ns()) > 0:
            time.sleep(wait_ns / 1e9)
        late_ns = max(late_ns, -wait_ns)
        producer.send(topic, channel, data)
    producer.flush()
    return start_ns, late_ns / 1e6


def echoed(heard: list[tuple[int, Message]], load: Load, start_ns: int) -> Times:
    """Latencies in ns of the closing records, from the bare loop's copies of their frames."""
    read_ns = {}
    for at_ns, message in heard:
        frame = decode(message.value)
        log = load.logs[message.partition]
        first = frame.sequence + log.position[log.dense] - _first_sequence(log)
        read_ns.update({(message.partition, first + place): at_ns for place in range(len(frame))})
    return np.array([read_ns[key] - start_ns - due_ns for key, due_ns in load.closing.items() if key in read_ns])


def decided(heard: list[tuple[int, Message]], load: Load, start_ns: int) -> tuple[Times, Times]:
    """Latencies in ns of the closing records, from the decisions that they caused; and the part after the decision."""
    read_ns, stamped_ns = {}, {}
    for at_ns, message in heard:
        frame = decode(message.value)
        for position in np.unique(frame.records["position"]).tolist():
            read_ns[message.partition, position] = at_ns
            stamped_ns[message.partition, position] = frame.publish_ns
    known = [(key, due_ns) for key, due_ns in load.closing.items() if key in read_ns]
    whole = np.array([read_ns[key] - start_ns - due_ns for key, due_ns in known])
    return whole, np.array([read_ns[key] - stamped_ns[key] for key, _ in known])


def _first_sequence(log: Log) -> int:
    return decode(log.messages[log.dense]).sequence


def summary(latency_ns: Times, expected: int) -> dict[str, float]:
    """Milliseconds, and how many samples there are of how many."""
    if not len(latency_ns):
        raise SetupError("nothing came out of Kafka while latency was measured")
    names, values = ("p50_ms", "p90_ms", "p99_ms", "max_ms"), np.percentile(latency_ns, [50, 90, 99, 100]) / 1e6
    return {**dict(zip(names, values.tolist(), strict=True)), "count": len(latency_ns), "expected": expected}
