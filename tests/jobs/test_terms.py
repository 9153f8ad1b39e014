"""A run of two terms in the warehouse: replayed, compared with SQL, explained and told as one run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jobs.parity import parity
from jobs.replay import replay
from jobs.results.store import open_archive, read_facts, read_terms
from jobs.results.story import read_story
from jobs.results.summarise import summarise
from schemas.features import NAMES
from schemas.frame import encode
from schemas.layouts import names_of
from schemas.topics import ORDERS, TICKS, TOPICS
from schemas.trading import order_message
from tests.builders import messages
from tests.jobs.archived import STAMPS, archive
from tests.jobs.test_parity import told
from tests.jobs.warehouse.lists import Topics
from tests.models.small import keep_small
from tests.udfs.test_terms import OTHER, RESOURCES, changed, term
from udfs.play import play


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose strategies stand in another order in the second term; models beside it."""
    folder = tmp_path_factory.mktemp("terms")
    terms = [term(), term(2, OTHER, strategies=term().strategies[::-1])]
    topics: Topics = {topic.name: {channel: [] for channel in (0, 1)} for topic in TOPICS}
    for channel in (0, 1):
        topics[TICKS.name][channel] = messages(changed(terms, channel))
        for output in play(topics[TICKS.name][channel], channel, RESOURCES):
            for topic, frame in output.frames:
                topics[topic.name][channel].append(encode(replace(frame, publish_ns=5)))
            topics[ORDERS.name][channel] += [order_message(order, STAMPS) for order in output.orders]
    archive(topics, folder)
    keep_small(folder / "models", NAMES, "default")
    keep_small(folder / "models", OTHER, "other")
    return folder


def test_both_terms_replay(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(run, models=run / "models") == 0
    assert "decisions, 0 differences" in capsys.readouterr().out
    assert replay(run, mutate=True, models=run / "models") == 1


def test_sql_agrees_with_both_terms(run: Path) -> None:
    assert parity(run) == 0
    found = told(run)
    assert {
        "vwap_distance_30s, term 1",
        "return_10s, term 1",
        "return_10s, term 2",
        "feature row: bid",
    } <= found.keys()
    assert [name for name, one in found.items() if not one["compared"]] == [], "compared with nothing"
    assert parity(run, mutate=True) == 1


def test_the_run_is_told_as_one(run: Path) -> None:
    with open_archive(run) as store:
        facts = read_facts(store)
    summary = summarise(facts)
    assert names_of(facts.features) == OTHER and facts.term.number == 2
    probe = summary.strategies["probe"]
    assert probe.orders == len(facts.orders) > 10 and probe.decisions == summary.strategies["model"].decisions
    assert sum(probe.fates.values()) == probe.orders
    assert np.isfinite(facts.features["x"]).all() and facts.features["warm"].any()


@pytest.mark.parametrize(("number", "names"), [(1, NAMES), (2, OTHER)])
def test_an_order_is_explained_by_its_own_term(run: Path, number: int, names: tuple[str, ...]) -> None:
    with open_archive(run) as store:
        assert [one.number for one in read_terms(store)] == [1, 2]
        story = read_story(store, f"probe-0-{number}-1")
    assert story.term.number == number == story.order.term
    assert names_of(story.feature) == names and story.decision["order"] == 1
    assert story.decision["number"] == story.order.decision and story.decision["row"] == story.feature["number"]
