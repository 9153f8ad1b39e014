"""Records of the offload block as a feed."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from jobs.adapters.capture import frames
from jobs.adapters.source import read_data
from schemas.config import FeedConfig
from schemas.errors import DataError
from schemas.instrument import Universe
from schemas.records import PREPROCESSED, Kind, TickFlag
from tests.builders import captured, demo
from udfs.features.preprocess import STATE, preprocess


def test_a_file_of_records_makes_frames_of_their_kind(tmp_path: Path) -> None:
    records = preprocess(captured(1, 5), np.zeros(16, STATE))
    (tmp_path / "block.records").write_bytes(records.tobytes())
    capture = read_data(tmp_path / "block.records", demo().universe)
    assert capture[1].tobytes() == records.tobytes() and len(capture[0]) == 0
    made = [one for one in frames(capture[1], 1, FeedConfig(), 1, 1, 0) if one.kind != Kind.HEARTBEAT]
    assert {one.kind for one in made} == {Kind.PREPROCESSED}
    assert b"".join(one.records.tobytes() for one in made) == records.tobytes()


def test_references_are_copied(tmp_path: Path) -> None:
    first, *rest = demo().universe.instruments
    universe = Universe(instruments=(msgspec.structs.replace(first, reference_of=(1,)), *rest))
    records = np.zeros(3, PREPROCESSED)
    records["receive_ns"] = 1, 2, 3
    (tmp_path / "block.records").write_bytes(records.tobytes())
    capture = read_data(tmp_path / "block.records", universe)
    assert (capture[0]["flags"] == 0).all() and (capture[1]["flags"] == TickFlag.REFERENCE).all()


@pytest.mark.parametrize(("content", "why"), [(b"x" * 127, "no whole records"), (b"\xff" * 128, "not in the universe")])
def test_what_cannot_be_used_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "block.records").write_bytes(content)
    with pytest.raises(DataError, match=why):
        read_data(tmp_path / "block.records", demo().universe)
