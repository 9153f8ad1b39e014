"""Merging streams into channels, and cutting ticks into the frames of a feed."""

import gzip
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.adapters.capture import frames, read_capture
from jobs.adapters.merge import merge
from jobs.adapters.source import read_data
from schemas.config import FeedConfig
from schemas.errors import DataError
from schemas.instrument import Universe
from schemas.records import NO_INSTRUMENT, TICK, Kind, TickFlag, TickKind
from tests.jobs.adapters.captures import demo, write_capture

UNIVERSE = demo().universe


def stream(instrument: int, receive_ns: list[int]) -> np.ndarray:
    """Ticks whose price is their place in the stream."""
    ticks = np.zeros(len(receive_ns), TICK)
    ticks["receive_ns"], ticks["price"], ticks["instrument"] = receive_ns, np.arange(len(receive_ns)), instrument
    return ticks


times = st.lists(st.integers(0, 40), max_size=30)


@settings(deadline=None)
@given(times, times)
def test_merge_is_ordered_stable_and_complete(left, right):
    ticks = merge(UNIVERSE, {0: stream(0, left), 1: stream(1, right)})[0]
    assert np.all(np.diff(ticks["receive_ns"]) >= 0)
    for number, raw in ((0, left), (1, right)):
        own = ticks[ticks["instrument"] == number]
        assert own["price"].tolist() == list(range(len(raw)))
        assert own["receive_ns"].tolist() == np.maximum.accumulate(np.array(raw, int)).tolist()
    keys = list(zip(ticks["receive_ns"].tolist(), ticks["instrument"].tolist(), strict=True))
    assert keys == sorted(keys)


def test_events_are_never_split(tmp_path):
    for ticks in read_capture(write_capture(tmp_path, 5), UNIVERSE).values():
        is_last = (ticks["flags"] & TickFlag.LAST) > 0
        inside = np.flatnonzero(~is_last)
        assert len(inside) > 1000
        assert is_last[-1]
        assert np.array_equal(ticks["instrument"][inside], ticks["instrument"][inside + 1])
        assert np.array_equal(ticks["receive_ns"][inside], ticks["receive_ns"][inside + 1])


def test_reference_instruments_are_copied_with_their_flag():
    instruments = list(UNIVERSE.instruments)
    instruments[0] = msgspec.structs.replace(instruments[0], reference_of=(1,))
    found = merge(Universe(tuple(instruments)), {0: stream(0, [1, 3]), 2: stream(2, [2])})
    assert found[0]["flags"].tolist() == [0, 0]
    assert found[1]["instrument"].tolist() == [0, 2, 0]
    assert found[1]["flags"].tolist() == [TickFlag.REFERENCE, 0, TickFlag.REFERENCE]


def test_a_capture_that_cannot_be_read_is_named(tmp_path):
    write_capture(tmp_path, 2)
    path = tmp_path / "usdm" / "ethusdt_20240808.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(DataError, match=r"ethusdt_20240808\.gz cannot be read"):
        read_capture(tmp_path, UNIVERSE)
    path.write_bytes(b"no gzip")
    with pytest.raises(DataError, match=r"ethusdt_20240808\.gz cannot be read"):
        read_capture(tmp_path, UNIVERSE)
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"ethusdt_20240808\.gz is empty"):
        read_capture(tmp_path, UNIVERSE)
    path.unlink()
    with pytest.raises(DataError, match=r"has no file usdm/ethusdt_\*.gz for binance-usdm ETHUSDT"):
        read_capture(tmp_path, UNIVERSE)
    with pytest.raises(DataError, match="is not there"):
        read_data(tmp_path / "nothing", UNIVERSE)


def test_refused_messages_come_with_the_capture(tmp_path):
    folder = write_capture(tmp_path, 2, spoil=b"dirt")
    capture = read_data(folder, UNIVERSE)
    (refused,) = capture.refused
    assert (refused.line, refused.instrument) == (b"dirt", 0)
    with gzip.open(folder / "spot" / "btcusdt_20240808.gz") as file:
        number = file.read().splitlines().index(b"dirt") + 1
    assert f"{Path('spot') / 'btcusdt_20240808.gz'}, line {number} " in refused.where


# Frames


@st.composite
def cuts(draw: st.DrawFn) -> tuple[np.ndarray, FeedConfig]:
    steps = draw(st.lists(st.sampled_from([0, 0, 0, 1, 500, 999, 1000, 7_000, 40_000]), min_size=1, max_size=80))
    first = draw(st.integers(10**6, 10**6 + 20_000))
    ticks = stream(0, np.cumsum([first, *steps[1:]]).tolist())
    config = FeedConfig(
        frame_ticks_max=draw(st.sampled_from([1, 2, 7, 4096])),
        frame_wait_us_max=draw(st.sampled_from([1, 3, 1000])),
        heartbeat_ns=draw(st.sampled_from([1_000, 10_000, 33_333])),
    )
    return ticks, config


@settings(deadline=None)
@given(cuts(), st.integers(0, 1000))
def test_frames_hold_every_record_once_and_a_heartbeat_at_each_multiple(given_cuts, sequence):
    ticks, config = given_cuts
    found = list(frames(ticks, 0, config, 1, 3, sequence, log=9))
    assert {(frame.channel, frame.source, frame.epoch, frame.log) for frame in found} == {(0, 1, 3, 9)}
    assert [frame.sequence for frame in found] == np.cumsum([sequence, *map(len, found[:-1])]).tolist()
    told = np.concatenate([frame.records for frame in found if frame.kind == Kind.TICKS])
    assert told.tobytes() == ticks.tobytes()
    beats = np.concatenate([frame.records for frame in found if frame.kind == Kind.HEARTBEAT])
    first, last = int(ticks["receive_ns"][0]), int(ticks["receive_ns"][-1])
    width = config.heartbeat_ns
    assert beats["receive_ns"].tolist() == list(range((first // width + 1) * width, last + width + 1, width))
    assert set(beats["kind"]) == {TickKind.HEARTBEAT}
    assert set(beats["instrument"]) == {NO_INSTRUMENT}
    assert np.all(np.diff(np.concatenate([frame.records for frame in found])["receive_ns"]) >= 0)
    for frame in found:
        received = frame.records["receive_ns"]
        assert len(frame) <= config.frame_ticks_max
        assert received[-1] - received[0] < config.frame_wait_us_max * 1000
        assert received[-1] // width == received[0] // width
    for left, right in pairwise(found):
        if left.kind == right.kind == Kind.TICKS:
            is_full = len(left) == config.frame_ticks_max
            waited = right.records["receive_ns"][0] - left.records["receive_ns"][0]
            assert is_full or waited >= config.frame_wait_us_max * 1000


@settings(deadline=None)
@given(cuts())
def test_heartbeats_stand_before_the_ticks_of_their_time(given_cuts):
    ticks, config = given_cuts
    records = np.concatenate([frame.records for frame in frames(ticks, 0, config, 1, 1, 0)])
    for place in np.flatnonzero(records["kind"] == TickKind.HEARTBEAT).tolist():
        assert np.all(records["receive_ns"][:place] < records["receive_ns"][place])


def test_no_ticks_make_no_frames():
    assert list(frames(np.zeros(0, TICK), 0, FeedConfig(), 1, 1, 0)) == []


def test_a_jump_of_receive_time_that_no_channel_takes_is_refused_and_not_filled():
    day_ns = 24 * 3600 * 10**9
    assert list(frames(stream(0, [1, 7 * day_ns]), 0, FeedConfig(heartbeat_ns=day_ns), 1, 1, 1))
    with pytest.raises(DataError, match="channel 0: receive time jumps ahead by 19000 days at tick 1"):
        list(frames(stream(0, [0, 19_000 * day_ns]), 0, FeedConfig(), 1, 1, 1))
