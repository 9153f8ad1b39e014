"""The only door to Kafka: a producer that loses nothing, a reader that never resets, and the topics."""

from jobs.adapters.kafka.connection import flink_properties
from jobs.adapters.kafka.ends import Ends
from jobs.adapters.kafka.producer import Producer
from jobs.adapters.kafka.reader import Group, Message, Reader, read_all
from jobs.adapters.kafka.topics import bound_topics, create_topics, is_serving, partition_count, topics_exist

__all__ = [
    "Ends",
    "Group",
    "Message",
    "Producer",
    "Reader",
    "bound_topics",
    "create_topics",
    "flink_properties",
    "is_serving",
    "partition_count",
    "read_all",
    "topics_exist",
]
