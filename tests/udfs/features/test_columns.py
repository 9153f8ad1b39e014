"""Preprocessing columns in the pipeline: computed by the job or taken from a block, the same bytes downstream."""

import math

import msgspec
import numpy as np
import pytest

from models.registry import Registry, reference
from schemas.config import FeaturesConfig
from schemas.control import Term
from schemas.feature_sets import SETS, chosen
from schemas.features import PREPROCESSING
from schemas.frame import Frame, Records, encode
from schemas.records import TICK, Kind, TickFlag, TickKind, ticks_of
from tests.builders import captured, demo_resources, demo_term, generated, log
from tests.contract.battery import check_causality, check_frame_boundaries, check_restarts
from udfs.channel import Resources
from udfs.features.preprocess import STATE, preprocess
from udfs.machine import Pipeline
from udfs.pipeline import market
from udfs.play import canonical_bytes, play

NAMES = tuple(feature.name for feature in PREPROCESSING)
CHANNEL = 1


def asking(names: tuple[str, ...] = ("spread", *NAMES)) -> Term:
    term = demo_term()
    return msgspec.structs.replace(
        term, features=FeaturesConfig(names=names), feature_hash=chosen(names).hash, models=()
    )


def build(term: Term, channel: int) -> Pipeline:
    return Pipeline(market(term, channel))


def ugly(seconds: int = 60) -> Records:
    """Ticks of which quality refuses some: no price, no instrument, a kind and a time that cannot be."""
    ticks, random = generated(CHANNEL, seconds), np.random.default_rng(5)
    bad = random.random(len(ticks)) < 0.03
    field = random.integers(0, 4, len(ticks))
    for place, (name, value) in enumerate((("price", -7), ("instrument", 77), ("kind", 9), ("receive_ns", 0))):
        ticks[name][bad & (field == place)] = value
    return ticks


def by_block(frames: list[Frame], every: int = 1) -> list[Frame]:
    """The log as a block's host writes it: each tick frame, or each `every`-th, with the columns of the block."""
    state, made = np.zeros(16, STATE), []
    for place, frame in enumerate(frames):
        if frame.kind != Kind.TICKS:
            made.append(frame)
            continue
        records = preprocess(frame.records, state)
        is_made = place % every == 0
        made.append(with_columns(frame, records) if is_made else frame)
    return made


def with_columns(frame: Frame, records: Records) -> Frame:
    return Frame(
        Kind.PREPROCESSED, frame.channel, frame.source, frame.epoch, frame.sequence, records, frame.publish_ns,
        frame.flags, frame.log,
    )  # fmt: skip


def outputs(frames: list[Frame], resources: Resources) -> dict[str, bytes]:
    return canonical_bytes(play([encode(frame) for frame in frames], CHANNEL, resources))


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("ticks", [captured(CHANNEL, 40), ugly()], ids=["captured", "ugly"])
def test_columns_of_a_block_make_the_same_bytes(ticks: Records, every: int) -> None:
    frames = list(log(ticks, asking(), CHANNEL))
    here, there = (outputs(one, Resources(build)) for one in (frames, by_block(frames, every)))
    names = [name for name in here if name != "quarantine.v1"]  # which keeps the bytes of the frame
    assert here["features.v1"] and [here[name] for name in names] == [there[name] for name in names]
    assert len(here.get("quarantine.v1", b"")) > 0 or ticks is not ugly


def test_decisions_of_the_default_set_are_the_same_from_a_block() -> None:
    """A set that asks for no column takes the ticks out of a block's frames."""
    frames = list(log(captured(CHANNEL, 45), demo_term(), CHANNEL))
    here, there = (outputs(one, demo_resources()) for one in (frames, by_block(frames)))
    assert here == there and here["decisions.v1"]


def scored() -> Term:
    """The demonstration with the shipped model of the columns."""
    names = SETS["columns"]
    model = reference(Registry().find("direction-columns", chosen(names)))
    return msgspec.structs.replace(asking(names), models=(model,))


def test_scores_and_decisions_from_columns_are_the_same_from_a_block() -> None:
    """The model sees what the job computed as it sees what the block did; a block that says otherwise is heard."""
    frames = list(log(captured(CHANNEL, 45), scored(), CHANNEL))
    here, there = (outputs(one, demo_resources()) for one in (frames, by_block(frames)))
    assert here == there and {"decisions.v1", "outcomes.v1", "progress.v1"} <= here.keys()
    bent = [_bent(frame) if frame.kind == Kind.PREPROCESSED else frame for frame in by_block(frames)]
    before, after = (scores(one) for one in (frames, bent))
    assert len(before) == len(after) > 20 and (before != after).any() and len({*before.tolist()}) > 5


def scores(frames: list[Frame]) -> np.ndarray:
    """What the model says of each row, as the decisions tell it."""
    messages = [encode(frame) for frame in frames]
    made = [frame for output in play(messages, CHANNEL, demo_resources()) for _, frame in output.frames]
    return np.concatenate([frame.records["model_bp"] for frame in made if frame.kind == Kind.DECISIONS])


def _bent(frame: Frame) -> Frame:
    records = frame.records.copy()
    records["z"] = -records["z"]
    return with_columns(frame, records)


def test_other_columns_make_other_bytes() -> None:
    """The columns are taken, not computed again: a changed one is seen."""
    frames = by_block(list(log(captured(CHANNEL, 20), asking(), CHANNEL)))
    before = outputs(frames, Resources(build))
    for place, frame in enumerate(frames):
        if frame.kind == Kind.PREPROCESSED:
            records = frame.records.copy()
            records["mean"] += 256
            frames[place] = with_columns(frame, records)
    assert outputs(frames, Resources(build))["features.v1"] != before["features.v1"]


def test_frame_cuts_restarts_and_the_future_cannot_be_seen() -> None:
    frames = list(log(ugly(30), asking(), CHANNEL))
    check_frame_boundaries(build, frames, CHANNEL, 3, 40)
    check_restarts(build, [encode(frame) for frame in frames], CHANNEL, 1)
    check_causality(build, frames, CHANNEL, len(frames) // 2)


def test_ticks_of_records_are_the_ticks() -> None:
    ticks = captured(CHANNEL, 5)
    assert ticks_of(preprocess(ticks, np.zeros(16, STATE))).tobytes() == ticks.tobytes()
    assert ticks_of(preprocess(ticks[:0], np.zeros(16, STATE))).dtype == TICK


def test_oracle_of_the_features_on_real_ticks() -> None:
    """Each row against plain numbers: columns of the last record before the close, differences between closes."""
    ticks, term = captured(CHANNEL, 40), asking(NAMES)
    made = preprocess(ticks, np.zeros(16, STATE))
    rows = []
    for output in play([encode(frame) for frame in log(ticks, term, CHANNEL)], CHANNEL, Resources(build)):
        rows += [row for topic, frame in output.frames if topic.name == "features.v1" for row in frame.records]
    before: dict[int, tuple[int, int, int]] = {}
    prints = (made["kind"] == TickKind.TRADE) & ((made["flags"] & (TickFlag.CORRECTION | TickFlag.CANCEL)) == 0)
    for row in rows:
        number = int(row["instrument"])
        mine = (made["instrument"] == number) & (made["receive_ns"] < row["channel_ns"])
        last = made[mine][-1]
        traded = made[mine & prints]
        mean, variance = int(last["mean"]) / 256, int(last["variance"]) / 256
        sums = tuple(int(last[name]) for name in ("flow", "volume", "signed_volume"))
        flow, volume, signed = (now - then for now, then in zip(sums, before.get(number, (0, 0, 0)), strict=True))
        before[number] = sums
        expected = (
            int(traded[-1]["z"]) / 1024 if len(traded) else 0.0,
            1e4 * math.sqrt(variance) / mean if mean else 0.0,
            1e4 * (mean * int(last["volume"]) / int(last["value"]) - 1) if last["value"] else 0.0,
            2 * flow / (int(last["bid_size"]) + int(last["ask_size"])) if last["bid_size"] or last["ask_size"] else 0.0,
            signed / volume if volume else 0.0,
        )
        for name, found, wanted in zip(NAMES, row["x"].tolist(), expected, strict=True):
            assert math.isclose(found, wanted, rel_tol=1e-5, abs_tol=1e-6), (name, found, wanted)
    assert len(rows) > 50
