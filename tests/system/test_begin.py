"""A log begins once: what a `begin` that was killed has left out, the next one writes."""

import msgspec
import pytest

from jobs.adapters.openings import read_term
from jobs.adapters.terms import opening_frames
from jobs.begin import begin
from schemas.errors import Unsafe
from schemas.frame import encode
from schemas.topics import TICKS
from tests.builders import captured, demo, demo_resources, demo_term, log, messages
from tests.system.rig import CHANNELS, Rig
from udfs.play import play

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


@pytest.mark.parametrize("there", [(2, 0), (1, 2), (3, 1)])
def test_a_beginning_that_was_cut_off_is_finished(rig: Rig, there: tuple[int, int]) -> None:
    term = demo_term()
    whole = {channel: [encode(frame) for frame in opening_frames(term, channel)] for channel in CHANNELS}
    rig.empty(TICKS)
    for channel, count in zip(CHANNELS, there, strict=True):
        rig.write(channel, whole[channel][:count])
    assert begin(rig.bootstrap, demo()) == term
    for channel in CHANNELS:
        assert rig.log(channel) == whole[channel]
        assert not any(output.frames for output in play(rig.log(channel), channel, demo_resources()))
    assert begin(rig.bootstrap, demo()) == term
    assert all(len(rig.log(channel)) == 3 for channel in CHANNELS)


@pytest.mark.parametrize("there", [(1, 0), (2, 2)])
def test_pieces_of_other_beginnings_are_refused(rig: Rig, there: tuple[int, int]) -> None:
    """An EPOCH alone does not tell its log's name; two names are two logs."""
    rig.empty(TICKS)
    for channel, count in zip(CHANNELS, there, strict=True):
        term = msgspec.structs.replace(demo_term(), log_id=f"log {channel}")
        rig.write(channel, [encode(frame) for frame in opening_frames(term, channel)[:count]])
    with pytest.raises(Unsafe, match="messages of another beginning, which was cut off"):
        begin(rig.bootstrap, demo())
    assert tuple(len(rig.log(channel)) for channel in CHANNELS) == there


def test_what_is_no_beginning_of_ours_is_refused(rig: Rig) -> None:
    whole = messages(log(captured(0, 1), demo_term(), 0))
    rig.empty(TICKS)
    rig.write(0, [*whole[:2], whole[3]])
    with pytest.raises(Unsafe, match=r"ticks\.v1\[0\] holds 3 messages but no GENESIS and TERM"):
        read_term(rig.bootstrap, 0)
