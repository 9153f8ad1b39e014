"""Injected faults against the real channel: each is noticed, under its name, as often as it was injected."""

from collections import Counter
from functools import cache

import numpy as np
import pytest

from jobs.adapters.capture import frames, read_capture
from jobs.adapters.faults import EXPECTED, GAP_RECORDS, ORDER, expected, inject
from jobs.adapters.terms import opening_frames
from schemas.control import Epoch, control_frame, read_quarantined
from schemas.errors import BadFrame, DataError
from schemas.frame import decode, encode, log_tag
from schemas.records import Kind, Mark
from schemas.topics import QUARANTINE, Source
from tests.builders import demo_resources, demo_term
from tests.jobs.adapters.captures import demo, with_fine_steps, write_capture
from udfs.channel import Channel
from udfs.machine import Batch
from udfs.market.book import Book
from udfs.market.quality import Quality

UNIVERSE = demo().universe
EPOCH = 2  # so that the zombie has an epoch to be of


@cache
def messages(folder) -> tuple[bytes, ...]:
    """A feed's second run in channel 0: ten seconds."""
    ticks = read_capture(folder, UNIVERSE)[0]
    made = frames(ticks, 0, demo().feed, Source.FEED, EPOCH, 2, log_tag("test"))
    return tuple(encode(frame) for frame in made)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_capture(tmp_path_factory.mktemp("capture"), 10)


def opening() -> list[bytes]:
    made = list(opening_frames(demo_term(), 0))
    for epoch in (1, EPOCH):
        announced = Epoch(source=Source.FEED, epoch=epoch)
        head = {"channel": 0, "source": Source.FEED, "epoch": epoch, "sequence": epoch - 1, "log": log_tag("test")}
        made.append(control_frame(announced, **head))
    return [encode(frame) for frame in made]


def run(log: list[bytes]):
    """The channel's ledger, and how many records or messages it refused for each reason."""
    channel = Channel(0, demo_resources())
    state = channel.initial()
    faults: Counter[str] = Counter()
    for message in log:
        for topic, frame in channel.step(state, message).frames:
            if topic == QUARANTINE:
                told = read_quarantined(frame)
                faults[told.fault] += told.count
    return state.ledger, faults


def test_every_fault_is_noticed_by_name_as_often_as_injected(folder):
    clean, none = run([*opening(), *messages(folder)])
    assert (dict(none), clean.gaps, clean.dropped, clean.fault) == ({}, 0, 0, 0)
    ledger, faults = run([*opening(), *inject(messages(folder), 1, UNIVERSE)])
    seen = faults + Counter(GAP=ledger.gaps, REPEATED=ledger.dropped)
    assert seen == Counter({name: count for name, count in EXPECTED.items() if name != "CROSSED"})
    assert ledger.fault == 0
    assert ledger.position - clean.position == 2  # the crossed quote is believed, and marked


def test_the_crossed_quote_and_the_gap_are_marked(folder):
    machines = [Quality(demo_term(), 0), Book(demo_term(), 0)]
    marked = {True: 0, False: 0}
    for is_faulty in (False, True):
        states = [machine.initial() for machine in machines]
        log = inject(messages(folder), 1, UNIVERSE) if is_faulty else messages(folder)
        for data in log:
            try:
                frame = decode(data)
            except BadFrame:
                continue
            if frame.kind == Kind.CONTROL:
                continue
            batch = Batch(0, frame.kind, 0, len(frame))
            batch["ticks"] = frame.records
            for machine, state in zip(machines, states, strict=True):
                machine.step(state, batch)
            marked[is_faulty] += int(np.count_nonzero(batch["quotes"]["marks"] & Mark.CROSSED))
    assert (marked[False], marked[True]) == (0, EXPECTED["CROSSED"])


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(folder):
    one = list(inject(messages(folder), 1, UNIVERSE))
    assert one == list(inject(messages(folder), 1, UNIVERSE))
    assert one != list(inject(messages(folder), 2, UNIVERSE))


def test_the_feeds_own_records_all_stay(folder):
    wanted = [decode(data) for data in messages(folder)]
    accepted = []
    for data in inject(messages(folder), 1, UNIVERSE):
        try:
            frame = decode(data)
        except BadFrame:
            continue
        if (frame.channel, frame.epoch) == (0, EPOCH) and frame.kind in (Kind.TICKS, Kind.HEARTBEAT):
            accepted.append(frame)
    bodies = Counter(frame.records.tobytes() for frame in accepted)
    assert not Counter(frame.records.tobytes() for frame in wanted) - bodies
    injected = sum(map(len, accepted)) - sum(map(len, wanted))
    assert injected == sum(EXPECTED[name] for name in ("UNKNOWN_INSTRUMENT", "OFF_STEP_PRICE", "BAD_PRICE")) + 2 + 2 + 1
    assert accepted[-1].sequence - wanted[-1].sequence == injected - 1 + GAP_RECORDS + EXPECTED["BAD_DOCUMENT"]


def test_a_universe_without_a_coarse_step_has_no_price_off_it():
    assert expected(UNIVERSE, 0) == EXPECTED
    assert expected(with_fine_steps(demo()).universe, 0) == EXPECTED - Counter(OFF_STEP_PRICE=1)


def test_too_short_a_log_is_an_error(folder):
    short = messages(folder)[: len(ORDER)]
    with pytest.raises(DataError, match="too short"):
        list(inject(short, 1, UNIVERSE))
