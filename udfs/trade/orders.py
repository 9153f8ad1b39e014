"""What passed risk, as an order."""

from schemas.control import Term
from schemas.trading import Order, order_id
from udfs.risk.limits import Intent
from udfs.trade.seen import Seen

VALID_NS = 2_000_000_000  # an order that arrives later than this after its decision is refused


def order_of(term: Term, channel: int, ordinal: int, row: Seen, intent: Intent, n: int, decision: int) -> Order:
    """The n-th order of a strategy, from the decision about an intent at a row."""
    strategy = term.strategies[ordinal].name
    return Order(
        id=order_id(strategy, channel, term.number, n),
        strategy=strategy,
        channel=channel,
        term=term.number,
        n=n,
        instrument=row.instrument,
        side=int(intent.side),
        price=int(intent.price),
        size=int(intent.size),
        decision=decision,
        decided_ns=row.channel_ns,
        valid_until_ns=row.channel_ns + VALID_NS,
    )
