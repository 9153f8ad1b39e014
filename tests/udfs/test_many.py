"""A channel of a thousand instruments: its TERM is one document of several records, and everybody reads it."""

from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from jobs.adapters.terms import opening_frames
from jobs.execution.watch import Watch
from jobs.results.store import open_archive, read_terms
from jobs.warehouse.intake import Intake
from schemas.control import Epoch, Term, control_frame, read_control
from schemas.frame import Frame, decode, encode, log_tag
from schemas.instrument import Universe
from schemas.records import TICK, Kind, Side, TickFlag, TickKind
from schemas.topics import FEATURES, TICKS, TOPICS, Source
from tests.builders import LOG_ID, START_NS, demo, demo_resources, demo_term
from tests.jobs.archived import archive
from udfs.channel import Channel

COUNT = 1_000
SECOND_NS = 1_000_000_000


@cache
def term() -> Term:
    like = demo().universe.instruments[0]
    own = tuple(
        msgspec.structs.replace(like, number=number, symbol=f"MANY{number:04d}", channel=0) for number in range(COUNT)
    )
    return msgspec.structs.replace(demo_term(), universe=Universe(own))


def opening() -> list[bytes]:
    """Name, term, and after it a writer's next announcement: its number follows the TERM's records."""
    frames = opening_frames(term(), 0)
    after = Epoch(source=Source.TERM, epoch=2)
    sequence = frames[-1].sequence + len(frames[-1])
    tag = log_tag(LOG_ID)
    frames.append(control_frame(after, channel=0, source=Source.TERM, epoch=2, sequence=sequence, log=tag))
    announced = Epoch(source=Source.FEED, epoch=1)
    frames.append(control_frame(announced, channel=0, source=Source.FEED, epoch=1, sequence=0, log=tag))
    return [encode(frame) for frame in frames]


def quotes(second: int) -> np.ndarray:
    """A quote of every instrument."""
    ticks = np.zeros(2 * COUNT, TICK)
    ticks["receive_ns"] = START_NS + second * SECOND_NS
    ticks["instrument"] = np.repeat(np.arange(COUNT), 2)
    ticks["price"], ticks["size"], ticks["side"] = np.tile([6_000_000, 6_000_100], COUNT), 100, Side.NONE
    ticks["kind"] = np.tile([TickKind.BID, TickKind.ASK], COUNT)
    ticks["flags"] = np.tile([0, TickFlag.LAST], COUNT)
    return ticks


def test_a_thousand_instruments_are_decided() -> None:
    channel = Channel(0, demo_resources())
    state = channel.initial()
    for data in opening():
        assert not channel.step(state, data).frames
    assert len(decode(opening()[2])) > 3 and state.ledger.term == term()
    state = channel.load(channel.dump(state))
    rows, log = 0, log_tag(LOG_ID)
    for second in range(3):
        data = encode(Frame(Kind.TICKS, 0, Source.FEED, 1, 1 + 2 * COUNT * second, quotes(second), log=log))
        for topic, frame in channel.step(state, data).frames:
            rows += len(frame) if topic is FEATURES else 0
    assert rows == 2 * COUNT
    assert state.ledger.position == sum(len(decode(data)) for data in opening()) + 6 * COUNT


def test_a_repeated_term_of_several_records_is_known() -> None:
    channel = Channel(0, demo_resources())
    state = channel.initial()
    for data in opening()[:3] * 2:
        assert not channel.step(state, data).frames
    assert not state.ledger.fault and state.ledger.dropped == sum(len(decode(data)) for data in opening()[:3])


def test_the_gateway_and_the_archive_read_it(tmp_path: Path) -> None:
    watch, intake = Watch(term().universe, {}), Intake()
    for offset, data in enumerate(opening()):
        watch.log(0, offset, data)
        intake.take(TICKS.name, 0, offset, data, 0)
    assert watch.channels[0].term == 1 and watch.channels[0].writers[Source.TERM].epoch == 2
    topics = {topic.name: {0: [], 1: []} for topic in TOPICS}
    topics[TICKS.name][0] = opening()
    archive(topics, tmp_path)
    with open_archive(tmp_path) as store:
        assert read_terms(store) == [term()] == [read_control(decode(opening()[2]))]
        assert store.number("SELECT count() FROM instruments") == COUNT
