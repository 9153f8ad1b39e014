"""Joining depth to snapshots: what is emitted always continues a snapshot without a hole."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.adapters.depth import Join, Update


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Update | int], bool]:
    """A venue's chain of updates, some lost, with snapshots of the state at some id, arriving late or early."""
    is_futures = draw(st.booleans())
    last, chain = 100, []
    for _ in range(draw(st.integers(1, 12))):
        skipped = draw(st.integers(0, 5)) if is_futures else 0
        size = draw(st.integers(1, 6))
        chain.append((last + 1 + skipped, last + skipped + size, last))
        last += skipped + size
    events: list[tuple[int, int, int] | int] = [one for one in chain if draw(st.integers(0, 9))]
    for _ in range(draw(st.integers(0, 3))):
        events.insert(draw(st.integers(0, len(events))), draw(st.integers(95, last)))
    numbered: list[Update | int] = [
        one if isinstance(one, int) else Update(n, one[0], one[1], one[2] if is_futures else None)
        for n, one in enumerate(events)
    ]
    return numbered, is_futures


@settings(deadline=None)
@given(streams())
def test_what_is_emitted_continues_a_snapshot_without_a_hole(stream):
    events, is_futures = stream
    join = Join(len(events), covers=0 if is_futures else 1)
    for number, event in enumerate(events):
        if isinstance(event, Update):
            join.update(event)
        else:
            join.snapshot(number, event)
    out = [(int(slot), 0, n) for n, slot in enumerate(join.slot) if slot >= 0]
    out += [(slot, 1, n) for slot, n in join.gaps]
    last = awaited = None
    for _, is_gap, n in sorted(out):
        event = events[n]
        if is_gap:
            last = awaited = None
        elif not isinstance(event, Update):
            last, awaited = None, event + (0 if is_futures else 1)
        elif awaited is not None:
            assert event.first <= awaited <= event.last
            last, awaited = event.last, None
        else:
            assert last is not None, "an update without a book"
            assert (event.previous if is_futures else event.first - 1) == last
            last = event.last


@settings(deadline=None)
@given(streams())
def test_a_chain_without_losses_has_no_gap_behind_a_first_snapshot(stream):
    events, is_futures = stream
    updates = [event for event in events if isinstance(event, Update)]
    follows = [(b.previous if is_futures else b.first - 1) == a.last for a, b in pairwise(updates)]
    if not updates or not all(follows):
        return
    join = Join(len(updates) + 1, covers=0 if is_futures else 1)
    join.snapshot(0, updates[0].last)
    for number, one in enumerate(updates, 1):
        join.update(Update(number, one.first, one.last, one.previous))
    assert not join.gaps
    assert (join.slot >= 0).sum() == len(updates) + (1 if is_futures else 0)
