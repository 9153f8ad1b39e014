"""The words that begin, number and stop a log: what the channel does when they are wrong, doubled or missing."""

from collections.abc import Callable

import msgspec
import pytest

from schemas.config import StrategyConfig
from schemas.control import (
    Control,
    Epoch,
    Genesis,
    Halt,
    Quarantined,
    Resume,
    Term,
    control_frame,
    read_quarantined,
)
from schemas.errors import Fault, StateError
from schemas.frame import Frame, document, encode, log_tag
from schemas.records import Kind
from schemas.topics import QUARANTINE, Source
from tests.builders import LOG_ID, demo_term, generated, tick_frame
from udfs.channel import Channel, Output, Resources
from udfs.execution.probe import Probe
from udfs.machine import Pipeline
from udfs.trade.stage import Trade

TERM = msgspec.structs.replace(demo_term(), log_id=LOG_ID)


def load(config: StrategyConfig) -> Probe:
    return Probe(Probe.Config(round_trip_ns=1))


def build(term: Term, channel: int) -> Pipeline:
    return Pipeline([Trade(term, channel, load)])


class Bench:
    """A channel and a writer for each source."""

    def __init__(self, *before: Control) -> None:
        self.channel = Channel(0, Resources(build))
        self.state = self.channel.initial()
        self.next: dict[tuple[int, int], int] = {}
        for control in (Epoch(source=Source.TERM, epoch=1), Genesis(log_id=LOG_ID), *before, TERM):
            assert not self.tell(control)

    def tell(self, control: Control, source: int = Source.TERM, epoch: int = 1, skip: int = 0) -> list[str]:
        """The faults that a control made."""
        sequence = self.next.get((source, 0), 0) + skip
        self.next[source, 0] = sequence + len(control_frame(control, channel=0, source=0, epoch=0, sequence=0))
        return self.take(
            encode(
                control_frame(control, channel=0, source=source, epoch=epoch, sequence=sequence, log=log_tag(LOG_ID))
            )
        )

    def take(self, data: bytes) -> list[str]:
        return [one.fault for one in quarantined(self.channel.step(self.state, data))]

    @property
    def fault(self) -> int:
        return self.state.ledger.fault

    @property
    def halted(self) -> bool:
        return bool(self.state.own[0].ledger.halted)


def quarantined(output: Output) -> list[Quarantined]:
    return [read_quarantined(frame) for topic, frame in output.frames if topic is QUARANTINE]


@pytest.fixture
def bench() -> Bench:
    return Bench()


HALT = Halt(by="t", reason="drill")


@pytest.mark.parametrize(
    ("tell", "fault"),
    [
        (lambda bench: bench.tell(Genesis(log_id="other")), Fault.GENESIS),
        (lambda bench: bench.tell(msgspec.structs.replace(TERM, number=3)), Fault.WRONG_TERM),
        (lambda bench: bench.tell(msgspec.structs.replace(TERM, number=1)), Fault.WRONG_TERM),
        (lambda bench: bench.tell(msgspec.structs.replace(TERM, number=2, log_id="other")), Fault.WRONG_TERM),
        (lambda bench: bench.tell(msgspec.structs.replace(TERM, number=2, feature_hash="0")), Fault.WRONG_TERM),
        (lambda bench: bench.tell(HALT, skip=1), Fault.WRITER_GAP),
    ],
)
def test_what_cannot_be_trusted_halts_for_good(bench: Bench, tell: Callable[[Bench], list[str]], fault: Fault) -> None:
    assert tell(bench) == [fault.name] and bench.fault == fault
    assert bench.tell(Resume(by="t"), skip=-1) == [] and bench.fault == fault
    assert bench.state.ledger.ignored == 1


def test_a_frame_of_another_log_halts(bench: Bench) -> None:
    frame = control_frame(HALT, channel=0, source=Source.TERM, epoch=1, sequence=3, log=log_tag("other"))
    assert bench.take(encode(frame)) == [Fault.WRONG_LOG.name] and bench.fault == Fault.WRONG_LOG


def test_only_the_announced_epoch_writes(bench: Bench) -> None:
    assert bench.tell(Epoch(source=Source.OPERATOR, epoch=1), Source.OPERATOR) == []
    assert bench.tell(HALT, Source.OPERATOR, epoch=2) == [Fault.UNANNOUNCED_EPOCH.name] and not bench.halted
    bench.next[Source.OPERATOR, 0] -= len(control_frame(HALT, channel=0, source=0, epoch=0, sequence=0))
    assert bench.tell(Epoch(source=Source.OPERATOR, epoch=2), Source.OPERATOR, epoch=2) == []
    assert bench.tell(Resume(by="t"), Source.OPERATOR, epoch=1, skip=1) == [Fault.ZOMBIE.name]
    assert not bench.fault


def test_a_halt_outlives_its_term_and_a_restart(bench: Bench) -> None:
    assert not bench.tell(HALT) and bench.halted
    assert not bench.tell(msgspec.structs.replace(TERM, number=2)) and bench.halted
    bench.state = bench.channel.load(bench.channel.dump(bench.state))
    assert not bench.tell(msgspec.structs.replace(TERM, number=3)) and bench.halted
    assert not bench.tell(Epoch(source=Source.OPERATOR, epoch=1), source=Source.OPERATOR)
    assert not bench.tell(Resume(by="t"), source=Source.OPERATOR) and not bench.halted
    assert not bench.tell(msgspec.structs.replace(TERM, number=4)) and not bench.halted


def test_a_halt_before_the_first_term_counts() -> None:
    assert Bench(HALT).halted


def test_a_term_without_a_genesis_is_refused() -> None:
    channel = Channel(0, Resources(build))
    state = channel.initial()
    term = msgspec.structs.replace(TERM, log_id="")
    faults: list[str] = []
    for sequence, control in enumerate((Epoch(source=Source.TERM, epoch=1), term)):
        frame = control_frame(control, channel=0, source=Source.TERM, epoch=1, sequence=sequence)
        faults += [one.fault for one in quarantined(channel.step(state, encode(frame)))]
    assert faults == [Fault.WRONG_TERM.name] and state.pipeline is None


def test_data_before_the_first_term_is_refused() -> None:
    channel = Channel(0, Resources(build))
    state = channel.initial()
    announced = control_frame(Epoch(source=Source.FEED, epoch=1), channel=0, source=Source.FEED, epoch=1, sequence=0)
    assert not quarantined(channel.step(state, encode(announced)))
    output = channel.step(state, encode(tick_frame(generated(0, 1)[:4], 0, 1)))
    assert [one.fault for one in quarantined(output)] == [Fault.NO_TERM.name]


def test_a_state_of_other_features_or_another_version_is_refused(bench: Bench) -> None:
    data = bench.channel.dump(bench.state)
    with pytest.raises(StateError, match="version"):
        bench.channel.load(b"")
    with pytest.raises(StateError, match="version"):
        bench.channel.load(bytes([99]) + data[1:])
    bench.state.ledger.term = msgspec.structs.replace(TERM, feature_hash="0")
    with pytest.raises(StateError, match="features"):
        bench.channel.load(bench.channel.dump(bench.state))


def test_only_the_operator_resumes() -> None:
    bench = Bench()
    assert bench.tell(Epoch(source=Source.FEED, epoch=1), source=Source.FEED) == []
    assert bench.tell(Resume(by="feed"), source=Source.FEED) == ["BAD_KIND"]


def test_an_operators_control_that_cannot_be_read_halts() -> None:
    bench = Bench()
    assert bench.tell(Epoch(source=Source.OPERATOR, epoch=1), source=Source.OPERATOR) == []
    unknown = document(b'{"control":"STOP_AT_ONCE"}')
    frame = Frame(Kind.CONTROL, 0, Source.OPERATOR, 1, 1, unknown, log=log_tag(LOG_ID))
    assert bench.take(encode(frame)) == ["LOST_CONTROL"]
    assert bench.state.ledger.fault == Fault.LOST_CONTROL
