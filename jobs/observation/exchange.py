"""What the simulated exchange tells."""

from jobs.adapters.metrics import Page
from jobs.execution.floor import Floor
from schemas import metrics

__all__ = ["fill"]


def fill(page: Page, floor: Floor) -> None:
    page.set(metrics.EXCHANGE_ORDERS, floor.executed)
    page.set(metrics.EXCHANGE_WAITING, floor.waiting)
    for channel, fault in floor.faults().items():
        page.set(metrics.EXCHANGE_FAULTS, fault, channel)
