"""The parts of the report that are made from facts: each function one part, HTML text."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from jobs.results.charts import Line, Marker, chart, spark, thinned, time_steps_ns
from jobs.results.facts import Facts
from schemas.decimal_text import render
from schemas.features import Feature
from schemas.frame import Records
from schemas.instrument import MONEY_UNIT, Instrument
from schemas.records import Side
from udfs.portfolio.performance import calibration
from udfs.risk.statement import Fill, Quotes, curves, fills

GRID_POINTS = 400
MARKERS_MAX = 600  # fills drawn in one chart
TABS_MAX = 8  # instruments whose features are drawn: as many as the page has rules for
DAY_NS = 86_400_000_000_000
_COLORS = 6
_SAMPLES = (("Out of sample", 0), ("In sample", 1))


def prices(facts: Facts) -> str:
    """A chart of the mid for each instrument, with its fills."""
    standing = fills(facts.reports)
    cards = []
    for one in facts.term.universe.instruments:
        rows = _quoted(facts.features[facts.features["instrument"] == one.number])
        own = [fill for fill in standing if fill.instrument == one.number]
        if len(rows):
            cards.append(_card(one.symbol, one.venue, _price_chart(one, rows, own), _count(len(own), "fill")))
    return "".join(cards) or _nothing("No instrument had a full quote.")


def equity(facts: Facts) -> str:
    """Money after fees of each strategy, a chart for each currency."""
    times = _grid_ns(facts.features)
    standing = fills(facts.reports)
    if not standing or len(times) < 2:
        return _nothing("Nothing was traded.")
    points = list(curves(standing, quotes(facts.features), facts.term.universe.instruments, times))
    cards = []
    for currency in sorted({currency for _, currency in points[-1]}):
        lines, legend = [], []
        for place, strategy in enumerate(one.name for one in facts.term.strategies):
            y = np.array([point.get((strategy, currency), 0) / MONEY_UNIT for point in points])
            lines.append(Line(strategy, np.array(times, np.float64), y, _color(place), step=True))
            legend.append(f'<span><i style="background:{_color(place)}"></i>{escape(strategy)}</span>')
        drawn = chart(lines, lambda value: f"{value:,.2f}".replace("-", "−"), _times(times[0], times[-1]))
        cards.append(_card(currency, "after fees", drawn, "".join(legend), wide=True))
    return "".join(cards)


def calibrations(facts: Facts) -> str:
    """Predicted beside realised, rows in sample apart."""
    cards = []
    for title, in_sample in _SAMPLES:
        rows = facts.outcomes[facts.outcomes["in_sample"] == in_sample]
        bins = calibration(rows["p_bp"], rows["label"])
        if bins:
            count = f"{sum(one.rows for one in bins):,} labelled rows"
            cards.append(_card(title, "probability of up, of the ensemble", _calibration_chart(bins), count))
        else:
            cards.append(_card(title, "", _nothing("No labelled rows."), ""))
    return "".join(cards)


def reasons(title: str, counts: dict[str, int]) -> str:
    """Horizontal bars, the longest first."""
    if not counts:
        return _card(title, "", _nothing("None."), "")
    longest = max(counts.values())
    bars = [
        f'<div class="bar"><span>{escape(name.replace("_", " "))}</span>'
        f'<b style="width:{max(60 * count / longest, 0.5):.1f}%"></b><em>{count:,}</em></div>'
        for name, count in sorted(counts.items(), key=lambda pair: -pair[1])
    ]
    return _card(title, "", "".join(bars), f"{sum(counts.values()):,}")


def features(facts: Facts) -> str:
    """Small multiples of every feature, an instrument a tab."""
    asked = facts.term.feature_set.features
    tabs: list[str] = []
    panels: list[str] = []
    for one in facts.term.universe.instruments:
        rows = facts.features[(facts.features["instrument"] == one.number) & (facts.features["warm"] != 0)]
        if not len(rows) or len(tabs) == TABS_MAX:
            continue
        name, key = f"{escape(one.symbol)} <small>{escape(one.venue)}</small>", f"tab{len(tabs)}"
        checked = "" if tabs else " checked"
        tabs.append(f'<input type="radio" name="instrument" id="{key}"{checked}><label for="{key}">{name}</label>')
        figures = "".join(_feature(rows["x"][:, place], feature) for place, feature in enumerate(asked))
        panels.append(f'<div class="panel">{figures}</div>')
    if not tabs:
        return _nothing("No instrument became warm: the data are too short.")
    return f'<div class="tabs">{"".join(tabs)}{"".join(panels)}</div>'


def quotes(rows: Records) -> Quotes:
    """The feature rows of all channels as quotes in the order of channel time."""
    ordered = rows[np.argsort(rows["channel_ns"], kind="stable")]
    return Quotes(*(ordered[name] for name in ("channel_ns", "instrument", "bid", "ask")))


def clock(time_ns: int, with_date: bool = False) -> str:
    """A time of day, UTC."""
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if with_date else "%H:%M:%S" if moment.second else "%H:%M")


def _price_chart(one: Instrument, rows: Records, own: Sequence[Fill]) -> str:
    unit = 10**one.price_decimals
    x = rows["channel_ns"].astype(np.float64)
    mid = (rows["bid"] + rows["ask"]).astype(np.float64) / 2 / unit
    drawn = own if len(own) <= MARKERS_MAX else own[:: -(-len(own) // MARKERS_MAX)]
    markers = [_fill(one, fill, fill.price / unit) for fill in drawn]
    line = Line("mid", *thinned(x, mid), "var(--line)")
    begin, end = int(rows["channel_ns"][0]), int(rows["channel_ns"][-1])
    return chart([line], lambda value: f"{value:,.{one.price_decimals}f}", _times(begin, end), markers)


def _fill(one: Instrument, fill: Fill, price: float) -> Marker:
    side = "buy" if fill.side == Side.BUY else "sell"
    size = render(fill.size, one.size_decimals).rstrip("0")
    text = f"{fill.order_id}: {side} {size} at {render(fill.price, one.price_decimals)}, {clock(fill.broker_ns, True)}"
    return Marker(fill.broker_ns, price, side, text)


def _calibration_chart(bins: Sequence[Any]) -> str:
    ends = np.array([0.0, 1.0])
    lines = [Line("", ends, ends, "var(--faint)")]
    largest = max(one.rows for one in bins)
    markers = []
    for one in bins:
        low, high = max(one.realised - 2 * one.realised_se, 0.0), min(one.realised + 2 * one.realised_se, 1.0)
        at = np.array([one.predicted, one.predicted])
        lines.append(Line("", at, np.array([low, high]), "var(--soft)"))
        shape = "dot3" if one.rows * 3 > largest else "dot2" if one.rows * 12 > largest else "dot1"
        text = f"predicted {one.predicted:.2f}, realised {one.realised:.2f}, {one.rows:,} rows"
        markers.append(Marker(one.predicted, one.realised, shape, text))
    ticks = [(value / 4, f"{value / 4:.2f}") for value in range(5)]
    return chart(lines, lambda value: f"{value:.2f}" if 0 <= value <= 1 else "", ticks, markers)


def _feature(values: npt.NDArray[np.float32], feature: Feature) -> str:
    known = values.astype(np.float64)
    low, middle, high = (f"{one:.3g}".replace("-", "−") for one in (known.min(), np.median(known), known.max()))
    name = escape(feature.name).replace("_", "_<wbr>")
    unit = "" if feature.unit == "1" else f" <small>{escape(feature.unit)}</small>"
    return (
        f'<figure title="{escape(feature.source)}"><figcaption>{name}{unit}</figcaption>{spark(known)}'
        f"<p><span>{low}</span><b>{middle}</b><span>{high}</span></p></figure>"
    )


def _quoted(rows: Records) -> Records:
    return rows[(rows["bid"] > 0) & (rows["ask"] > 0)]


def _grid_ns(rows: Records) -> list[int]:
    if not len(rows):
        return []
    begin, end = int(rows["channel_ns"].min()), int(rows["channel_ns"].max())
    return sorted({begin + (end - begin) * place // GRID_POINTS for place in range(GRID_POINTS + 1)})


def _times(begin_ns: int, end_ns: int) -> list[tuple[float, str]]:
    with_date = end_ns - begin_ns > DAY_NS
    return [
        (float(at), clock(at, with_date)[:16] if with_date else clock(at)) for at in time_steps_ns(begin_ns, end_ns)
    ]


def _card(title: str, note: str, body: str, aside: str, wide: bool = False) -> str:
    return (
        f'<article class="card{" wide" if wide else ""}"><h3>{escape(title)} <small>{escape(note)}</small>'
        f"<aside>{aside}</aside></h3>{body}</article>"
    )


def _color(place: int) -> str:
    return f"var(--c{place % _COLORS})"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _nothing(text: str) -> str:
    return f'<p class="nothing">{escape(text)}</p>'
