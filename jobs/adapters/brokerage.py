"""What the gateway asks of a broker, simulated or real; every implementation keeps these promises."""

from typing import Protocol

from schemas.errors import PenstockError
from schemas.frame import Records
from schemas.trading import Order

__all__ = ["Broker", "BrokerSilentError"]


class BrokerSilentError(PenstockError):
    """No answer in time: whether the broker has the order is not known. Ask by id; never send again."""


class Broker(Protocol):
    """Answers are all REPORT records of an order so far, oldest first; empty = known, nothing to report yet.

    Every method may raise BrokerSilentError, and answers within a bounded time.
    """

    def submit(self, order: Order) -> Records:
        """Offer an order under its own id; the same order again is answered from memory, never executed again."""

    def query(self, order_id: str) -> Records | None:
        """What became of an order; None when the broker does not have it now."""

    def cancel(self, order_id: str) -> Records | None:
        """Take an order back; None when the broker does not have it and from now on never will."""

    def close(self) -> None: ...
