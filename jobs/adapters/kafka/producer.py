"""Sending to Kafka."""

import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Message as KafkaMessage
from confluent_kafka import Producer as KafkaProducer

from jobs.adapters.kafka.answer import ANSWER_S_MAX, MESSAGE_BYTES_MAX, STALL_S_MAX, answer
from jobs.adapters.kafka.connection import connection
from schemas.errors import Unsafe


class Producer:
    """Sends every message, once and in order, or ends the process: idempotent, acks=all, a bounded queue.

    A message that could not be delivered raises Unsafe from the next call, whichever it is. `linger_ms` is how long
    a message waits for others.
    """

    def __init__(self, bootstrap: str, linger_ms: float = 1.0) -> None:
        self._failure: str | None = None
        self.delivered = 0  # messages that the broker has
        self._producer = KafkaProducer(
            {
                **connection(bootstrap),
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": linger_ms,
                "message.max.bytes": MESSAGE_BYTES_MAX,
                "message.timeout.ms": int(STALL_S_MAX * 1000),
                "topic.metadata.propagation.max.ms": int(ANSWER_S_MAX * 1000),  # a topic unknown for longer is an error
                "queue.buffering.max.messages": 100_000,
                "queue.buffering.max.kbytes": 128 << 10,
                "error_cb": self._on_error,
            }
        )
        answer(lambda timeout_s: self._producer.list_topics(timeout=timeout_s), bootstrap)

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
        self.delivered += error is None
        if error is not None and self._failure is None:
            self._failure = f"{message.topic()}[{message.partition()}]: a message was not delivered: {error.str()}"

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() and self._failure is None:
            self._failure = f"the producer cannot go on: {error.str()}"

    def _check(self) -> None:
        if self._failure is not None:
            raise Unsafe(self._failure)
