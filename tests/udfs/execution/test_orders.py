"""The life-cycle table, exhaustively."""

import itertools

import pytest

from schemas.errors import Unsafe
from schemas.trading import TERMINAL, ReportKind
from udfs.execution.orders import FINAL, OPEN, TABLE, OrderEvent, OrderState, after, event_of


@pytest.mark.parametrize("state, event", list(itertools.product(OrderState, OrderEvent)))
def test_every_pair_is_in_the_table_or_unsafe(state: OrderState, event: OrderEvent) -> None:
    if (state, event) in TABLE:
        assert after(state, event) is TABLE[state, event]
        return
    with pytest.raises(Unsafe, match=f"{event.name} cannot follow {state.name}"):
        after(state, event)


def test_nothing_follows_a_final_state_and_every_state_is_reached() -> None:
    assert {state for state, _ in TABLE} == set(OrderState) - FINAL
    assert set(TABLE.values()) == set(OrderState) - {OrderState.RECEIVED}
    assert OPEN.isdisjoint(FINAL)


def test_no_path_reaches_the_broker_twice_and_every_path_ends() -> None:
    def paths(state: OrderState, seen: tuple[OrderEvent, ...]) -> list[tuple[OrderEvent, ...]]:
        if state in FINAL:
            return [seen]
        steps = [(event, to) for (at, event), to in TABLE.items() if at is state and to is not state]
        return [path for event, to in steps for path in paths(to, (*seen, event))]

    found = paths(OrderState.RECEIVED, ())
    assert len(found) == 12
    assert max(path.count(OrderEvent.SEND) for path in found) == 1
    assert all(path[-1] not in (OrderEvent.SEND, OrderEvent.ACCEPT, OrderEvent.PART) for path in found)


@pytest.mark.parametrize("kind", list(ReportKind))
def test_report_kinds(kind: ReportKind) -> None:
    if kind in (ReportKind.FILL_CORRECT, ReportKind.FILL_BUST):
        with pytest.raises(Unsafe):
            event_of(kind, 0)
        return
    event = event_of(kind, 0)
    ends = any((state, event) in TABLE and TABLE[state, event] in FINAL for state in OrderState)
    assert ends == (kind in TERMINAL or kind is ReportKind.FILL)
    assert event_of(ReportKind.FILL, 5) is OrderEvent.PART


def test_unknown_kind() -> None:
    with pytest.raises(Unsafe, match="kind 77"):
        event_of(77, 0)
