"""What a broker's reports do to one order: next state, what was filled. Contradictions are Unsafe."""

from typing import NamedTuple

import numpy as np

from schemas.errors import Unsafe
from schemas.frame import Records
from schemas.records import REPORT
from schemas.trading import Order, Reason, ReportKind
from udfs.execution.orders import OrderState, after, event_of


class Settled(NamedTuple):
    """The order after the new reports."""

    state: OrderState
    filled: int  # size units
    reason: int  # of the last report that gave one
    fresh: Records  # REPORT records that were not known before


def settle(order: Order, state: OrderState, filled: int, known: bytes, told: Records) -> Settled:
    """Take all that the broker tells of an order, of which the bytes `known` were taken before.

    A broker only ever adds to its story: a told beginning that differs from what is known, a report of another order,
    sizes that do not add up, a fill beyond the order or its limit price, all raise Unsafe.
    """
    data = told.tobytes()
    if not data.startswith(known):
        raise Unsafe(f"order {order.id}: the broker tells another story than before ({len(known)} bytes were known)")
    fresh = told[len(known) // REPORT.itemsize :]
    reason = 0
    for report in fresh:
        _check(order, report)
        leaves = int(report["leaves"])
        state = after(state, event_of(int(report["kind"]), leaves))
        reason = int(report["reason"]) or reason
        if report["kind"] == ReportKind.FILL:
            filled += int(report["size"])
            if (int(report["cumulative"]), leaves) != (filled, order.size - filled):
                raise Unsafe(f"order {order.id}: fills of {filled} of {order.size} do not add up in {report}")
    return Settled(state, filled, reason, fresh)


def own_report(order: Order, kind: ReportKind, reason: Reason, channel_ns: int) -> Records:
    """A terminal report without an execution, as one REPORT record: vetoed, never sent, rejected, cancelled."""
    reports = np.zeros(1, REPORT)
    report = reports[0]
    report["order_id"], report["broker_ns"] = order.id.encode(), channel_ns
    report["instrument"], report["side"] = order.instrument, order.side
    report["kind"], report["reason"] = kind, reason
    return reports


def _check(order: Order, report: Records) -> None:
    if bytes(report["order_id"]).decode() != order.id:
        raise Unsafe(f"order {order.id}: the broker reports on {bytes(report['order_id'])!r}")
    if int(report["instrument"]) != order.instrument or int(report["side"]) != order.side:
        raise Unsafe(f"order {order.id}: instrument or side is not ours in {report}")
    if report["kind"] != ReportKind.FILL:
        return
    worse = report["price"] > order.price if order.side == 0 else report["price"] < order.price
    if report["size"] <= 0 or report["price"] <= 0 or worse or not bytes(report["execution_id"]):
        raise Unsafe(f"order {order.id}: a fill without size or id, or worse than its limit {order.price}: {report}")
