"""What a rehearsal reads: a log's opening, as if it had begun with the term that is in force."""

import pickle

import msgspec

from jobs.adapters.terms import opening_frames
from schemas.control import Term, read_control
from schemas.frame import decode, encode
from tests.builders import demo_resources, demo_term
from udfs.channel import Channel
from udfs.flink import in_force


def test_the_opening_is_read_with_the_term_in_force() -> None:
    first = demo_term()
    now = msgspec.structs.replace(first, number=7, strategies=first.strategies[:1])
    terms = pickle.loads(pickle.dumps({0: now}))
    messages = [encode(frame) for frame in opening_frames(first, 0)]
    told = [in_force(data, terms) for data in messages]
    assert told[:2] == messages[:2]
    control = read_control(decode(told[2]))
    assert control == msgspec.structs.replace(now, number=1)

    channel = Channel(0, demo_resources())
    state = channel.initial()
    for data in told:
        channel.step(state, data)
    assert isinstance(state.ledger.term, Term) and len(state.ledger.term.strategies) == 1 and not state.ledger.fault


def test_other_messages_and_other_channels_are_left_alone() -> None:
    first = demo_term()
    messages = [encode(frame) for frame in opening_frames(first, 1)]
    assert [in_force(data, {0: first}) for data in [*messages, b"no frame"]] == [*messages, b"no frame"]
