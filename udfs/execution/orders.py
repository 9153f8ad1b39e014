"""The life of an order at the gateway: one table, state × event → state.

    RECEIVED ── veto ─▶ VETOED          in the ledger, not yet offered to anybody
       │ send
       ▼
     SENT ── reject, never sent ─▶ …    the broker may or may not have it: ask by id, never send again
       │ accept, part
       ▼
    WORKING ── fill, cancel, expire ─▶ FILLED, CANCELLED, EXPIRED

What is not in the table is a contradiction between us and the broker: Unsafe, and the gateway halts. A corrected or
busted fill is not in it either: what we hold is then for a person to say.
"""

from enum import IntEnum

from schemas.errors import Unsafe
from schemas.trading import ReportKind


class OrderState(IntEnum):
    """Where an order stands; the terminal ones are final for ever."""

    RECEIVED = 1
    SENT = 2  # written before the broker hears of it: from here on the order may exist there
    WORKING = 3
    FILLED = 4
    CANCELLED = 5
    REJECTED = 6
    EXPIRED = 7
    VETOED = 8
    NEVER_SENT = 9


class OrderEvent(IntEnum):
    """What happens to an order."""

    SEND = 1
    VETO = 2
    ACCEPT = 3
    PART = 4  # a fill that leaves something
    FILL = 5  # the last fill
    REJECT = 6
    CANCEL = 7
    EXPIRE = 8
    NEVER_SENT = 9  # the broker does not have it and never will


FINAL = frozenset(state for state in OrderState if state > OrderState.WORKING)
OPEN = frozenset({OrderState.SENT, OrderState.WORKING})  # may exist at the broker

_S, _E = OrderState, OrderEvent
TABLE: dict[tuple[OrderState, OrderEvent], OrderState] = {
    (_S.RECEIVED, _E.SEND): _S.SENT,
    (_S.RECEIVED, _E.VETO): _S.VETOED,
    (_S.SENT, _E.ACCEPT): _S.WORKING,
    (_S.SENT, _E.PART): _S.WORKING,
    (_S.SENT, _E.FILL): _S.FILLED,
    (_S.SENT, _E.REJECT): _S.REJECTED,
    (_S.SENT, _E.CANCEL): _S.CANCELLED,
    (_S.SENT, _E.EXPIRE): _S.EXPIRED,
    (_S.SENT, _E.NEVER_SENT): _S.NEVER_SENT,
    (_S.WORKING, _E.PART): _S.WORKING,
    (_S.WORKING, _E.FILL): _S.FILLED,
    (_S.WORKING, _E.CANCEL): _S.CANCELLED,
    (_S.WORKING, _E.EXPIRE): _S.EXPIRED,
}
_EVENTS = {
    ReportKind.ACCEPTED: _E.ACCEPT,
    ReportKind.REJECTED: _E.REJECT,
    ReportKind.CANCELLED: _E.CANCEL,
    ReportKind.EXPIRED: _E.EXPIRE,
    ReportKind.VETOED: _E.VETO,
    ReportKind.NEVER_SENT: _E.NEVER_SENT,
}


def after(state: OrderState, event: OrderEvent) -> OrderState:
    """The state that follows; raises Unsafe when the event cannot happen there.

    >>> after(OrderState.SENT, OrderEvent.ACCEPT).name
    'WORKING'
    >>> after(OrderState.FILLED, OrderEvent.CANCEL)
    Traceback (most recent call last):
    schemas.errors.Unsafe: order life cycle: CANCEL cannot follow FILLED
    """
    following = TABLE.get((state, event))
    if following is None:
        raise Unsafe(f"order life cycle: {event.name} cannot follow {state.name}")
    return following


def event_of(kind: int, leaves: int) -> OrderEvent:
    """The event that a report stands for; raises Unsafe for kinds that no order of ours can have."""
    if kind == ReportKind.FILL:
        return OrderEvent.PART if leaves else OrderEvent.FILL
    event = _EVENTS.get(ReportKind(kind)) if kind in ReportKind.__members__.values() else None
    if event is None:
        raise Unsafe(f"order life cycle: report kind {kind} is not one that the gateway can take")
    return event
