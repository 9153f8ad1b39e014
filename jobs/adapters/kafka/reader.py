"""Reading from Kafka."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka import Message as KafkaMessage

from jobs.adapters.kafka.answer import MESSAGE_BYTES_MAX, STALL_S_MAX, answer
from jobs.adapters.kafka.connection import connection
from schemas.errors import SetupError


class Message(NamedTuple):
    """One message of a topic; the broker's timestamp is telemetry."""

    partition: int
    offset: int
    value: bytes
    timestamp_ms: int


class Reader:
    """Reads partitions of one topic from stated offsets, without a group; never resets an offset by itself.

    Raises SetupError when the broker, the topic or an offset is not there. A broker that goes away later is waited
    for: `poll` then returns nothing.
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        partitions: Sequence[int],
        offsets: Mapping[int, int] | Literal["beginning", "end"],
    ) -> None:
        self._bootstrap, self._topic, self._partitions = bootstrap, topic, tuple(partitions)
        self._consumer = Consumer(
            {
                **connection(bootstrap),
                "group.id": "penstock",  # the client demands one; nothing is committed and nothing rebalanced
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.message.max.bytes": MESSAGE_BYTES_MAX,
                "fetch.wait.max.ms": 50,
                "fetch.queue.backoff.ms": 5,
                "queued.max.messages.kbytes": 32 << 10,
            }
        )
        try:
            starts = [TopicPartition(topic, one, self._start(one, offsets)) for one in self._partitions]
            self._consumer.assign(starts)
        except BaseException:
            self._consumer.close()
            raise

    def poll(self, timeout_s: float, count_max: int = 1000) -> list[Message]:
        """The next messages, at most `count_max`, as soon as there is one; empty after `timeout_s` without any."""
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        found = [first, *(self._consumer.consume(count_max - 1, 0) if count_max > 1 else ())]
        return [self._message(one) for one in found]

    def range(self, partition: int, begin: int, end: int) -> Iterator[Message]:
        """The messages of a partition from offset `begin` up to `end`; raises SetupError when they stop coming."""
        self._consumer.assign([TopicPartition(self._topic, partition, begin)])
        progress = time.monotonic()
        while begin < end:
            found = self.poll(0.2)
            if not found and time.monotonic() - progress > STALL_S_MAX:
                raise SetupError(f"{self._topic}[{partition}]: nothing at offset {begin} for {STALL_S_MAX:.0f} s")
            for message in found:
                if message.offset >= end:
                    return
                yield message
                begin, progress = message.offset + 1, time.monotonic()

    def watermarks(self, partition: int) -> tuple[int, int]:
        """The first offset of a partition and the one after its last."""
        where = TopicPartition(self._topic, partition)
        low, high = answer(lambda timeout_s: self._consumer.get_watermark_offsets(where, timeout_s), self._bootstrap)
        return low, high

    def high_watermarks(self) -> dict[int, int]:
        """The offset after the last message of each partition."""
        return {partition: self.watermarks(partition)[1] for partition in self._partitions}

    def close(self) -> None:
        self._consumer.close()

    def _start(self, partition: int, offsets: Mapping[int, int] | Literal["beginning", "end"]) -> int:
        low, high = self.watermarks(partition)
        if isinstance(offsets, str):
            return low if offsets == "beginning" else high
        if not low <= offsets[partition] <= high:
            raise SetupError(
                f"{self._topic}[{partition}]: offset {offsets[partition]} is not between {low} and {high}: "
                "the topic was cut or made again; start afresh or restore the topic"
            )
        return offsets[partition]

    def _message(self, message: KafkaMessage) -> Message:
        if (error := message.error()) is not None:
            raise SetupError(f"{self._topic}[{message.partition()}]: {error.str()}")
        return Message(message.partition(), message.offset(), message.value() or b"", message.timestamp()[1])


def read_all(bootstrap: str, topic: str, partition: int) -> Iterator[Message]:
    """The messages that a partition holds now, up to the high watermark at the call."""
    reader = Reader(bootstrap, topic, [partition], "beginning")
    try:
        yield from reader.range(partition, *reader.watermarks(partition))
    finally:
        reader.close()


class Group:
    """How far a group has read a topic's partitions; asked again and again over one connection."""

    def __init__(self, bootstrap: str, name: str, topic: str, partitions: Sequence[int]) -> None:
        self._bootstrap = bootstrap
        self._wanted = [TopicPartition(topic, partition) for partition in partitions]
        self._consumer = Consumer({**connection(bootstrap), "group.id": name, "enable.auto.commit": False})

    def committed(self) -> dict[int, int]:
        """The offset after the last message that it says it has read; 0 where it has said nothing."""
        found = answer(lambda timeout_s: self._consumer.committed(self._wanted, timeout=timeout_s), self._bootstrap)
        return {one.partition: max(0, one.offset) for one in found}

    def has_read_all(self) -> bool:
        """Whether it says that it has read what the partitions hold now."""
        committed = self.committed()
        return committed == self.ends()

    def ends(self) -> dict[int, int]:
        """The offset after the last message of each partition."""
        return {one.partition: self._end(one) for one in self._wanted}

    def close(self) -> None:
        self._consumer.close()

    def _end(self, where: TopicPartition) -> int:
        _, high = answer(lambda timeout_s: self._consumer.get_watermark_offsets(where, timeout_s), self._bootstrap)
        return int(high)
