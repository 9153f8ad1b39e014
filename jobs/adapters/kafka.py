"""The only door to Kafka: a producer that loses nothing, a reader that never resets, and the topics."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage
from confluent_kafka import Producer as KafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.errors import SetupError, Unsafe
from schemas.topics import TOPICS, Topic

ANSWER_S_MAX = 4.0  # for a broker's first answer, and for each request about topics and offsets
STALL_S_MAX = 20.0  # without any progress, before a send, a flush or a bounded read gives up
MESSAGE_BYTES_MAX = 4 << 20
_QUIET = {"log_level": 2, "log.connection.close": False}  # what goes wrong is raised, once, by us
_NOBODY = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._RESOLVE)
_LEADERLESS = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)  # for a moment, after a start


class Message(NamedTuple):
    """One message of a topic; the broker's timestamp is telemetry."""

    partition: int
    offset: int
    value: bytes
    timestamp_ms: int


class Producer:
    """Sends every message, once and in order, or ends the process: idempotent, acks=all, a bounded queue.

    A message that could not be delivered raises Unsafe from the next call, whichever it is. `linger_ms` is how long
    a message waits for others.
    """

    def __init__(self, bootstrap: str, linger_ms: float = 1.0) -> None:
        self._failure: str | None = None
        self._producer = KafkaProducer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": linger_ms,
                "message.max.bytes": MESSAGE_BYTES_MAX,
                "message.timeout.ms": int(STALL_S_MAX * 1000),
                "topic.metadata.propagation.max.ms": int(ANSWER_S_MAX * 1000),  # a topic unknown for longer is an error
                "queue.buffering.max.messages": 100_000,
                "queue.buffering.max.kbytes": 128 << 10,
                "error_cb": self._on_error,
                **_QUIET,
            }
        )
        _answer(lambda timeout_s: self._producer.list_topics(timeout=timeout_s), bootstrap)

    def send(
        self, topic: str, partition: int, value: bytes, key: bytes | None = None, timestamp_ms: int | None = None
    ) -> None:
        """Queue a message; waits while the queue is full, and raises Unsafe when nothing moves for STALL_S_MAX."""
        self._check()
        timestamp = {} if timestamp_ms is None else {"timestamp": timestamp_ms}
        deadline = time.monotonic() + STALL_S_MAX
        while True:
            try:
                self._producer.produce(topic, value, key, partition, on_delivery=self._on_delivery, **timestamp)
                break
            except BufferError:
                self._producer.poll(0.05)
                self._check()
                if time.monotonic() > deadline:
                    raise Unsafe(
                        f"{topic}: the queue has been full for {STALL_S_MAX:.0f} s; is the broker up?"
                    ) from None
            except KafkaException as error:
                raise Unsafe(f"{topic}[{partition}]: {error.args[0].str()}") from error
        self._producer.poll(0)

    def flush(self, timeout_s: float = STALL_S_MAX) -> None:
        """Wait until every message is on the broker; raises Unsafe when one is not."""
        waiting = self._producer.flush(timeout_s)
        self._check()
        if waiting:
            raise Unsafe(f"{waiting} messages were not delivered within {timeout_s:.0f} s; is the broker up?")

    def __len__(self) -> int:
        """Messages on their way."""
        return len(self._producer)

    def _on_delivery(self, error: KafkaError | None, message: KafkaMessage) -> None:
        if error is not None and self._failure is None:
            self._failure = f"{message.topic()}[{message.partition()}]: a message was not delivered: {error.str()}"

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() and self._failure is None:
            self._failure = f"the producer cannot go on: {error.str()}"

    def _check(self) -> None:
        if self._failure is not None:
            raise Unsafe(self._failure)


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
                "bootstrap.servers": bootstrap,
                "group.id": "penstock",  # the client demands one; nothing is committed and nothing rebalanced
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.message.max.bytes": MESSAGE_BYTES_MAX,
                "fetch.wait.max.ms": 50,
                "fetch.queue.backoff.ms": 5,
                "queued.max.messages.kbytes": 32 << 10,
                **_QUIET,
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
        low, high = _answer(lambda timeout_s: self._consumer.get_watermark_offsets(where, timeout_s), self._bootstrap)
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


def committed(bootstrap: str, group: str, topic: str, partitions: Sequence[int]) -> dict[int, int]:
    """How far a group says that it has read each partition; 0 where it has said nothing."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, **_QUIET})
    wanted = [TopicPartition(topic, partition) for partition in partitions]
    try:
        found = _answer(lambda timeout_s: consumer.committed(wanted, timeout=timeout_s), bootstrap)
    finally:
        consumer.close()
    return {one.partition: max(0, one.offset) for one in found}


def topics_exist(bootstrap: str) -> bool:
    """Whether the broker has every topic of the table."""
    return {topic.name for topic in TOPICS} <= _partition_counts(bootstrap).keys()


def partition_count(bootstrap: str, topic: str) -> int:
    """The partitions that a topic has; 0 when there is no such topic."""
    return _partition_counts(bootstrap).get(topic, 0)


def create_topics(
    bootstrap: str, channels: Sequence[int], replication: int = 1, topics: Sequence[Topic] = TOPICS
) -> None:
    """Make the topics that are not there, a partition a channel; SetupError when one has another number of them."""
    wanted = max(channels) + 1
    counts = _partition_counts(bootstrap)
    for topic in topics:
        if counts.get(topic.name, wanted) != wanted:
            raise SetupError(
                f"topic {topic.name} has {counts[topic.name]} partitions, the universe needs {wanted}: "
                "start afresh, or use the universe that the log was made with"
            )
    new = [
        NewTopic(
            topic.name,
            wanted,
            replication,
            config={"retention.ms": str(topic.retention_ms), "max.message.bytes": str(MESSAGE_BYTES_MAX)},
        )
        for topic in topics
        if topic.name not in counts
    ]
    admin = AdminClient({"bootstrap.servers": bootstrap, **_QUIET})  # must live until the futures have their answers
    made = admin.create_topics(new) if new else {}
    for name, future in made.items():
        try:
            future.result(timeout=STALL_S_MAX)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise SetupError(f"topic {name} cannot be made: {error.args[0].str()}") from error
    deadline = time.monotonic() + STALL_S_MAX
    while (
        not {topic.name for topic in topics} <= _partition_counts(bootstrap).keys()
    ):  # made is not yet known everywhere
        if time.monotonic() > deadline:
            raise SetupError(f"Kafka at {bootstrap} does not show the topics that it made")
        time.sleep(0.05)


def _partition_counts(bootstrap: str) -> dict[str, int]:
    admin = AdminClient({"bootstrap.servers": bootstrap, **_QUIET})
    found = _answer(lambda timeout_s: admin.list_topics(timeout=timeout_s), bootstrap)
    return {name: len(topic.partitions) for name, topic in found.topics.items()}


def _answer(ask: Callable[[float], Any], bootstrap: str) -> Any:
    """What the broker says; SetupError when it does not, or does not know what was asked for."""
    deadline = time.monotonic() + ANSWER_S_MAX
    while True:
        try:
            return ask(max(deadline - time.monotonic(), 0.1))
        except KafkaException as error:
            if error.args[0].code() in _LEADERLESS and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            if error.args[0].code() in _NOBODY:
                remedy = "start it with `penstock run`, or check the address"
                raise SetupError(f"no Kafka broker answers at {bootstrap}: {remedy}") from error
            raise SetupError(f"Kafka at {bootstrap}: {error.args[0].str()}") from error
