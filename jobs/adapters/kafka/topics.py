"""Making the topics, and what the broker says of them."""

import time
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from jobs.adapters.kafka.answer import ANSWER_S_MAX, STALL_S_MAX, answer
from jobs.adapters.kafka.connection import connection
from jobs.adapters.kafka.layout import REPLICATION, Layout, differences, layout
from schemas.errors import SetupError
from schemas.topics import TOPICS, Topic


def topics_exist(bootstrap: str) -> bool:
    """Whether the broker has every topic of the table."""
    return {topic.name for topic in TOPICS} <= _topics(_admin(bootstrap), bootstrap).keys()


def is_serving(bootstrap: str, timeout_s: float = 1.0) -> bool:
    """Whether the broker answers a question within a time."""
    try:
        _admin(bootstrap).list_topics(timeout=timeout_s)
    except KafkaException:
        return False
    return True


def partition_count(bootstrap: str, topic: str) -> int:
    """The partitions that a topic has; 0 when there is no such topic."""
    found = _topics(_admin(bootstrap), bootstrap).get(topic)
    return 0 if found is None else len(found.partitions)


def broker_count(bootstrap: str) -> int:
    """The brokers of the cluster."""
    admin = _admin(bootstrap)
    return len(answer(lambda timeout_s: admin.list_topics(timeout=timeout_s), bootstrap).brokers)


def create_topics(
    bootstrap: str, channels: Sequence[int], replication: int | None = None, topics: Sequence[Topic] = TOPICS
) -> list[str]:
    """Make the topics that are not there, a partition a channel, and return their names.

    `replication` is the copies of each; by default what is there keeps the copies that it has, and what is new gets
    three, or one a broker where there are fewer. A topic that is laid out otherwise is never altered: SetupError says
    all that differs, and nothing is made.
    """
    admin = _admin(bootstrap)  # must live until the futures have their answers
    found = _found(admin, bootstrap, {topic.name for topic in topics})
    copies = {name: replication or each.replication for name, each in found.items()}
    fresh = replication or min(REPLICATION, broker_count(bootstrap))
    wanted = {topic.name: layout(topic, max(channels) + 1, copies.get(topic.name, fresh)) for topic in topics}
    said = [one for name, each in found.items() for one in differences(name, each, wanted[name])]
    if said:
        remedy = "start afresh, or use the universe that the log was made with"
        raise SetupError(f"{'; '.join(said)}: {remedy} (topics are never altered)")
    missing = [name for name in wanted if name not in found]
    _make(admin, {name: wanted[name] for name in missing})
    deadline = time.monotonic() + STALL_S_MAX
    while not wanted.keys() <= _topics(admin, bootstrap).keys():  # made is not yet known everywhere
        if time.monotonic() > deadline:
            raise SetupError(f"Kafka at {bootstrap} does not show the topics that it made")
        time.sleep(0.05)
    return missing


def _make(admin: AdminClient, wanted: dict[str, Layout]) -> None:
    new = [NewTopic(name, one.partitions, one.replication, config=one.settings) for name, one in wanted.items()]
    for name, future in (admin.create_topics(new) if new else {}).items():
        try:
            future.result(timeout=STALL_S_MAX)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise SetupError(f"topic {name} cannot be made: {error.args[0].str()}") from error


def bound_topics(bootstrap: str, partition_bytes_max: int, topics: Sequence[Topic] = TOPICS) -> None:
    """Let the broker delete the oldest segments of partitions that hold more; for runs that nobody resumes."""
    wanted = {"retention.bytes": partition_bytes_max, "segment.bytes": partition_bytes_max // 8}
    entries = [
        ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET) for name, value in wanted.items()
    ]
    admin = _admin(bootstrap)
    resources = [ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=entries) for topic in topics]
    for resource, future in admin.incremental_alter_configs(resources).items():
        try:
            future.result(timeout=STALL_S_MAX)
        except KafkaException as error:
            raise SetupError(f"topic {resource.name} cannot be bounded: {error.args[0].str()}") from error


def _found(admin: AdminClient, bootstrap: str, names: set[str]) -> dict[str, Layout]:
    """The layouts of those topics that exist, with the settings in force, whoever set them."""
    topics = {name: one for name, one in _topics(admin, bootstrap).items() if name in names}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in topics]
    asked = admin.describe_configs(resources, request_timeout=ANSWER_S_MAX) if resources else {}
    found = {}
    for resource, future in asked.items():
        settings = answer(future.result, bootstrap)
        partitions = topics[resource.name].partitions.values()
        copies = {len(one.replicas) for one in partitions}
        values = {key: entry.value for key, entry in settings.items()}
        found[resource.name] = Layout(len(partitions), copies.pop() if len(copies) == 1 else 0, values)
    return found


def _topics(admin: AdminClient, bootstrap: str) -> dict[str, TopicMetadata]:
    found: dict[str, TopicMetadata] = answer(lambda timeout_s: admin.list_topics(timeout=timeout_s), bootstrap).topics
    return found


def _admin(bootstrap: str) -> AdminClient:
    return AdminClient(connection(bootstrap))
