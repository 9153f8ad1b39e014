"""Reading a channel's log into Flink: the Kafka source, and its messages by channel."""

from collections.abc import Iterable, Mapping

from py4j.java_gateway import JavaPackage
from pyflink.common import TypeInformation, Types, WatermarkStrategy
from pyflink.common.serialization import ByteArraySchema
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.kafka import (
    KafkaOffsetResetStrategy,
    KafkaOffsetsInitializer,
    KafkaSource,
    KafkaSourceBuilder,
    KafkaTopicPartition,
)
from pyflink.datastream.data_stream import KeyedStream
from pyflink.java_gateway import get_gateway

from jobs.adapters.java import MAVEN_JARS
from jobs.adapters.kafka import flink_properties
from schemas.errors import SetupError
from schemas.frame import CHANNEL_AT, PREFIX
from schemas.instrument import CHANNELS_MAX
from schemas.topics import NO_CHANNEL, REPLICA_A, TICKS, UID_LOG, Replica
from udfs.keys import key_of

__all__ = ["keyed_messages", "read_channels", "read_log", "read_until"]

FETCH_BYTES = 2 << 20  # a partition; more at once outlives the young generation, and the collector copies it


def read_log(env: StreamExecutionEnvironment, bootstrap: str, topic: str, bounded: bool) -> DataStream:
    """The messages of a topic's partitions as they are."""
    builder = _from_beginning(bootstrap, topic, bounded, REPLICA_A.group)
    return _stream(env, builder.set_value_only_deserializer(ByteArraySchema()), _bytes())


def read_channels(
    env: StreamExecutionEnvironment,
    bootstrap: str,
    topic: str,
    bounded: bool,
    channels: Iterable[int],
    replica: Replica = REPLICA_A,
) -> KeyedStream:
    """A topic's messages by channel, from its beginning; a restored job goes on where its state says.

    A message that does not begin like a frame of one of `channels` comes under the key of NO_CHANNEL.
    """
    return _by_channel(env, _from_beginning(bootstrap, topic, bounded, replica.group), channels)


def read_until(env: StreamExecutionEnvironment, bootstrap: str, ends: Mapping[int, int]) -> KeyedStream:
    """The ticks' log of each channel up to the offset in `ends`, by channel, for a reader that leaves no trace."""
    stops = {KafkaTopicPartition(TICKS.name, channel): end for channel, end in ends.items()}
    builder = (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap)
        .set_partitions(set(stops))
        .set_group_id("rehearsal")
        .set_properties(flink_properties())
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.offsets(stops))
    )
    return _by_channel(env, builder, ends)


def _from_beginning(bootstrap: str, topic: str, bounded: bool, group: str) -> KafkaSourceBuilder:
    """From offset 0; an offset that the topic does not hold ends the job instead of being reset silently."""
    beginning = {KafkaTopicPartition(topic, channel): 0 for channel in range(CHANNELS_MAX)}
    builder = (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap)
        .set_topics(topic)
        .set_group_id(group)
        .set_starting_offsets(KafkaOffsetsInitializer.offsets(beginning, KafkaOffsetResetStrategy.NONE))
        .set_properties(
            {"max.partition.fetch.bytes": str(FETCH_BYTES), "fetch.max.wait.ms": "10", **flink_properties()}
        )
    )
    return builder.set_bounded(KafkaOffsetsInitializer.latest()) if bounded else builder


def _by_channel(env: StreamExecutionEnvironment, builder: KafkaSourceBuilder, channels: Iterable[int]) -> KeyedStream:
    """With one subtask the messages stay in the source's thread; with more they are exchanged by key."""
    builder._j_builder.setDeserializer(keyed_messages(channels))
    rows, jvm = _stream(env, builder, Types.ROW([Types.LONG(), _bytes()])), get_gateway().jvm
    stream, key, key_type = rows._j_data_stream, jvm.KeyByKeySelector(), Types.ROW([Types.LONG()])
    if env.get_parallelism() == 1:
        reinterpret = jvm.org.apache.flink.streaming.api.datastream.DataStreamUtils.reinterpretAsKeyedStream
        return KeyedStream(reinterpret(stream, key, key_type.get_java_type_info()), _bytes(), rows)
    return KeyedStream(stream.keyBy(key, key_type.get_java_type_info()), _bytes(), rows)


def keyed_messages(channels: Iterable[int]) -> object:
    """The deserializer that gives a message its key before Python sees it; SetupError when our jar is missing."""
    made = get_gateway().jvm.penstock.KeyedMessages
    if isinstance(made, JavaPackage):  # that is how py4j says that a class is not there
        raise SetupError(f"penstock.jar is not among Flink's jars: run `{MAVEN_JARS}` in the checkout")
    return made(PREFIX, CHANNEL_AT, {channel: key_of(channel) for channel in channels}, key_of(NO_CHANNEL))


def _stream(env: StreamExecutionEnvironment, builder: KafkaSourceBuilder, type_of: TypeInformation) -> DataStream:
    return env.from_source(builder.build(), WatermarkStrategy.no_watermarks(), "log", type_of).uid(UID_LOG)


def _bytes() -> TypeInformation:
    return Types.PRIMITIVE_ARRAY(Types.BYTE())
