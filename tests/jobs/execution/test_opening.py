"""What is held by the ledger, and terms that state it: never anything else than the ledger says."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from jobs.adapters.sqlite import read_only
from jobs.execution.holdings import Held, has_traded, held_by, unrest
from jobs.execution.opening import check_leaving, check_stated, openings, read_opening
from schemas.control import Opening
from schemas.errors import ConfigError, SetupError, Unsafe
from schemas.records import Side
from tests.jobs.execution.world import Fuse, World, config, make_order, make_term, message

INSTRUMENTS = config().universe.instruments
FILE = """
[[opening]]
strategy = "probe"
venue = "binance-spot"
symbol = "BTCUSDT"
size = "{size}"
cost = "{cost}"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a gateway that bought twice and sold half again for one strategy, and bought for another."""
    made = tmp_path_factory.mktemp("world")
    sides = [("probe", Side.BUY), ("probe", Side.BUY), ("probe", Side.SELL), ("model", Side.BUY)]
    asked = [make_order(n + 1, strategy=name, side=side) for n, (name, side) in enumerate(sides)]
    asked[2] = make_order(3, side=Side.SELL, price=5_999_000)
    World(made, [message(one) for one in asked], {}).run(Fuse())
    return made


def test_the_ledger_says_what_each_strategy_holds(folder: Path) -> None:
    held = held_by(folder, INSTRUMENTS)
    one = INSTRUMENTS[0].notional(6_000_001, 10_000)
    assert held == {("probe", 0): Held(10_000, one), ("model", 0): Held(10_000, one)}
    with read_only(folder / "ledger.db") as ledger:
        (told,) = ledger.execute("SELECT size FROM accounts").fetchall()
    assert told["size"] == sum(one.size for one in held.values())
    assert has_traded(folder, 0, 1) and not has_traded(folder, 0, 2) and not has_traded(folder, 1, 1)


def test_a_ledger_that_contradicts_itself_or_is_not_there_says_nothing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is not there"):
        held_by(tmp_path, INSTRUMENTS)
    source = sqlite3.connect(folder / "ledger.db")
    with sqlite3.connect(tmp_path / "ledger.db") as copy:
        source.backup(copy)
        copy.execute("UPDATE accounts SET size = size + 1")
    with pytest.raises(Unsafe, match="20001 in the accounts, 20000 by executions"):
        held_by(tmp_path, INSTRUMENTS)


def test_a_file_states_the_same_or_is_refused(folder: Path, tmp_path: Path) -> None:
    path, held = tmp_path / "opening.toml", held_by(folder, INSTRUMENTS)
    del held["model", 0]
    path.write_text(FILE.format(size="0.0001", cost="6.000001"))
    check_stated(read_opening(path, INSTRUMENTS), held, INSTRUMENTS)
    for size, cost in (("0.0002", "6.000001"), ("0.0001", "6.0")):
        path.write_text(FILE.format(size=size, cost=cost))
        with pytest.raises(ConfigError, match=r"not what is held: probe .*, by the ledger 0.00010000 of binance-spot"):
            check_stated(read_opening(path, INSTRUMENTS), held, INSTRUMENTS)
    with pytest.raises(ConfigError, match=r"probe 0.00000000 of binance-spot BTCUSDT .* by the ledger 0.00010000"):
        check_stated({}, held, INSTRUMENTS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FILE.format(size="1e-4", cost="6"), "'1e-4' is not a decimal number"),
        (FILE.format(size="0.0001", cost="6").replace("spot", "futures"), "is not in the universe"),
        (2 * FILE.format(size="0.0001", cost="6"), "stands twice"),
        (FILE.replace("cost", "price"), "unknown field `price`|missing required field `cost`"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "opening.toml").write_text(text)
    with pytest.raises(ConfigError, match=told):
        read_opening(tmp_path / "opening.toml", INSTRUMENTS)


def test_a_term_states_its_own_channel(folder: Path) -> None:
    held, term = held_by(folder, INSTRUMENTS), make_term(config())
    cost = held["probe", 0].cost
    assert openings(held, term, 0) == (
        Opening(strategy="model", instrument=0, size=10_000, cost=cost),
        Opening(strategy="probe", instrument=0, size=10_000, cost=cost),
    )
    assert openings(held, term, 1) == ()
    alone = msgspec.structs.replace(term, strategies=term.strategies[:1])
    with pytest.raises(ConfigError, match=r"strategy probe cannot leave: it holds 0.00010000 of binance-spot BTCUSDT"):
        openings(held, alone, 0)
    check_leaving(["other"], held, INSTRUMENTS)


def test_positions_move_while_orders_may_leave(folder: Path) -> None:
    with pytest.raises(ConfigError, match="`penstock halt"):
        unrest(folder, "nobody:1", (0, 1), {})
