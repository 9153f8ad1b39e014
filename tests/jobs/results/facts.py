"""Facts that can be added up by hand."""

from typing import Any

import numpy as np

from jobs.results.facts import Facts
from schemas.records import DECISION, FEATURE, OUTCOME, REPORT, Side
from schemas.trading import Order, Reason, ReportKind, Verdict
from tests.builders import START_NS, demo_term

SECOND_NS = 1_000_000_000


def rows(dtype: np.dtype, *many: dict[str, Any]) -> np.ndarray:
    found = np.zeros(len(many), dtype)
    for place, one in enumerate(many):
        for name, value in one.items():
            found[name][place] = value
    return found


def order(n: int, side: int) -> Order:
    return Order(
        id=f"probe-0-1-{n}", strategy="probe", channel=0, term=1, n=n, instrument=0, side=side, price=6_000_000,
        size=100_000, decision=n, decided_ns=START_NS, valid_until_ns=START_NS + 1,
    )  # fmt: skip


def by_hand() -> Facts:
    """Buys 0.001 BTC at 60,000.00, sells half at 60,010.00; 0.0005 is left and worth 60,020.00 each; fees 0.09."""
    told = {"fee_currency": b"USDT", "instrument": 0, "broker_ns": START_NS}
    sizes = {"size": 50_000, "cumulative": 50_000, "leaves": 50_000}
    bought = {"execution_id": b"probe-0-1-1-1", "order_id": b"probe-0-1-1", "kind": ReportKind.FILL, "side": Side.BUY}
    sold = {"execution_id": b"probe-0-1-2-1", "order_id": b"probe-0-1-2", "kind": ReportKind.FILL, "side": Side.SELL}
    quote = {"bid": 6_002_000, "ask": 6_002_100, "warm": 1, "instrument": 0}
    up = {"label": 1, "model_bp": 9_000, "online_bp": 4_000, "p_bp": 6_000}
    return Facts(
        term=demo_term(),
        ticks=1_000,
        gaps=2,
        quarantined={"CORRUPT": 1, "BAD_SIZE": 3},
        features=rows(
            FEATURE,
            {**quote, "channel_ns": START_NS, "bid": 5_900_000, "ask": 5_900_100},
            {**quote, "channel_ns": START_NS + SECOND_NS, "marks": 1},
            {**quote, "channel_ns": START_NS + 2 * SECOND_NS, "warm": 0},
        ),
        decisions=rows(
            DECISION,
            {"strategy": 0, "reason": Reason.BELOW_CONFIDENCE},
            {"strategy": 0, "reason": Reason.BELOW_CONFIDENCE},
            {"strategy": 0, "reason": Reason.BELOW_COST},
            {"strategy": 1, "verdict": Verdict.SENT},
            {"strategy": 1, "verdict": Verdict.SENT},
            {"strategy": 1, "verdict": Verdict.SENT},
            {"strategy": 1, "verdict": Verdict.VETOED, "reason": Reason.STALE},
        ),
        outcomes=rows(
            OUTCOME,
            {**up, "row_ns": START_NS},
            {**up, "row_ns": START_NS + 60 * SECOND_NS},
            {**up, "row_ns": START_NS + 120 * SECOND_NS, "label": -1},
            {**up, "row_ns": START_NS + 180 * SECOND_NS},
            {**up, "row_ns": START_NS + 240 * SECOND_NS, "label": 0},
            {**up, "in_sample": 1},
        ),
        orders=(order(1, Side.BUY), order(2, Side.SELL), order(3, Side.SELL)),
        reports=rows(
            REPORT,
            {**told, **bought, "price": 6_000_000, "size": 100_000, "cumulative": 100_000, "fee": 6_000_000},
            {**told, **sold, **sizes, "price": 6_001_000, "fee": 3_000_000},
            {**told, "order_id": b"probe-0-1-2", "kind": ReportKind.EXPIRED, "cumulative": 50_000},
            {**told, "order_id": b"probe-0-1-3", "kind": ReportKind.EXPIRED},
        ),
        latency_ns={"in trade": np.array([3, 1, 2] * 100), "nothing": np.zeros(0, np.int64)},
    )  # fmt: skip
