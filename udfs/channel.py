"""A channel: from the bytes of its log, in order, to everything that it decides.

The channel reads frames, drops repeats, refuses what is not ours with a reason, obeys controls, and runs the term's
pipeline. It does no I/O: models and strategies come from `Resources`, outputs are returned.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np

from schemas.control import Control, Genesis, Halt, Resume, Term
from schemas.errors import BadFrame, ConfigError, Fault, StateError
from schemas.frame import Frame, Records, decode, log_tag
from schemas.records import Kind, ticks_of
from schemas.succession import changed, refusal
from schemas.topics import DECISIONS, EXECUTIONS, FEATURES, OUTCOMES, PROGRESS, QUARANTINE, SOURCES_MAX, Source, Topic
from schemas.trading import Order
from udfs.admission import ALLOWED, HALTING, SOURCES, announces, control_of, where
from udfs.machine import Batch, Pipeline
from udfs.quarantine import refused_message, refused_records

OUTPUTS = (
    ("features", Kind.FEATURES, FEATURES),
    ("decisions", Kind.DECISIONS, DECISIONS),
    ("outcomes", Kind.OUTCOMES, OUTCOMES),
    ("executions", Kind.REPORTS, EXECUTIONS),
    ("progress", Kind.PROGRESS, PROGRESS),
)


class Resources(NamedTuple):
    """What a term names and the outside provides."""

    build: Callable[[Term, int], Pipeline]


class Writer(msgspec.Struct):
    """What the channel has seen of one writer."""

    epoch: int = 0
    sequence: int = 0  # the next one expected


class Ledger(msgspec.Struct):
    """The channel's own small state."""

    log_id: str = ""
    position: int = 0
    writers: list[Writer] = []
    written: dict[str, int] = {}  # records written so far, by topic
    dropped: int = 0  # repeated records
    refused: int = 0  # records and messages that went to quarantine
    gaps: int = 0
    ignored: int = 0  # messages after the channel was halted by a fault
    fault: int = 0  # the Fault that halted the channel for good; 0 = none
    term: Term | None = None
    halt: Halt | None = None  # in force; it outlives its term


class Output(NamedTuple):
    """What one message made: frames by topic, and orders."""

    frames: list[tuple[Topic, Frame]]
    orders: list[Order]


class State:
    """The ledger, and the pipeline of the term in force with its states."""

    def __init__(self, ledger: Ledger, pipeline: Pipeline | None, own: list[Any]) -> None:
        self.ledger, self.pipeline, self.own = ledger, pipeline, own


class Channel:
    """The machine over one partition's messages."""

    version = 1

    def __init__(self, number: int, resources: Resources) -> None:
        self.number, self._resources = number, resources

    def initial(self) -> State:
        return State(Ledger(writers=[Writer() for _ in range(SOURCES_MAX)], written={}), None, [])

    def dump(self, state: State) -> bytes:
        ledger = msgspec.msgpack.encode(state.ledger)
        own = b"" if state.pipeline is None else state.pipeline.dump(state.own)
        return b"".join((bytes([self.version]), len(ledger).to_bytes(8, "little"), ledger, own))

    def load(self, data: bytes) -> State:
        """The state; raises StateError when its version is not known here."""
        if data[:1] != bytes([self.version]):
            raise StateError(f"state of channel {self.number}: version {[*data[:1]]}, known here is {self.version}")
        at = 9 + int.from_bytes(data[1:9], "little")
        try:
            ledger = msgspec.msgpack.decode(data[9:at], type=Ledger)
        except ConfigError as error:
            raise StateError(f"state of channel {self.number}: its term: {error}") from error
        if ledger.term is None:
            return State(ledger, None, [])
        if ledger.term.feature_hash != ledger.term.feature_set.hash:
            raise StateError(f"state of channel {self.number}: its term's features are not those of this code")
        pipeline = self._resources.build(ledger.term, self.number)
        return State(ledger, pipeline, pipeline.load(data[at:]))

    def step(self, state: State, data: bytes) -> Output:
        """Take one message; whatever a machine raises passes through, and the state is then not to be used."""
        output = Output([], [])
        if state.ledger.fault:
            state.ledger.ignored += 1
            return output
        try:
            frame = decode(data)
            records, gap = self._accept(state, frame)
            if len(records):
                self._take(state, frame, records, gap, data, output)
        except BadFrame as refusal:
            self._refuse(state, data, refusal, output)
        return output

    def halt(self, state: State, data: bytes, error: BaseException) -> Output:
        """The outcome when a machine raised on `data`: `state` is the one before it; quarantine, and no more orders."""
        output = Output([], [])
        message = f"{type(error).__name__}: {error}"
        self._refuse(state, data, BadFrame(Fault.RAISED, message[:500]), output)
        return output

    def _accept(self, state: State, frame: Frame) -> tuple[Records, bool]:
        """The records of a frame that are new, and whether some are missing before them."""
        ledger = state.ledger
        self._check(ledger, frame)
        writer, count = ledger.writers[frame.source], len(frame.records)
        if frame.epoch < writer.epoch:
            raise BadFrame(Fault.ZOMBIE, f"{where(frame)}: epoch {writer.epoch} has been announced")
        if frame.epoch > writer.epoch and not announces(frame):
            raise BadFrame(Fault.UNANNOUNCED_EPOCH, f"{where(frame)}: the last epoch announced is {writer.epoch}")
        repeated = min(count, max(0, writer.sequence - frame.sequence))
        ledger.dropped += repeated
        gap = frame.sequence > writer.sequence
        ledger.gaps += gap
        if gap and frame.source != Source.FEED:
            missing = f"expected {writer.sequence}; reports or controls are missing"
            raise BadFrame(Fault.WRITER_GAP, f"{where(frame)}: {missing}")
        if repeated < count:
            writer.epoch, writer.sequence = frame.epoch, frame.sequence + count
        return frame.records[repeated:] if repeated else frame.records, gap

    def _check(self, ledger: Ledger, frame: Frame) -> None:
        """Refuse a frame that has no place in this log, whatever its number is."""
        if frame.channel != self.number:
            names = f"of channel {frame.channel}, in the log of {self.number}"
            raise BadFrame(Fault.WRONG_CHANNEL, f"{where(frame)}: {names}")
        if frame.source not in SOURCES:
            raise BadFrame(Fault.UNKNOWN_SOURCE, f"{where(frame)}: no writer has this number")
        if frame.source not in ALLOWED.get(frame.kind, ()):
            names = f"{Kind(frame.kind).name} from {Source(frame.source).name}"
            raise BadFrame(Fault.BAD_KIND, f"{where(frame)}: {names}")
        if ledger.log_id and frame.log != log_tag(ledger.log_id):
            names = f"names log {frame.log:#010x}, this state belongs to {ledger.log_id}"
            raise BadFrame(Fault.WRONG_LOG, f"{where(frame)}: {names}")

    def _take(self, state: State, frame: Frame, records: Records, gap: bool, data: bytes, output: Output) -> None:
        ledger = state.ledger
        control = control_of(frame) if frame.kind == Kind.CONTROL else None
        self._obey(state, control, output)
        batch = Batch(self.number, frame.kind, ledger.position, len(records), control, gap)
        if state.pipeline is None:
            if control is None:
                raise BadFrame(Fault.NO_TERM, f"{Kind(frame.kind).name} before the first TERM")
        else:
            if control is None:
                _bring(batch, records)
            state.pipeline.step(state.own, batch)
        ledger.position += batch.count
        self._publish(state, frame, records, batch, data, output)

    def _obey(self, state: State, control: Control | None, output: Output) -> None:
        ledger = state.ledger
        if isinstance(control, Genesis):
            if ledger.log_id:
                raise BadFrame(Fault.GENESIS, f"a second GENESIS: {control.log_id} after {ledger.log_id}")
            ledger.log_id = control.log_id
        if isinstance(control, Halt | Resume):
            ledger.halt = control if isinstance(control, Halt) else None
        if isinstance(control, Term):
            self._begin(state, control, output)

    def _begin(self, state: State, term: Term, output: Output) -> None:
        """The term comes into force where it stands in the log; the one before it is closed first, in its own name."""
        ledger, pipeline, was = state.ledger, state.pipeline, state.own
        reason = refusal(term, ledger.term, ledger.log_id)
        if reason:
            raise BadFrame(Fault.WRONG_TERM, f"TERM {term.number}: {reason}")
        if pipeline is not None:
            closing = Batch(self.number, Kind.CONTROL, ledger.position, 0, term)
            pipeline.step(was, closing)
            self._publish_arrays(state, closing, output)
            if reason := pipeline.objection(was, term):
                raise BadFrame(Fault.WRONG_TERM, f"TERM {term.number}: {reason}")
        state.pipeline = self._resources.build(term, self.number)
        state.own = state.pipeline.initial()
        if pipeline is not None and ledger.term is not None:
            state.pipeline.inherit(state.own, pipeline, was, changed(term, ledger.term))
        ledger.term = term
        if ledger.halt is not None:
            state.pipeline.step(state.own, Batch(self.number, Kind.CONTROL, ledger.position, 0, ledger.halt))

    def _publish(self, state: State, frame: Frame, records: Records, batch: Batch, data: bytes, output: Output) -> None:
        self._publish_arrays(state, batch, output)
        output.orders.extend(batch.orders)
        if "faults" not in batch.arrays:
            return
        for fault in np.unique(batch["faults"]).tolist():
            places = batch["refused"][batch["faults"] == fault]
            state.ledger.refused += len(places)
            refused = refused_records(data, frame, records, Fault(fault), places, state.ledger.position)
            self._quarantine(state, refused, output)

    def _publish_arrays(self, state: State, batch: Batch, output: Output) -> None:
        for name, kind, topic in OUTPUTS:
            made = batch.arrays.get(name)
            if made is not None and len(made):
                output.frames.append((topic, self._frame(state, topic, kind, made)))

    def _frame(self, state: State, topic: Topic, kind: Kind, records: Records) -> Frame:
        """A frame of our own: its epoch is the term, its sequence counts the topic's records."""
        ledger = state.ledger
        term = ledger.term.number if ledger.term else 0
        sequence = ledger.written.get(topic.name, 0)
        ledger.written[topic.name] = sequence + (1 if kind is Kind.QUARANTINE else len(records))
        return Frame(kind, self.number, Source.TRADE, term, sequence, records, log=log_tag(ledger.log_id))

    def _refuse(self, state: State, data: bytes, refusal: BadFrame, output: Output) -> None:
        """Quarantine a whole message; some faults mean that nothing can be trusted any more."""
        ledger = state.ledger
        ledger.refused += 1
        if refusal.fault in HALTING:
            ledger.fault = ledger.fault or int(refusal.fault)
        self._quarantine(state, refused_message(data, refusal, ledger.position), output)

    def _quarantine(self, state: State, records: Records, output: Output) -> None:
        output.frames.append((QUARANTINE, self._frame(state, QUARANTINE, Kind.QUARANTINE, records)))


def _bring(batch: Batch, records: Records) -> None:
    """Put a frame's records into the batch: a block's are ticks with columns behind them."""
    if batch.kind == Kind.PREPROCESSED:
        batch["preprocessed"] = records
        batch["ticks"] = ticks_of(records)
    else:
        batch["reports" if batch.kind == Kind.REPORTS else "ticks"] = records
