"""What a release's gateway remembered of a hot pair, in the middle of what its replicas told, and what followed.

`python -m tests.golden.pair RELEASE` makes the file of a release's folder; an existing one is never written again.
"""

import sys

import msgspec
import numpy as np

from jobs.execution.pair import Pair
from schemas.frame import Frame, encode, log_tag
from schemas.records import PROGRESS, Kind
from schemas.topics import REPLICAS
from tests.golden import FOLDER

FILE, LOG_ID, STEP, LAG_NS, NOW_NS = "pair.msgpack", "golden", 10_000, 1_000, 1_723_161_260_000_000_000
CHANNELS = (0, 1)
TOLD = [("a", n) for n in (1, 2, 3, 4)] + [("b", 1), ("b", 2)]  # then the gateway ends; b trails
AFTER = [("b", 3), ("a", 5), ("b", 4), ("b", 5), ("b", 5)]


class Remembered(msgspec.Struct, frozen=True):
    """The state by channel, the messages that came later, and the state after them."""

    state: dict[int, bytes]
    later: list[bytes]
    after: dict[int, bytes]


def releases() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if (path / FILE).exists())


def read(release: str) -> Remembered:
    return msgspec.msgpack.decode((FOLDER / release / FILE).read_bytes(), type=Remembered)


def hear(pair: Pair, messages: list[bytes], begin: int) -> None:
    """Channel 0 hears; the other one is silent."""
    for offset, data in enumerate(messages, begin):
        pair.take(0, offset, data, LOG_ID, NOW_NS + offset)


def take() -> Remembered:
    pair = Pair(CHANNELS, {}, LAG_NS)
    first, later = [_said(*one) for one in TOLD], [_said(*one) for one in AFTER]
    hear(pair, first, 0)
    list(pair.alerts(dict.fromkeys(CHANNELS, NOW_NS + 2 * LAG_NS)))
    state = pair.dump()
    hear(pair, later, len(first))
    return Remembered(state, later, pair.dump())


def _said(replica: str, number: int) -> bytes:
    record = np.zeros(1, PROGRESS)
    record["position"], record["decisions"], record["term"] = number * STEP, number * 7, 1
    record["digest"] = np.void(number.to_bytes(32, "little"))
    return encode(Frame(Kind.PROGRESS, 0, REPLICAS[replica].source, 1, number, record, log=log_tag(LOG_ID)))


if __name__ == "__main__":
    with (FOLDER / sys.argv[1] / FILE).open("xb") as file:
        file.write(msgspec.msgpack.encode(take()))
