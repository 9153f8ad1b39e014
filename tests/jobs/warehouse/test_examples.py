from importlib.resources import files

import pytest

from jobs.adapters.clickhouse import TABLES, VIEWS, Store
from schemas.arrow import NAMED, RECORDS_OF, name_of
from schemas.features import NAMES
from schemas.records import Side

EXAMPLES = [
    part.strip() for part in (files("schemas") / "clickhouse" / "examples.sql").read_text().split(";\n") if part.strip()
]
WITHOUT_ROWS = {"From a report's publication"}  # only a gateway stamps its reports


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda text: text.splitlines()[-1 if text.startswith("--") else 0][:30]
)
def test_example_runs_and_answers(store: Store, example: str) -> None:
    comments = [line for line in example.splitlines() if line.startswith("-- ")]
    assert comments, "an example says in a line what it asks"
    rows = store.rows(example)
    assert rows or any(comments[-1].startswith(f"-- {begin}") for begin in WITHOUT_ROWS)


def test_there_are_examples_of_what_people_ask() -> None:
    text = "\n".join(EXAMPLES)
    assert len(EXAMPLES) >= 15
    assert all(table in text for table in (*TABLES[2:], *VIEWS) if table != "strategies")


def test_profit_is_cash_and_position_less_fees(store: Store) -> None:
    """Fills alternate buy and sell at 60,000.00; the third is corrected by +1.00, the fourth is busted."""
    example = next(one for one in EXAMPLES if "Profit and loss" in one)
    (row,) = store.rows(example)
    spot, tick = 10**-8, 0.01
    sizes = {n: 10 + n for n in (1, 2, 3, 5, 6)}
    signs = {1: 1, 2: -1, 3: 1, 5: 1, 6: -1}
    prices = {n: 6_000_000 + (100 if n == 3 else 0) for n in sizes}
    each = sum(signs[n] * sizes[n] * (6_000_001 - prices[n]) for n in sizes) * spot * tick
    assert (row["strategy"], row["currency"], row["fills"]) == ("probe", "USDT", 10)
    assert float(row["before_fees"]) == pytest.approx(2 * each, abs=1e-15)
    assert float(row["fees"]) == pytest.approx(10 * 0.01)
    assert row["profit"] == row["before_fees"] - row["fees"]


def test_fills_are_the_ones_that_stand(store: Store) -> None:
    rows = store.rows("SELECT order_id, price, position FROM fills WHERE _partition = 0 ORDER BY order_id")
    assert [row["order_id"] for row in rows] == [f"probe-0-1-{n}" for n in (1, 2, 3, 5, 6)]
    assert [float(row["price"]) for row in rows] == [60000.0, 60000.0, 60001.0, 60000.0, 60000.0]
    assert [float(row["position"]) for row in rows] == pytest.approx([11e-8, -12e-8, 13e-8, 15e-8, -16e-8])


def test_every_table_and_column_is_documented(store: Store) -> None:
    tables = store.rows("SELECT name, comment FROM system.tables WHERE database = 'penstock'")
    assert {row["name"] for row in tables} == {*TABLES, *VIEWS}
    assert [row["name"] for row in tables if not row["comment"]] == []
    columns = store.rows("SELECT table, name FROM system.columns WHERE database = 'penstock' AND comment = ''")
    assert columns == []


@pytest.mark.parametrize("table", sorted(RECORDS_OF))
def test_every_field_of_a_record_has_its_column(store: Store, table: str) -> None:
    columns = {row["name"] for row in store.rows(f"SELECT name FROM system.columns WHERE table = '{table}'")}
    for field in set(RECORDS_OF[table].names or ()) - {"pad", "x"}:
        assert columns & {field, f"{field}_units", "ordinal" if field == "strategy" else field}, field
    if table == "features":
        assert set(NAMES) <= columns


def test_numbers_without_a_name_stay_apart() -> None:
    assert name_of(Side, 2) == "NONE"
    assert name_of(Side, 200) == "#200"
    assert set(NAMED) <= set(RECORDS_OF)


def test_real_prices_and_names_stand_beside_the_units(store: Store) -> None:
    (row,) = store.rows("SELECT * FROM decisions WHERE _partition = 1 AND number = 5")
    assert (row["symbol"], row["venue"], row["strategy"]) == ("ETHUSDT", "binance-spot", "probe")
    assert (row["bid_units"], float(row["bid"]), float(row["bid_size"])) == (6_000_000, 60_000.0, 5e-6)
    assert (row["marks"], row["marked"]) == (9, ["GAP", "SUSPECT"])
    assert (row["verdict"], row["reason"]) == ("SENT", "NONE")
    unknown = store.rows(
        "SELECT DISTINCT symbol, price FROM (SELECT 9 AS instrument, * FROM ticks) WHERE symbol IS NULL"
    )
    assert unknown == []
