"""Packets → simulated block → real broker → real job, beside the same packets through the Python adapter."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from schemas.records import PREPROCESSED, Kind, TickKind
from schemas.topics import TICKS
from tests.rtl.legs import Outputs, differing, through_job
from tests.rtl.run import simulator
from tests.rtl.system import compare_records, prepare
from tests.system.rig import Rig

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

MESSAGES = 500
CHANGED = 1  # the channel in which one of the block's records is changed on its way


@dataclass
class Run:
    by_python: Outputs
    by_block: Outputs
    kinds: set[int]  # of the frames that the block's host wrote


@pytest.fixture(scope="module")
def run(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Run:
    simulator()
    packets, records, config = prepare(MESSAGES, Path(tmp_path_factory.mktemp("session")))
    assert compare_records(packets, records, config.universe)["records"][1] == 0
    by_python = through_job(rig, packets, config)
    made = np.frombuffer(records.read_bytes(), PREPROCESSED).copy()
    own = np.isin(made["instrument"], [one.number for one in config.universe.of_channel(CHANGED)])
    prints = np.flatnonzero(own & (made["kind"] == TickKind.TRADE))
    place = prints[len(prints) * 3 // 4]
    made["z"][place] = -20_000 if made["z"][place] > 0 else 20_000
    records.write_bytes(made.tobytes())
    by_block = through_job(rig, records, config)
    return Run(by_python, by_block, {frame.kind for frame in rig.frames(TICKS, 1 - CHANGED)})


def of_channel(outputs: Outputs, channel: int) -> Outputs:
    return {key: records for key, records in outputs.items() if key[1] == channel}


def test_every_topic_is_the_same_behind_the_block(run: Run) -> None:
    found = differing(*(of_channel(one, 1 - CHANGED) for one in (run.by_python, run.by_block)))
    assert {name for name, counts in found.items() if counts[1]} == set()
    assert all(found[name][0] for name in ("features.v1", "decisions.v1", "outcomes.v1", "executions.v1", "orders.v1"))
    assert Kind.PREPROCESSED in run.kinds and Kind.TICKS not in run.kinds


def test_a_changed_column_of_one_record_is_seen(run: Run) -> None:
    found = differing(*(of_channel(one, CHANGED) for one in (run.by_python, run.by_block)))
    assert found["features.v1"][1] and found["decisions.v1"][1] and found["outcomes.v1"][1]
