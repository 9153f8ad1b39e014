"""What the gateway makes of two replicas' progress: interleavings, lags, repeats after a recovery, contradictions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.execution.pair import POSITIONS_MAX, Pair
from schemas.errors import Unsafe
from schemas.frame import Frame, encode, log_tag
from schemas.records import PROGRESS, Kind
from schemas.topics import REPLICAS, Source
from tests.jobs.execution.world import LOG_ID, NOW_NS, mark_frame

LAG_NS = 1_000
STEP = 10_000


def said(position: int, source: int, digest: int = 0, channel: int = 0, log_id: str = LOG_ID) -> bytes:
    """What is true of a position, unless `digest` falsifies it."""
    record = np.zeros(1, PROGRESS)
    record["position"], record["decisions"], record["term"] = position, position // 7, 1
    record["digest"] = np.void((position ^ digest).to_bytes(32, "little"))
    return encode(Frame(Kind.PROGRESS, channel, source, 1, position // STEP, record, log=log_tag(log_id)))


class Listener:
    """A pair over channel 0 that hears one message after the other, and may be killed in between."""

    def __init__(self, lag_ns_max: int | None = LAG_NS) -> None:
        self.pair, self._lag_ns_max, self._offset = Pair((0,), {}, lag_ns_max), lag_ns_max, 0

    def hear(self, replica: str, position: int, digest: int = 0, now_ns: int = NOW_NS) -> None:
        self._offset += 1
        self.pair.take(0, self._offset, said(position, REPLICAS[replica].source, digest), LOG_ID, now_ns)

    def restart(self) -> None:
        self.pair = Pair((0,), self.pair.dump(), self._lag_ns_max)

    def alerts(self, now_ns: int) -> list[str]:
        return list(self.pair.alerts({0: now_ns}))


@st.composite
def tellings(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Both replicas over the same positions in any interleaving, each falling back to earlier ones now and then."""
    count = draw(st.integers(1, 30))
    ways = {}
    for replica in "ab":
        way = []
        for position in range(1, count + 1):
            way.append(position)
            if draw(st.integers(0, 5)) == 0:
                way += range(draw(st.integers(1, position)), position + 1)
        ways[replica] = way
    order = draw(st.permutations([replica for replica, way in ways.items() for _ in way]))
    places = {replica: iter(way) for replica, way in ways.items()}
    return [(replica, STEP * next(places[replica])) for replica in order]


@settings(deadline=None)
@given(tellings(), st.integers(0, 60))
def test_two_that_say_the_same_are_compared_once_a_position(heard: list[tuple[str, int]], restart_at: int) -> None:
    listener = Listener()
    for number, (replica, position) in enumerate(heard):
        if number == restart_at:
            listener.restart()
        listener.hear(replica, position)
    state = listener.pair.channels[0]
    assert state.compared == len({position for _, position in heard}) and not state.different
    assert listener.alerts(NOW_NS + 10 * LAG_NS) == []


@settings(deadline=None)
@given(tellings(), st.data())
def test_one_other_digest_is_found_wherever_it_stands(heard: list[tuple[str, int]], data: st.DataObject) -> None:
    wrong = data.draw(st.integers(0, len(heard) - 1))
    listener = Listener()
    with pytest.raises(Unsafe, match="does not say of position"):
        for number, (replica, position) in enumerate(heard):
            listener.hear(replica, position, digest=number == wrong)
        pytest.fail("no contradiction was found")
    assert listener.pair.channels[0].different == 1


def test_after_a_contradiction_the_comparison_begins_anew() -> None:
    listener = Listener()
    listener.hear("a", STEP, digest=1)
    with pytest.raises(Unsafe, match="replica b does not say of position 10000 what a said"):
        listener.hear("b", STEP)
    listener.restart()
    listener.hear("a", 2 * STEP, digest=1)  # resumed, with the wrong one still running
    with pytest.raises(Unsafe):
        listener.hear("b", 2 * STEP)
    listener.restart()
    for position in (STEP, 2 * STEP, 3 * STEP):  # a from its beginning, put right
        listener.hear("a", position)
    listener.hear("b", 3 * STEP)
    state = listener.pair.channels[0]
    assert (state.compared, state.different) == (1, 2)


def test_one_that_vanishes_trails_and_keeps_up_again_after_its_return() -> None:
    listener = Listener()
    listener.hear("a", STEP)
    listener.hear("b", STEP)
    assert listener.alerts(NOW_NS + 100 * LAG_NS) == []  # a quiet channel is no lag
    listener.hear("a", 2 * STEP, now_ns=NOW_NS)
    assert listener.alerts(NOW_NS + LAG_NS) == []
    listener.restart()
    (line,) = listener.alerts(NOW_NS + LAG_NS + 1)
    assert "replica b stands at 10000" in line and listener.alerts(NOW_NS + LAG_NS + 2) == []
    listener.restart()
    assert listener.alerts(NOW_NS + LAG_NS + 3) == [] and listener.pair.channels[0].trailing == ["b"]
    listener.hear("b", STEP)
    assert listener.pair.channels[0].trailing == ["b"]
    listener.hear("b", 2 * STEP)
    (line,) = listener.alerts(NOW_NS + 100 * LAG_NS)
    assert "b keeps up again" in line and listener.pair.channels[0].alerts == 1


def test_one_that_never_spoke_is_missed_where_a_pair_is_configured_and_only_there() -> None:
    expected, alone = Listener(), Listener(lag_ns_max=None)
    for listener in (expected, alone):
        listener.hear("b", STEP)
    assert len(expected.alerts(NOW_NS + 10**12)) == 1 and alone.alerts(NOW_NS + 10**12) == []


def test_memory_is_bounded_and_a_late_one_is_compared_once_it_arrives() -> None:
    listener = Listener()
    count = 3 * POSITIONS_MAX
    for position in range(1, count + 1):
        listener.hear("a", STEP * position)
    for position in range(1, count + 1):
        listener.hear("b", STEP * position)
        assert len(listener.pair.channels[0].points) <= POSITIONS_MAX
    state = listener.pair.channels[0]
    assert state.compared >= POSITIONS_MAX - 1 and state.reached == {"a": count * STEP, "b": count * STEP}
    assert max(len(data) for data in listener.pair.dump().values()) < 64 << 10


@pytest.mark.parametrize(
    "data",
    [
        b"",
        mark_frame(),
        said(STEP, Source.FEED),
        said(STEP, Source.TRADE, channel=1),
        said(STEP, Source.TRADE, log_id="of another log"),
        said(STEP, Source.TRADE)[:-1],
    ],
)
def test_what_is_no_progress_of_ours_is_counted(data: bytes) -> None:
    pair = Pair((0,), {}, LAG_NS)
    pair.take(0, 5, data, LOG_ID, NOW_NS)
    assert pair.refused == 1 and not pair.channels[0].points and pair.channels[0].offset == 6
