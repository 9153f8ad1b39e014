"""Whether ledger, exchange journal and log tell the same story of every order and every execution; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from schemas.frame import Records
from schemas.records import REPORT
from schemas.trading import TERMINAL, ReportKind
from udfs.execution.orders import FINAL, OrderState
from udfs.risk.statement import Fill, fill_of

__all__ = ["Agreement", "Story", "agree"]


class Story(NamedTuple):
    """What was asked, and what the three witnesses say of it. Lists keep what is doubled."""

    asked: Mapping[str, str]  # orders.v1: sha256 of the canonical bytes by id
    ledger: Mapping[str, tuple[str, int]]  # sha256 and OrderState by id
    ledger_executions: list[Fill]
    journal: list[tuple[str, str, Records]]  # id, sha256, REPORT records of each order that the exchange took
    log: Records  # REPORT records that the channels accepted, in order


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: what is missing somewhere, what stands somewhere twice, and every other difference."""

    orders: int
    executions: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    different: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.different)

    def __str__(self) -> str:
        head = f"orders {self.orders}, executions {self.executions}: lost {len(self.lost)} doubled {len(self.doubled)}"
        return "\n".join([head, *self.lost, *self.doubled, *self.different])


def agree(story: Story) -> Agreement:
    """Each order asked for has one terminal report and at most one exchange order, each execution is in all three."""
    taken = [reports for _, _, reports in story.journal]
    journal = executions_of(np.concatenate([np.zeros(0, REPORT), *taken]))
    log = executions_of(story.log)
    witnesses = {"ledger": story.ledger_executions, "exchange": journal, "log": log}
    every = set().union(*({one.id for one in found} for found in witnesses.values()))
    terminal = Counter(_id(report) for report in story.log if is_terminal(report))
    exchange = Counter(order_id for order_id, _, _ in story.journal)
    lost = [f"order {one}: no terminal report in the log" for one in story.asked if not terminal[one]]
    lost += [f"order {one}: not in the ledger" for one in story.asked if one not in story.ledger]
    doubled = [f"order {one}: {count} terminal reports in the log" for one, count in terminal.items() if count > 1]
    doubled += [f"order {one}: {count} orders at the exchange" for one, count in exchange.items() if count > 1]
    for name, found in witnesses.items():
        times = Counter(one.id for one in found)
        lost += [f"execution {one}: not in the {name}" for one in sorted(every) if not times[one]]
        already = {one.id for one in found if exchange[one.order_id] > 1}  # told once, as the doubled order
        doubled += [
            f"execution {one}: {count} times in the {name}"
            for one, count in times.items()
            if count > 1 and not (name == "exchange" and one in already)
        ]
    different = [*_orders(story, terminal), *_contents(witnesses), *_sums(witnesses)]
    return Agreement(
        orders=len(story.asked),
        executions=len(every),
        lost=tuple(lost),
        doubled=tuple(doubled),
        different=tuple(different),
    )


def executions_of(reports: Records) -> list[Fill]:
    """The fills among REPORT records, every one as often as it stands there."""
    return [fill_of(one) for one in reports[reports["kind"] == ReportKind.FILL]]


def is_terminal(report: Records) -> bool:
    """Whether an order ends with this report."""
    return int(report["kind"]) in TERMINAL or bool(report["kind"] == ReportKind.FILL and report["leaves"] == 0)


def _id(report: Records) -> str:
    return bytes(report["order_id"]).decode()


def _orders(story: Story, terminal: Mapping[str, int]) -> Iterable[str]:
    for order_id, (sha256, state) in story.ledger.items():
        if story.asked.get(order_id) != sha256:
            yield f"order {order_id}: the ledger's bytes are not those of orders.v1"
        if (OrderState(state) in FINAL) != (terminal.get(order_id, 0) > 0):
            ends = terminal.get(order_id, 0)
            yield f"order {order_id}: {OrderState(state).name} in the ledger, {ends} terminal reports in the log"
    for order_id, sha256, _ in story.journal:
        if story.asked.get(order_id) != sha256:
            yield f"order {order_id}: the exchange took other bytes than those of orders.v1"
    for order_id in terminal:
        if order_id not in story.asked:
            yield f"order {order_id}: reported in the log, never asked for"


def _contents(witnesses: Mapping[str, list[Fill]]) -> Iterable[str]:
    """Executions with one id and different contents."""
    first: dict[str, tuple[str, Fill]] = {}
    for name, found in witnesses.items():
        for one in found:
            known_by, known = first.setdefault(one.id, (name, one))
            if known != one:
                yield f"execution {one.id}: {known_by} has {known}, {name} has {one}"


def _sums(witnesses: Mapping[str, list[Fill]]) -> Iterable[str]:
    """Sizes by instrument and side, fees by currency."""
    sums: dict[str, Counter[object]] = {}
    for name, found in witnesses.items():
        sums[name] = Counter()
        for one in found:
            sums[name][one.instrument, one.side] += one.size
            sums[name][one.fee_currency] += one.fee
    for name in ("exchange", "log"):
        if sums[name] != sums["ledger"]:
            yield f"sums of sizes and fees: ledger {dict(sums['ledger'])}, {name} {dict(sums[name])}"
