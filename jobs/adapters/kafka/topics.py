"""Making the topics, and what the broker says of them."""

import time
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from jobs.adapters.kafka.answer import MESSAGE_BYTES_MAX, QUIET, STALL_S_MAX, answer
from schemas.errors import SetupError
from schemas.topics import TOPICS, Topic


def topics_exist(bootstrap: str) -> bool:
    """Whether the broker has every topic of the table."""
    return {topic.name for topic in TOPICS} <= _partition_counts(bootstrap).keys()


def is_serving(bootstrap: str, timeout_s: float = 1.0) -> bool:
    """Whether the broker answers a question within a time."""
    try:
        AdminClient({"bootstrap.servers": bootstrap, **QUIET}).list_topics(timeout=timeout_s)
    except KafkaException:
        return False
    return True


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
    admin = AdminClient({"bootstrap.servers": bootstrap, **QUIET})  # must live until the futures have their answers
    made = admin.create_topics(new) if new else {}
    for name, future in made.items():
        try:
            future.result(timeout=STALL_S_MAX)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise SetupError(f"topic {name} cannot be made: {error.args[0].str()}") from error
    deadline = time.monotonic() + STALL_S_MAX
    names = {topic.name for topic in topics}
    while not names <= _partition_counts(bootstrap).keys():  # made is not yet known everywhere
        if time.monotonic() > deadline:
            raise SetupError(f"Kafka at {bootstrap} does not show the topics that it made")
        time.sleep(0.05)


def _partition_counts(bootstrap: str) -> dict[str, int]:
    admin = AdminClient({"bootstrap.servers": bootstrap, **QUIET})
    found = answer(lambda timeout_s: admin.list_topics(timeout=timeout_s), bootstrap)
    return {name: len(topic.partitions) for name, topic in found.topics.items()}
