"""What people see of an archived run: summary, explanation of an order, topics."""

from pathlib import Path

import pytest
from rich.console import Console

from jobs.cat import cat, find_topic
from jobs.explain import explain
from jobs.results.checks import checks
from jobs.results.closing import close_books
from jobs.results.played import play_channels
from jobs.results.store import open_archive, read_facts
from jobs.results.story import read_story
from jobs.results.summarise import summarise
from jobs.results.summary import differences, read
from schemas.errors import DataError
from schemas.trading import Reason
from tests.builders import demo_resources, demo_term, generated
from tests.jobs.archived import SECONDS


def test_the_archive_tells_the_same_as_the_play(archived_run: Path) -> None:
    with open_archive(archived_run) as store:
        stored = summarise(read_facts(store))
    ticks = {channel: generated(channel, SECONDS, seed=channel) for channel in (0, 1)}
    played = summarise(play_channels(demo_term(), ticks, demo_resources()))
    assert differences(played, stored) == {}
    assert stored.strategies["probe"].fills > 0
    assert stored.latency_ns
    assert stored.latency_ns["in trade"].p50 == 6_000_000


def test_the_books_are_closed(archived_run: Path) -> None:
    closed = close_books(archived_run, Console(quiet=True))
    assert closed == read(archived_run / "summary.json")
    assert (archived_run / "report.html").exists()
    assert (archived_run / "quality" / "report.json").exists()


def test_an_order_is_explained(archived_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain("probe-0-1-1", archived_run)
    out = capsys.readouterr().out
    for said in ("order probe-0-1-1", "order_flow_imbalance_1s", "confidence", "collar", "accepted", "decided"):
        assert said in out
    assert "FAILED" not in out


def test_every_check_stands_in_its_order_and_can_fail(archived_run: Path) -> None:
    with open_archive(archived_run) as store:
        story = read_story(store, "probe-0-1-1")
    risk = [one for one in Reason if Reason.HALTED <= one < Reason.NO_MARK and one is not Reason.EXPIRED]
    assert sorted(one.reason for one in checks(story)) == sorted(risk)
    feature = story.feature.copy()
    feature["marks"] = 1
    failed = [one.reason for one in checks(story._replace(feature=feature)) if one.passed is False]
    assert failed == [Reason.MARKED]


def test_what_is_no_order_is_told(archived_run: Path) -> None:
    for order_id, why in (("probe-0-1-999", "no order"), ("x' OR 1=1 --", "is not an order id")):
        with pytest.raises(DataError, match=why):
            explain(order_id, archived_run)


@pytest.mark.parametrize("name", ["ticks", "ticks.v1", "features", "decisions", "outcomes", "executions", "orders"])
def test_cat_shows_records(archived_run: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    cat(name, 1, 2, 3, None, archived_run)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("1:") for line in lines)
    assert int(lines[0].split(":")[1].split()[0]) >= 2


def test_cat_knows_its_topics() -> None:
    assert find_topic("marks").name == "marks.v1"
    with pytest.raises(DataError, match=r"ticks\.v1, marks\.v1"):
        find_topic("trades")
