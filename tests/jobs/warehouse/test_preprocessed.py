"""Frames of a block in the warehouse: their ticks as those of plain frames, their columns in the raw bytes alone."""

from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from jobs.adapters.clickhouse import open_store
from jobs.warehouse.archive import Archive
from schemas.frame import Frame, Records, decode, encode
from schemas.records import PREPROCESSED, Kind
from schemas.topics import TICKS, TOPICS
from tests.builders import captured, demo_term, log
from tests.jobs.warehouse.lists import Topics, readers
from udfs.features.preprocess import STATE, preprocess

CHANNEL = 1


def written(records: Records) -> list[bytes]:
    """A log of ticks or of a block's records, with a frame sent twice and one that begins with what was sent."""
    frames = list(log(records, demo_term(), CHANNEL))
    places = [place for place, frame in enumerate(frames) if len(frame) > 1]
    first, later = places[0], places[len(places) // 2]
    frames[later + 1 : later + 1] = [frames[first], _overlapping(frames[later])]
    return [encode(frame) for frame in frames]


def _overlapping(frame: Frame) -> Frame:
    """The last record again, then one that takes the number of the next frame's first."""
    last = frame.records[-1:]
    return replace(frame, sequence=frame.sequence + len(frame) - 1, records=np.concatenate([last, last]))


def archived(messages: list[bytes], folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of `ticks`, and what `frames` says of each message."""
    topics: Topics = {topic.name: {CHANNEL: []} for topic in TOPICS}
    topics[TICKS.name][CHANNEL] = messages
    with open_store(f"chdb://{folder}") as store:
        store.create()
        archive = Archive(store, block_messages_max=7)
        archive.run_to_end(readers(topics, archive))
    with open_store(f"chdb://{folder}", read_only=True) as store:
        ticks = store.rows("SELECT * FROM ticks ORDER BY _offset, _row")
        kept = store.rows("SELECT kind, repeated, fault, hex(bytes) AS data FROM frames ORDER BY _offset")
    return ticks, kept


def test_ticks_stand_in_the_warehouse_as_those_of_plain_frames(tmp_path: Path) -> None:
    ticks = captured(CHANNEL, 1)
    records = preprocess(ticks, np.zeros(16, STATE))
    plain, raw = archived(written(ticks), tmp_path / "plain")
    made, raw_made = archived(written(records), tmp_path / "made")
    assert len(plain) == len(ticks) > 100
    assert made == plain
    named = [[(one["repeated"], one["fault"]) for one in rows] for rows in (raw, raw_made)]
    assert named[0] == named[1] and sum(repeated for repeated, _ in named[0]) > 1
    assert {Kind.PREPROCESSED.name} == {one["kind"] for one in raw_made} - {one["kind"] for one in raw}
    kept = [decode(bytes.fromhex(one["data"])) for one in raw_made]
    assert sum(len(one) for one in kept if one.records.dtype == PREPROCESSED) > len(records)
