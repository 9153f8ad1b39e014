"""How a topic is laid out, and how what is there differs from what is wanted."""

from typing import NamedTuple

from jobs.adapters.kafka.answer import MESSAGE_BYTES_MAX
from schemas.topics import Topic

REPLICATION = 3  # where there are so many brokers


class Layout(NamedTuple):
    """Partitions, copies of each, and the settings that decide whether a message can be lost."""

    partitions: int
    replication: int
    settings: dict[str, str]


def layout(topic: Topic, partitions: int, replication: int) -> Layout:
    """What a topic of the table must be: kept whole for its time, and acknowledged by all copies but one.

    >>> from schemas.topics import MARKS
    >>> found = layout(MARKS, partitions=2, replication=3)
    >>> found.settings["retention.ms"], found.settings["min.insync.replicas"]
    ('86400000', '2')
    """
    settings = {
        "cleanup.policy": "delete",
        "retention.ms": str(topic.retention_ms),
        "retention.bytes": "-1",
        "max.message.bytes": str(MESSAGE_BYTES_MAX),
        "min.insync.replicas": str(max(1, replication - 1)),
        "unclean.leader.election.enable": "false",
    }
    return Layout(partitions, replication, settings)


def differences(name: str, found: Layout, wanted: Layout) -> list[str]:
    """What is not as wanted, a clause each; a setting that was not asked about does not count."""
    said = []
    if found.partitions != wanted.partitions:
        said.append(f"topic {name} has {found.partitions} partitions, the universe needs {wanted.partitions}")
    if found.replication != wanted.replication:
        said.append(f"topic {name} has {found.replication} copies, wanted are {wanted.replication}")
    for key, value in wanted.settings.items():
        if found.settings.get(key) != value:
            said.append(f"topic {name} has {key} = {found.settings.get(key, 'unset')}, wanted is {value}")
    return said
