"""From the facts of a run to its summary."""

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from jobs.results.facts import Facts
from jobs.results.summary import Latency, Rates, StrategyLine, Summary
from schemas.decimal_text import render
from schemas.frame import Records
from schemas.instrument import MONEY_DECIMALS
from schemas.trading import Order, Reason, ReportKind, Verdict
from udfs.portfolio.performance import Score, percentile, score
from udfs.risk.statement import accounts, fees, fills, profits
from udfs.signals.score import usable

_DIGITS = 6
_FATES = {
    ReportKind.REJECTED: "rejected",
    ReportKind.CANCELLED: "cancelled",
    ReportKind.EXPIRED: "expired",
    ReportKind.VETOED: "vetoed_by_gateway",
    ReportKind.NEVER_SENT: "never_sent",
}
Money = Mapping[tuple[str, str], int]  # by strategy and currency


def summarise(facts: Facts) -> Summary:
    """The summary of a run; positions are marked to the last quotes of the feature rows."""
    inside = facts.outcomes["in_sample"] != 0
    ensemble = _rates(facts, facts.outcomes[~inside], "p_bp")
    rows = ensemble.labelled + ensemble.flat
    standing = fills(facts.reports)
    instruments = facts.term.universe.instruments
    pnl = profits(accounts(standing, instruments), last_quotes(facts.features), instruments)
    paid = fees(standing)
    executed = Counter(fill.strategy for fill in standing)
    return Summary(
        ticks=facts.ticks,
        gaps=facts.gaps,
        marked=int((facts.features["marks"] != 0).sum()),
        quarantined=dict(sorted(facts.quarantined.items())),
        features=len(facts.features),
        predictions=int(usable(facts.features).sum()),
        decisions=len(facts.decisions),
        vetoes_by_reason=_reasons(facts.decisions, Verdict.VETOED),
        strategies=_lines(facts, executed, pnl, paid),
        labelled=ensemble.labelled,
        flat=ensemble.flat,
        flat_share=round(ensemble.flat / rows, _DIGITS) if rows else None,
        accuracy=ensemble.accuracy,
        accuracy_se=ensemble.accuracy_se,
        base_rate=ensemble.base_rate,
        log_loss=ensemble.log_loss,
        in_sample=_rates(facts, facts.outcomes[inside], "p_bp"),
        members={name: _rates(facts, facts.outcomes[~inside], f"{name}_bp") for name in ("model", "online")},
        pnl=_by_currency(pnl),
        fees=_by_currency(paid),
        latency_ns=_latency(facts),
        term=facts.term.hashes(),
    )


def groups(facts: Facts, outcomes: Records) -> npt.NDArray[np.int64]:
    """Numbers rows whose labels overlap alike: one instrument, one horizon of time."""
    blocks = outcomes["row_ns"] // facts.term.learn.horizon_ns
    return blocks * len(facts.term.universe.instruments) + outcomes["instrument"]


def last_quotes(features: Records) -> dict[int, tuple[int, int]]:
    """(bid, ask) of each instrument's last feature row."""
    return dict(zip(features["instrument"].tolist(), features[["bid", "ask"]].tolist(), strict=True))


def fate(order: Order, last: Records | None) -> str:
    """What became of an order, from the last report about it that is no correction."""
    if last is None:
        return "open"
    if last["kind"] == ReportKind.FILL:
        return "open" if last["leaves"] else "filled"
    if last["kind"] in (ReportKind.EXPIRED, ReportKind.CANCELLED) and last["cumulative"]:
        return "partly_filled"
    return _FATES.get(ReportKind(int(last["kind"])), "open")


def _lines(facts: Facts, executed: Counter[str], pnl: Money, paid: Money) -> dict[str, StrategyLine]:
    about = (ReportKind.FILL_CORRECT, ReportKind.FILL_BUST)
    last = {bytes(one["order_id"]).decode(): one for one in facts.reports[~np.isin(facts.reports["kind"], about)]}
    fates: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for order in facts.orders:
        fates[order.strategy][fate(order, last.get(order.id))] += 1
    lines = {}
    for ordinal, strategy in enumerate(facts.term.strategies):
        own, name = facts.decisions[facts.decisions["strategy"] == ordinal], strategy.name
        lines[name] = StrategyLine(
            decisions=len(own),
            orders=fates[name].total(),
            fills=executed[name],
            fates=dict(sorted(fates[name].items())),
            no_order=_reasons(own, Verdict.NO_ORDER),
            vetoes=_reasons(own, Verdict.VETOED),
            pnl=_by_currency({key: value for key, value in pnl.items() if key[0] == name}),
            fees=_by_currency({key: value for key, value in paid.items() if key[0] == name}),
        )
    return lines


def _rates(facts: Facts, outcomes: Records, column: str) -> Rates:
    found = score(outcomes[column], outcomes["label"], groups(facts, outcomes))
    rounded = {name: _rounded(getattr(found, name)) for name in Score._fields[2:]}
    return Rates(labelled=found.labelled, flat=found.flat, **rounded)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _reasons(decisions: Records, verdict: Verdict) -> dict[str, int]:
    numbers, counts = np.unique(decisions["reason"][decisions["verdict"] == verdict], return_counts=True)
    pairs = zip(numbers.tolist(), counts.tolist(), strict=True)
    return dict(sorted((Reason(number).name.lower(), count) for number, count in pairs))


def _by_currency(money: Money) -> dict[str, str]:
    totals: Counter[str] = Counter()
    for (_, currency), value in money.items():
        totals[currency] += value
    return {currency: render(value, MONEY_DECIMALS) for currency, value in sorted(totals.items())}


def _latency(facts: Facts) -> dict[str, Latency] | None:
    if facts.latency_ns is None:
        return None
    return {
        hop: Latency(p50=percentile(ranked, 50), p99=percentile(ranked, 99), max=int(ranked[-1]))
        for hop, ranked in ((hop, np.sort(samples)) for hop, samples in facts.latency_ns.items())
        if len(ranked)
    }
