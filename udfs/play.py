"""The plain runner: a loop over messages. Backtests, training data, tests and `penstock try` use this one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from schemas.trading import canonical_order
from udfs.channel import Channel, Output, Resources
from udfs.journal import Keeper, Memory

JOURNAL_BYTES_MAX = 64 << 20


def play(messages: Iterable[bytes], channel: int, resources: Resources) -> Iterator[Output]:
    """What one channel makes of its log, message by message."""
    keeper = Keeper(Channel(channel, resources), Memory(), JOURNAL_BYTES_MAX)
    for data in messages:
        yield keeper.step(data)


def canonical_bytes(outputs: Iterable[Output]) -> dict[str, bytes]:
    """The records of each topic and the orders, concatenated: what no cutting, killing or repeating may change."""
    made: defaultdict[str, bytearray] = defaultdict(bytearray)
    for output in outputs:
        for topic, frame in output.frames:
            made[topic.name] += frame.records.tobytes()
        for order in output.orders:
            made["orders.v1"] += canonical_order(order) + b"\n"
    return {topic: bytes(data) for topic, data in made.items()}
