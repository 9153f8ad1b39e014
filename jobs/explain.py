"""`penstock explain ORDER`: why an order was sent, and what became of it."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from jobs.results.checks import checks
from jobs.results.store import open_archive
from jobs.results.story import Story, read_story
from jobs.results.text import ms
from jobs.results.told import fields_of, time_text
from schemas.features import BY_NAME
from schemas.layouts import names_of
from schemas.records import Kind

_NUMBERS = ("price", "size", "leaves")
_BOOK = ("bid", "bid_size", "ask", "ask_size", "marks", "held", "working")
_PROBABILITIES = ("model_bp", "online_bp", "p_bp", "confidence_bp")


def explain(order_id: str, folder: Path, warehouse: str | None = None) -> None:
    """Print book, features, scores, weights, checks, stamps and reports of an order."""
    with open_archive(folder, warehouse) as store:
        story = read_story(store, order_id)
    console = Console()
    for table in (_order(story), _features(story), _scores(story), _checks(story), _stamps(story), _reports(story)):
        console.print(table)


def _order(story: Story) -> Table:
    order, universe = story.order, story.term.universe
    decision = fields_of(story.decision, Kind.DECISIONS, universe)
    table = _table(f"order {order.id}", "", "")
    wanted = f"{decision['side']} {decision['size']} {decision['instrument']} at {decision['price']} or better"
    table.add_row("order", f"{wanted}, {order.time_in_force.value}")
    table.add_row("decided", f"{time_text(order.decided_ns)} channel time, decision {order.decision}")
    table.add_row("valid until", time_text(order.valid_until_ns))
    for name in _BOOK:
        table.add_row(name.replace("_", " "), decision[name])
    return table


def _features(story: Story) -> Table:
    table = _table("what it saw", "feature", "value", "unit", "from")
    for name, value in zip(names_of(story.feature), story.feature["x"].tolist(), strict=True):
        feature = BY_NAME.get(name)
        table.add_row(name, f"{value:.6g}", *((feature.unit, feature.source) if feature else ("", "not known here")))
    return table


def _scores(story: Story) -> Table:
    table = _table("what was predicted: probability of up", "member", "score", "weight")
    found = {name: f"{int(story.decision[name]) / 10_000:.4f}" for name in _PROBABILITIES}
    for member in ("model", "online"):
        table.add_row(member, found[f"{member}_bp"], f"{int(story.decision[f'{member}_weight_bp']) / 10_000:.4f}")
    note = " (in sample: this row meets the model's training data)" if story.decision["in_sample"] else ""
    table.add_row("ensemble", found["p_bp"], f"confidence {found['confidence_bp']}{note}")
    return table


def _checks(story: Story) -> Table:
    table = _table("risk, in the order of the checks", "check", "outcome", "")
    for one in checks(story):
        outcome = "[red]FAILED" if one.passed is False else "passed" if one.passed else "passed (verdict)"
        table.add_row(one.reason.name.lower().replace("_", " "), outcome, one.told)
    return table


def _stamps(story: Story) -> Table:
    table = _table("wall clock", "hop", "at", "after")
    stamps = story.stamps
    if stamps is None:
        table.add_row("not stamped", "", "")
        return table
    moments = [("tick published", stamps.published_ns), ("received by trade", stamps.received_ns)]
    moments += [("decided", stamps.decided_ns), *(("report published", at) for at in story.published_ns if at)]
    before = moments[0][1]
    for name, at in moments:
        table.add_row(name, time_text(at), ms(at - before) if before else "")
        before = at
    return table


def _reports(story: Story) -> Table:
    table = _table("what became of it, in the broker's channel time", "at", "report", *_NUMBERS, "fee", "execution id")
    for report in story.reports:
        fields = fields_of(report, Kind.REPORTS, story.term.universe)
        told = " ".join(fields[name] for name in ("kind", "reason") if fields[name] != "NONE").lower().replace("_", " ")
        shown = [told, *(_short(fields[name]) for name in _NUMBERS)]
        fee = f"{_short(fields['fee'])} {fields['fee_currency']}" if fields["execution_id"] else ""
        table.add_row(fields["broker_ns"].partition(" ")[2][:-6], *shown, fee, fields["execution_id"])
    return table


def _short(text: str) -> str:
    """Decimal text without the zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, header_style="dim", overflow="fold")
    return table
