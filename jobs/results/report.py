"""One HTML file about a run that needs nothing else: no request, no script, light and dark, phone and desk."""

from collections import Counter
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from jobs.results import sections
from jobs.results.facts import Facts
from jobs.results.summary import Summary
from jobs.results.text import amount, lines, paragraph


def write_report(facts: Facts, summary: Summary, path: Path, title: str) -> None:
    """Replace the file by the report of a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report(facts, summary, title), encoding="utf-8")


def report(facts: Facts, summary: Summary, title: str) -> str:
    """The whole page."""
    template = Template(files("jobs.results").joinpath("report.html").read_text(encoding="utf-8"))
    no_order = sum((Counter(line.no_order) for line in summary.strategies.values()), Counter[str]())
    return template.substitute(
        title=escape(title),
        period=escape(_period(facts)),
        paragraph=escape(paragraph(summary)),
        tiles="".join(_tiles(summary)),
        prices=sections.prices(facts),
        equity=sections.equity(facts),
        calibration=sections.calibrations(facts),
        reasons=sections.reasons("Vetoed by risk", summary.vetoes_by_reason)
        + sections.reasons("No order asked for", dict(no_order)),
        features=sections.features(facts),
        table="".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in lines(summary)),
        latency_ms=f"{facts.term.exchange.order_latency_ns / 1e6:g}",
        term="".join(f"<tr><th>{escape(k)}</th><td><code>{v[:16]}</code></td></tr>" for k, v in _term(facts).items()),
    )


def _tiles(summary: Summary) -> list[str]:
    tiles = []
    for name, line in summary.strategies.items():
        money = " ".join(f"{amount(text)} {currency}" for currency, text in line.pnl.items()) or "0"
        tone = "bad" if "−" in money else "good" if line.pnl else ""
        tiles.append(_tile(f"P&L of {name}", money, f"{line.orders:,} orders, {line.fills:,} fills; after fees", tone))
    if summary.accuracy is None or summary.accuracy_se is None or summary.base_rate is None:
        tiles.append(_tile("Accuracy", "–", "no labelled rows out of sample"))
    else:
        note = f"± {summary.accuracy_se:.3f}; base rate {summary.base_rate:.3f}, {summary.labelled:,} labelled rows"
        tiles.append(_tile("Accuracy, out of sample", f"{summary.accuracy:.3f}", note))
    note = f"{summary.gaps:,} gaps, {sum(summary.quarantined.values()):,} quarantined"
    tiles.append(_tile("Ticks", f"{summary.ticks:,}", note))
    tiles.append(_tile("Decisions", f"{summary.decisions:,}", f"on {summary.features:,} feature rows"))
    return tiles


def _tile(name: str, value: str, note: str, tone: str = "") -> str:
    head = f'<h2>{escape(name)}</h2><p class="{tone}">{escape(value)}</p>'
    return f'<div class="tile">{head}<small>{escape(note)}</small></div>'


def _period(facts: Facts) -> str:
    names = ", ".join(f"{one.symbol} ({one.venue})" for one in facts.term.universe.instruments)
    if not len(facts.features):
        return names
    times = facts.features["channel_ns"]
    return f"{sections.clock(int(times.min()), True)} – {sections.clock(int(times.max()), True)} UTC · {names}"


def _term(facts: Facts) -> dict[str, str]:
    return {"code": facts.term.code_version.rpartition("+")[2], **facts.term.hashes()}
