"""The channel as one keyed Flink operator in thread mode; with `udfs.play`, the only two places that run machines.

Memory is the truth while the operator lives; the keyed list state (base + journal) is the truth after a restart.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, OutputTag, RuntimeContext
from pyflink.datastream.state import ListStateDescriptor

from schemas.control import Term, read_control
from schemas.errors import BadFrame, Unsafe
from schemas.frame import Frame, decode, document, encode
from schemas.records import FEED_KINDS, Kind
from schemas.topics import DECISIONS, NO_CHANNEL, REPLICA_A, Replica
from schemas.trading import Order, Stamps, order_message
from udfs.channel import Channel, Output, Resources
from udfs.counters import Counters
from udfs.flink_state import AnyKey, InHand, KeyedStore
from udfs.journal import Keeper
from udfs.keys import key_of, subtask_of
from udfs.moving import bring

JOURNAL_BYTES_MAX = 1 << 20  # a few frames in a backlog, seconds of them live; as much is stepped through to restore


def message_type() -> Types:
    """A Kafka message: key bytes, value bytes."""
    return Types.ROW([Types.PRIMITIVE_ARRAY(Types.BYTE()), Types.PRIMITIVE_ARRAY(Types.BYTE())])


def output_tags(replica: Replica) -> dict[str, OutputTag]:
    """A side output for every topic of frames that a replica writes; made on demand: a tag cannot be pickled."""
    return {topic.name: OutputTag(topic.name, message_type()) for topic in replica.topics}


def task_info(context: RuntimeContext) -> Any:
    """Java's TaskInfo; PyFlink 2.3 in thread mode asks the context itself, which no longer knows."""
    return context._runtime_context.getTaskInfo()


class ChannelOperator(KeyedProcessFunction):
    """Runs each key's channel. Only names and plain data are pickled; models and sessions are born in `open`."""

    def __init__(
        self,
        resources: Callable[[], Resources],
        wall_ns: Callable[[], int],
        sink_keys: dict[int, bytes],
        replica: Replica = REPLICA_A,
    ) -> None:
        """`sink_keys` has the Kafka key of what each channel writes, and of what is said of NO_CHANNEL."""
        self._open_resources = resources
        self._wall_ns, self._sink_keys, self._replica = wall_ns, sink_keys, replica

    def open(self, context: RuntimeContext) -> None:
        self._resources = self._open_resources()
        self._tags = output_tags(self._replica)
        # Pickled by type alone: what a savepoint of any release says of this state. KeyedStore puts in plain bytes.
        self._state = context.get_list_state(ListStateDescriptor("journal", Types.PICKLED_BYTE_ARRAY()))
        self._in_hand = InHand(context)
        self._metrics = context.get_metrics_group()
        self._keepers: dict[int, Keeper] = {}
        self._counters: dict[int, Counters] = {}
        self._channels = {key_of(channel): channel for channel in self._sink_keys}
        task = task_info(context)
        self._subtask, self._parallelism = task.getIndexOfThisSubtask(), task.getNumberOfParallelSubtasks()
        bring(self._sink_keys.keys() - {NO_CHANNEL}, AnyKey(context, self._state), self._subtask, self._parallelism)

    def process_element(self, data: bytes, context: KeyedProcessFunction.Context) -> Iterator[object]:
        received_ns = self._wall_ns()
        self._in_hand.take(data)
        message = self.as_read(data)
        key = context.get_current_key()
        keeper = self._keepers.get(key) or self._begin(key)
        output = keeper.step(message)
        sink_key = self._sink_keys[self._channels[key]]
        yield from self._messages(output, message, keeper.state.ledger.position, received_ns, sink_key)
        self._counters[key].took(keeper.state.ledger, received_ns)

    def as_read(self, data: bytes) -> bytes:
        """The message that a channel reads when the log has `data`: the same, but for drills and rehearsals."""
        return data

    def _begin(self, key: int) -> Keeper:
        """The channel of a key, restored or new; Unsafe when Flink brings it where its state will not be looked for."""
        number = self._channels[key]
        expected = subtask_of(number, self._parallelism)
        if self._subtask != expected:
            raise Unsafe(
                f"channel {number} came to subtask {self._subtask} of {self._parallelism} instead of {expected}"
            )
        channel = Channel(number, self._resources)
        self._counters[key] = Counters(self._metrics, number)
        keeper = self._keepers[key] = Keeper(channel, KeyedStore(self._state, self._in_hand), JOURNAL_BYTES_MAX)
        return keeper

    def _messages(self, output: Output, data: bytes, position: int, received_ns: int, key: bytes) -> Iterator[object]:
        """`position` is the one after the frame's last record."""
        decided_ns = self._wall_ns()
        if output.orders:
            frame = decode(data)
            clocks = {"published_ns": frame.publish_ns, "received_ns": received_ns, "decided_ns": decided_ns}
            for order in output.orders:
                own = origin(order, output, frame, position)
                yield Row(key, order_message(order, Stamps(**clocks, **own, replica=self._replica.name)))
        for topic, frame in output.frames:
            tag = self._tags.get(topic.name)
            if tag is not None:
                ours = replace(frame, publish_ns=decided_ns, source=self._replica.source)
                yield tag, Row(key, encode(ours))


def origin(order: Order, output: Output, frame: Frame, position: int) -> dict[str, int]:
    """The feed's time and run of the record at which an order was decided; empty when they cannot be known.

    `position` is the one after the last record of `frame`, the message that the output was made of.
    """
    for topic, decided in output.frames:
        if topic.name != DECISIONS.name or frame.kind not in FEED_KINDS:
            continue
        for at in decided.records["position"][decided.records["number"] == order.decision].tolist():
            record = frame.records[len(frame) - (position - at)]
            return {"feed_ns": int(record["receive_ns"]), "feed_epoch": frame.epoch}
    return {}


class Rehearsal(ChannelOperator):
    """Does all that the channels do and says nothing; its interpreter then has the modules, kernels and models.

    `terms` are in force by channel: each TERM of the log is read as if that one stood there.
    """

    def __init__(self, terms: Mapping[int, Term], **given: Any) -> None:
        super().__init__(**given)
        self._terms = dict(terms)

    def as_read(self, data: bytes) -> bytes:
        return in_force(data, self._terms)

    def process_element(self, data: bytes, context: KeyedProcessFunction.Context) -> Iterator[object]:
        for _ in super().process_element(data, context):
            pass
        yield from ()


def in_force(data: bytes, terms: Mapping[int, Term]) -> bytes:
    """A message of a log; in place of a TERM the channel's own of `terms`, under the number that the log expects."""
    try:
        frame = decode(data)
        control = read_control(frame) if frame.kind == Kind.CONTROL else None
    except BadFrame:
        return data
    if not isinstance(control, Term) or frame.channel not in terms:
        return data
    records = document(msgspec.json.encode(msgspec.structs.replace(terms[frame.channel], number=control.number)))
    return encode(replace(frame, records=records))
