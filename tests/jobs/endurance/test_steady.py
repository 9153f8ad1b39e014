"""Laps of a capture follow each other as one log: nothing repeated, no time that runs backwards."""

from itertools import islice, takewhile

import numpy as np

from jobs.endurance.steady import Sent, laps, pace_of, read_sent
from schemas.frame import Records
from schemas.records import Kind
from tests.builders import captured, demo

SECONDS, BEAT_NS = 3, 100_000_000


def ticks() -> dict[int, Records]:
    return {channel: captured(channel, SECONDS) for channel in (0, 1)}


def test_three_laps_are_one_log() -> None:
    own = ticks()
    end = own[0]["receive_ns"][0] + 10 * 1_000_000_000
    found = list(takewhile(lambda frame: frame.records["receive_ns"][0] < end, laps(own, demo().feed)))
    times = [int(frame.records["receive_ns"][0]) for frame in found]
    assert times == sorted(times)
    for channel, one in own.items():
        mine = [frame for frame in found if frame.channel == channel]
        whole = np.concatenate([frame.records for frame in mine if frame.kind == Kind.TICKS])
        beats = [frame.records["receive_ns"][0] for frame in mine if frame.kind == Kind.HEARTBEAT]
        again = whole[len(one) : 2 * len(one)]
        moved = int(again["receive_ns"][0] - one["receive_ns"][0])
        assert (np.diff(whole["receive_ns"]) >= 0).all()
        assert np.isin(np.diff(beats), (BEAT_NS, 2 * BEAT_NS)).all()
        assert SECONDS * 1_000_000_000 < moved < (SECONDS + 1) * 1_000_000_000
        assert ((again["venue_ns"] - one["venue_ns"])[one["venue_ns"] != 0] == moved).all()
        assert (again["venue_ns"][one["venue_ns"] == 0] == 0).all()
        same = [name for name in one.dtype.names or () if not name.endswith("_ns")]
        assert (again[same] == one[same]).all()


def test_the_capture_itself_is_not_changed() -> None:
    own = ticks()
    before = own[1].copy()
    list(islice(laps(own, demo().feed), 20_000))
    assert (own[1] == before).all()


def test_the_pace_makes_the_rate() -> None:
    own = ticks()
    whole = np.concatenate([*own.values()])
    span_s = (whole["receive_ns"].max() - whole["receive_ns"].min()) / 1e9
    assert np.isclose(pace_of(own, 25_000), 25_000 / (len(whole) / span_s))


def test_the_newest_line_counts() -> None:
    assert read_sent("load is running\n") is None
    assert read_sent('load is running\n{"ticks":5,"late_s":0.5}\n{"ticks":9,"late_s":0.25}\n') == Sent(9, 0.25)
