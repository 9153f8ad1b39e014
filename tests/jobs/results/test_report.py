"""The page needs nothing else, says what it must, and holds no text that could be markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from jobs.results.charts import nice_steps, thinned, time_steps_ns
from jobs.results.facts import Facts
from jobs.results.report import report
from jobs.results.summarise import summarise
from schemas.frame import Records
from tests.jobs.results.facts import by_hand

VOID = {"meta", "input", "br", "link", "img", "wbr"}


class Tags(HTMLParser):
    """Checks that tags are closed in order; collects attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attributes

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def empty(records: Records) -> Records:
    return records[:0]


@pytest.fixture(scope="module")
def facts() -> Facts:
    return by_hand()


def page(facts: Facts, title: str = "A title") -> tuple[str, Tags]:
    text = report(facts, summarise(facts), title)
    tags = Tags()
    tags.feed(text)
    assert not tags.open
    return text, tags


def test_it_asks_for_nothing(facts: Facts) -> None:
    text, tags = page(facts)
    assert not tags.seen & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not re.search(r"https?:|url\(|@import|//[a-z]", text)
    links = [value for name, value in tags.attributes if name in ("href", "src", "srcset", "action", "xlink:href")]
    assert links
    assert all(value and value.startswith("#") for value in links)


def test_it_says_what_a_simulated_fill_means(facts: Facts) -> None:
    text, _ = page(facts)
    for said in ("Live fills will be worse", "reaches the simulated exchange 20 ms", "−0.08 USDT", "Out of sample"):
        assert said in text
    assert text.count('<use href="#buy"') == 1
    assert text.count('<use href="#sell"') == 1


def test_text_is_no_markup(facts: Facts) -> None:
    text, _ = page(facts, "<script>alert(1)</script>")
    assert "<script" not in text


def test_a_run_without_anything_has_a_page(facts: Facts) -> None:
    nothing = replace(
        facts, features=empty(facts.features), decisions=empty(facts.decisions), outcomes=empty(facts.outcomes),
        reports=empty(facts.reports), orders=(), quarantined={},
    )  # fmt: skip
    text, _ = page(nothing)
    assert "Nothing was traded." in text
    assert "No instrument had a full quote." in text


def test_thinning_keeps_the_extremes() -> None:
    y = np.random.default_rng(1).normal(size=50_000)
    x, kept = thinned(np.arange(50_000.0), y)
    assert len(kept) <= 2_000
    assert (kept.min(), kept.max()) == (y.min(), y.max())
    assert (np.diff(x) > 0).all()


@pytest.mark.parametrize(("low", "high"), [(0.0, 1e-9), (-3.0, 7.0), (61_234.1, 61_240.9), (-1e12, 1e12), (5.0, 5.0)])
def test_steps_lie_inside(low: float, high: float) -> None:
    found = nice_steps(low, high)
    assert 1 <= len(found) <= 8
    assert all(low - 1e-9 * abs(low) <= one <= high + 1e-9 * abs(high) for one in found)


def test_times_are_round() -> None:
    found = time_steps_ns(1_723_161_255_000_000_000, 1_723_161_905_000_000_000)
    assert 3 <= len(found) <= 7
    assert all(one % 60_000_000_000 == 0 for one in found)
