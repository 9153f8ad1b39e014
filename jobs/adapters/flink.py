"""The door to Flink: environment, jobs, sinks, and where keys and partitions land."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pyflink.common import Configuration, JobClient
from pyflink.common.serialization import RowFieldExtractorSchema
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.base import DeliveryGuarantee
from pyflink.datastream.connectors.kafka import (
    KafkaRecordSerializationSchema,
    KafkaSink,
)
from pyflink.datastream.data_stream import KeyedStream
from pyflink.java_gateway import get_gateway
from pyflink.util.java_utils import get_j_env_configuration

from jobs.adapters.clock import wall_ns
from jobs.adapters.flink_home import reporter, reporter_jars
from jobs.adapters.flink_log import read_channels, read_until
from jobs.adapters.kafka import flink_properties
from schemas.control import Term
from schemas.errors import ConfigError, Unsafe
from schemas.topics import DECISIONS, NO_CHANNEL, ORDERS, REPLICA_A, TICKS, UID_TRADE, Replica, Topic, uid_sink
from udfs.channel import Resources
from udfs.flink import ChannelOperator, Rehearsal, message_type, output_tags
from udfs.keys import GROUPS, key_of, subtask_of

SETTINGS = {
    "python.execution-mode": "thread",
    "execution.checkpointing.mode": "EXACTLY_ONCE",
    "execution.checkpointing.interval": "1 s",
    # The first one waits for kernels and models, and one that fails restarts the job: a loaded machine took a minute.
    "execution.checkpointing.timeout": "300 s",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "execution.checkpointing.num-retained": "3",
    "state.backend.type": "hashmap",
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "20",
    "restart-strategy.fixed-delay.delay": "100 ms",
    "pipeline.max-parallelism": str(GROUPS),
    "pipeline.object-reuse": "true",  # nobody changes a message, and state keeps the source's own (MessageInHand)
}

AT_ONCE = (ORDERS, DECISIONS)
# Of all others. In a backlog, requests to the broker for each frame took a quarter of all CPU, and at 5 ms a tenth. The
# gateway of a hot pair sees so much later that its replicas differ.
LINGER_MS = 25

# Java only moves bytes here: C1's code is as good as C2's, and on few cores C2's compiling and a concurrent collector
# took as much CPU as deciding did (tests/bench/README.md). Messages die young: with room for some hundreds of them the
# collector copies few. For the JVM that Python starts; a cluster has its own.
EMBEDDED_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmn256m"


def environment(settings: dict[str, str], jars: list[Path]) -> StreamExecutionEnvironment:
    """An environment with the project's settings, `settings` over them; jars only where no cluster provides them."""
    os.environ.setdefault("JVM_ARGS", EMBEDDED_JVM)
    # In thread mode the JVM asks the first `python` on PATH for its packages, whatever python.executable says.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    configuration = Configuration()
    for name, value in {**SETTINGS, **settings}.items():
        configuration.set_string(name, value)
    if jars:
        configuration.set_string("pipeline.jars", ";".join(f"file://{jar}" for jar in jars))
        configuration.set_string("python.executable", sys.executable)
        configuration.set_string("python.client.executable", sys.executable)
    found = StreamExecutionEnvironment.get_execution_environment(configuration)
    found.set_buffer_timeout(0)
    return found


def serve_metrics(port: int) -> dict[str, str]:
    """Settings with which an embedded job serves Flink's own Prometheus page; to be asked for before `environment`."""
    jars = os.pathsep.join(map(str, reporter_jars()))
    os.environ["HADOOP_CLASSPATH"] = jars  # the one place of the environment from which PyFlink takes a class path
    return reporter(str(port))


def send_no_jars(env: StreamExecutionEnvironment) -> None:
    """For a cluster that has PyFlink's jar in its lib/: else each takeover begins with fetching its 40 MB."""
    options = get_gateway().jvm.org.apache.flink.configuration.PipelineOptions
    get_j_env_configuration(env._j_stream_execution_environment).removeConfig(options.JARS)


def build(
    env: StreamExecutionEnvironment,
    bootstrap: str,
    channels: tuple[int, ...],
    partitions: int,
    resources: Callable[[], Resources],
    bounded: bool,
    *,
    log: str = TICKS.name,
    operator_of: Callable[..., ChannelOperator] = ChannelOperator,
    replica: Replica = REPLICA_A,
) -> None:
    """The topic `log` → the channel operator → a sink for each topic of the replica."""
    check_subtasks(channels, env.get_parallelism())
    sink_keys = {channel: key_in_partition(channel, partitions) for channel in channels}
    sink_keys[NO_CHANNEL] = key_in_partition(0, partitions)
    operator = operator_of(resources=resources, wall_ns=wall_ns, sink_keys=sink_keys, replica=replica)
    _decide(read_channels(env, bootstrap, log, bounded, channels, replica), bootstrap, operator, replica)


def _decide(messages: KeyedStream, bootstrap: str, operator: ChannelOperator, replica: Replica) -> None:
    """Messages by channel through the operator, and what comes out into the replica's topics."""
    decided = messages.process(operator, output_type=message_type()).name("trade").uid(UID_TRADE)
    _sink(decided, bootstrap, ORDERS)
    # get_side_output() would chain a hidden Python operator into this thread, which deadlocks on the GIL.
    tags = output_tags(replica)
    for topic in replica.topics:
        tag = tags[topic.name].get_java_output_tag()
        _sink(DataStream(decided._j_data_stream.getSideOutput(tag)), bootstrap, topic)


def stop_with_savepoint(client: JobClient, folder: Path) -> str:
    """End a job behind a savepoint and return its path; pyflink's own method lacks the format that Flink 2 demands."""
    canonical = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType.CANONICAL
    return str(client._j_job_client.stopWithSavepoint(False, f"file://{folder}", canonical).get())


def check_subtasks(channels: Iterable[int], parallelism: int) -> None:
    """Refuse to start where Flink's own hashing would bring a channel to another subtask than `udfs.keys` says."""
    jvm = get_gateway().jvm
    assign = jvm.org.apache.flink.runtime.state.KeyGroupRangeAssignment.assignKeyToParallelOperator
    for channel in (*channels, NO_CHANNEL):
        row = jvm.org.apache.flink.types.Row(1)
        row.setField(0, jvm.java.lang.Long(key_of(channel)))
        found, expected = assign(row, GROUPS, parallelism), subtask_of(channel, parallelism)
        if found != expected:
            raise Unsafe(f"this Flink would run channel {channel} on subtask {found} of {parallelism}, not {expected}")


def key_in_partition(channel: int, partitions: int) -> bytes:
    """A message key that Kafka's own partitioner sends to partition `channel`."""
    hash_of = get_gateway().jvm.org.apache.flink.kafka.shaded.org.apache.kafka.common.utils.Utils.murmur2
    for attempt in range(1 << 16):
        key = b"%d/%d" % (channel, attempt)
        if (hash_of(key) & 0x7FFFFFFF) % partitions == channel:
            return key
    raise ConfigError(f"no message key found for partition {channel} of {partitions}")


def _sink(stream: DataStream, bootstrap: str, topic: Topic) -> None:
    schema = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(topic.name)
        .set_key_serialization_schema(RowFieldExtractorSchema(0))
        .set_value_serialization_schema(RowFieldExtractorSchema(1))
        .build()
    )
    builder = (
        KafkaSink.builder()
        .set_bootstrap_servers(bootstrap)
        .set_record_serializer(schema)
        .set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE)
    )
    linger_ms = 0 if topic in AT_ONCE else LINGER_MS
    for name, value in {"linger.ms": str(linger_ms), **flink_properties()}.items():
        builder.set_property(name, value)
    stream.sink_to(builder.build()).name(topic.name).uid(uid_sink(topic))


def build_rehearsal(
    env: StreamExecutionEnvironment,
    bootstrap: str,
    ends: Mapping[int, int],
    resources: Callable[[], Resources],
    terms: Mapping[int, Term],
) -> None:
    """The channels' operator over each log up to the offset `ends`, wired to all that `build` does; nothing comes out.

    `terms` are what each channel decides by. The sinks are the larger part of a takeover: seven Kafka producers in a
    JVM that has never opened one.
    """
    check_subtasks(ends, env.get_parallelism())
    sink_keys = dict.fromkeys((*ends, NO_CHANNEL), b"")
    operator = Rehearsal(terms=terms, resources=resources, wall_ns=wall_ns, sink_keys=sink_keys)
    _decide(read_until(env, bootstrap, ends), bootstrap, operator, REPLICA_A)
