"""Where topics end, and how far a group has read: asked beside a process's own consumers, which need not wait."""

from collections.abc import Mapping, Sequence

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from jobs.adapters.kafka.answer import answer
from jobs.adapters.kafka.connection import connection


class Ends:
    """Questions to one broker about some partitions of some topics; SetupError when it does not answer."""

    def __init__(self, bootstrap: str, topics: Sequence[str], partitions: Sequence[int]) -> None:
        self._bootstrap = bootstrap
        self._wanted = [TopicPartition(topic, partition) for topic in topics for partition in partitions]
        self._admin = AdminClient(connection(bootstrap))

    def ask(self) -> dict[str, dict[int, int]]:
        """The offset after the last message of each partition, by topic."""
        wanted = dict.fromkeys(self._wanted, OffsetSpec.latest())

        def found(timeout_s: float) -> dict[TopicPartition, int]:
            futures = self._admin.list_offsets(wanted, request_timeout=timeout_s)
            return {one: future.result().offset for one, future in futures.items()}

        return _by_topic(answer(found, self._bootstrap))

    def committed(self, group: str) -> dict[str, dict[int, int]]:
        """How far a group says that it has read; 0 where it has said nothing."""
        wanted = [ConsumerGroupTopicPartitions(group, self._wanted)]

        def found(timeout_s: float) -> dict[TopicPartition, int]:
            [future] = self._admin.list_consumer_group_offsets(wanted, request_timeout=timeout_s).values()
            return {one: max(0, one.offset) for one in future.result().topic_partitions}

        return _by_topic(answer(found, self._bootstrap))


def _by_topic(offsets: Mapping[TopicPartition, int]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for one, offset in offsets.items():
        found.setdefault(one.topic, {})[one.partition] = offset
    return found
