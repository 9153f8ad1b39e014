"""A run of two terms in the warehouse: replayed, compared with SQL, explained and told as one run."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace

from jobs.parity import parity
from jobs.replay import replay
from jobs.results.store import Store, open_archive, read_facts, read_terms
from jobs.results.story import read_story
from jobs.results.summarise import summarise
from schemas.control import Opening, Term
from schemas.errors import DataError
from schemas.features import NAMES
from schemas.frame import encode
from schemas.layouts import names_of
from schemas.topics import ORDERS, TICKS, TOPICS
from schemas.trading import order_message
from tests.builders import demo_term, messages
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


def holding(channel: int, number: int) -> Term:
    """A term as a channel is told it: with what its own instrument opens with, from the second one on."""
    opening = Opening(strategy="probe", instrument=channel, size=channel + 1, cost=0)
    return msgspec.structs.replace(demo_term(), number=number, opening=(opening,) if number > 1 else ())


def asked(told: list[tuple[int, Term]]) -> list[Term]:
    """The terms of a run whose warehouse holds these documents."""
    rows = {"channel": [channel for channel, _ in told], "document": [msgspec.json.encode(one) for _, one in told]}
    table, answer = pa.table(rows), pa.BufferOutputStream()
    with pa.ipc.new_stream(answer, table.schema) as stream:
        stream.write_table(table)
    return read_terms(Store(lambda query: answer.getvalue().to_pybytes(), "a run"))


def test_a_term_opens_with_what_each_channel_was_told() -> None:
    first, second = asked([(channel, holding(channel, number)) for channel in (0, 1) for number in (1, 2)])
    assert first == holding(0, 1)
    assert second.opening == holding(0, 2).opening + holding(1, 2).opening


def test_channels_in_different_terms_are_refused() -> None:
    told = [(0, holding(0, 1)), (0, holding(0, 2)), (1, holding(1, 1))]
    with pytest.raises(DataError, match="in different terms"):
        asked(told)
    with pytest.raises(DataError, match="in different terms"):
        asked([*told, (1, msgspec.structs.replace(holding(1, 2), code_version="another"))])
