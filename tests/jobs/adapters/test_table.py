"""Anybody's tables: the same ticks from every notation, and an error with file, row and column for everything else."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from jobs.adapters.source import read_data
from jobs.adapters.table import read_table
from schemas.decimal_text import render
from schemas.errors import DataError
from schemas.records import Side, TickFlag, TickKind
from tests.jobs.adapters.captures import demo, write_capture

UNIVERSE = demo().universe
T0 = 1_723_161_254_000_000_000
SPOT, FUTURES = "binance-spot:BTCUSDT", "binance-usdm:BTCUSDT"


def columns(**other: list[object]) -> dict[str, list[object]]:
    """Six rows: a trade, a quote, a level, a quote of another instrument."""
    given: dict[str, list[object]] = {
        "venue_ns": [T0, T0, T0, T0 + 1, T0, T0],
        "receive_ns": [T0 + 10, T0 + 11, T0 + 11, T0 + 12, T0 + 11, T0 + 11],
        "symbol": [SPOT, SPOT, SPOT, SPOT, FUTURES, FUTURES],
        "kind": ["trade", "bid", "ask", "level", "ask", "bid"],
        "side": ["sell", "", "", "buy", "", ""],
        "price": ["61837.63", "61837.62", "61837.640", "61000", "61800.3", "61800.2"],
        "size": ["0.5", "1.00000001", "2", "0", "1.5", "0.001"],
    }
    return given | other


def write(path: Path, given: dict[str, list[object]]) -> Path:
    plain = {name: values for name, values in given.items() if values}
    if path.suffix == ".csv":  # Arrow writes decimals with exponents, which we refuse
        plain = {name: [str(one) if isinstance(one, Decimal) else one for one in plain[name]] for name in plain}
    table = pa.table(plain)
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    else:
        pa.csv.write_csv(table, path)
    return path


@pytest.fixture(params=["ticks.csv", "ticks.parquet"])
def path(request, tmp_path) -> Path:
    return tmp_path / request.param


def test_rows_become_ticks_exactly(path):
    ticks = read_table(write(path, columns()), UNIVERSE)
    assert [tuple(tick) for tick in ticks[0].tolist()] == [
        (T0, T0 + 10, 6_183_763, 50_000_000, 0, TickKind.TRADE, Side.SELL, 1),
        (T0, T0 + 11, 6_183_762, 100_000_001, 0, TickKind.BID, Side.BUY, 0),
        (T0, T0 + 11, 6_183_764, 200_000_000, 0, TickKind.ASK, Side.SELL, 1),
        (T0, T0 + 11, 6_180_030, 1_500, 1, TickKind.ASK, Side.SELL, 0),
        (T0, T0 + 11, 6_180_020, 1, 1, TickKind.BID, Side.BUY, 1),
        (T0 + 1, T0 + 12, 6_100_000, 0, 0, TickKind.LEVEL, Side.BUY, 1),
    ]
    assert len(ticks[1]) == 0


@pytest.mark.parametrize(
    "other",
    [
        {
            "price": [Decimal(text) for text in columns()["price"]],
            "size": [Decimal(text) for text in columns()["size"]],
        },
        {"symbol": ["BTCUSDT"] * 6, "venue": ["binance-spot"] * 4 + ["binance-usdm"] * 2},
        {"last": [True, False, True, True, False, True]},
        {"side": ["sell", "buy", "sell", "buy", "sell", "buy"]},
        {"extra": [1.5] * 6},
    ],
    ids=["decimal type", "venue column", "last column", "sides of quotes", "more columns"],
)
def test_other_notations_say_the_same(path, other):
    wanted = read_table(write(path, columns()), UNIVERSE)
    found = read_table(write(path, columns(**other)), UNIVERSE)
    assert {channel: ticks.tobytes() for channel, ticks in found.items()} == {
        channel: ticks.tobytes() for channel, ticks in wanted.items()
    }


def test_very_small_decimals_are_exact(tmp_path):
    sizes = [Decimal("0.00000001")] * 4 + [Decimal("0.001")] * 2
    ticks = read_table(write(tmp_path / "t.parquet", columns(size=sizes)), UNIVERSE)[0]
    assert ticks["size"].tolist() == [1] * 6


def test_timestamps_are_times(tmp_path):
    given = columns()
    table = pa.table(
        given | {name: pa.array(given[name], pa.timestamp("ns", "UTC")) for name in ("venue_ns", "receive_ns")}
    )
    pa.parquet.write_table(table, tmp_path / "t.parquet")
    wanted = read_table(write(tmp_path / "w.parquet", given), UNIVERSE)
    assert read_table(tmp_path / "t.parquet", UNIVERSE)[0].tobytes() == wanted[0].tobytes()


def test_either_time_stands_for_both(path):
    for missing, other in (("venue_ns", "receive_ns"), ("receive_ns", "venue_ns")):
        times = [T0 + n for n in range(6)]
        ticks = read_table(write(path, columns(**{missing: [], other: times})), UNIVERSE)[0]
        assert ticks["venue_ns"].tolist() == ticks["receive_ns"].tolist() == sorted(times)


def test_a_missing_time_in_a_row(path):
    """No venue time is 0, no receive time is the venue's."""
    given = columns(venue_ns=[None, *[T0] * 5], receive_ns=[T0 - 5, None, *[T0 + 11] * 4])
    ticks = read_table(write(path, given), UNIVERSE)[0]
    assert ticks["venue_ns"][0] == 0
    assert ticks["receive_ns"][:2].tolist() == [T0 - 5, T0]


def test_quotes_of_one_time_are_paired_two_by_two(tmp_path):
    kinds = ["bid", "ask", "bid", "ask", "ask", "bid", "bid", "trade"]
    given = {
        "receive_ns": [T0] * 8,
        "symbol": [SPOT] * 8,
        "kind": kinds,
        "side": [""] * 8,
        "price": ["1"] * 8,
        "size": ["1"] * 8,
    }
    ticks = read_table(write(tmp_path / "t.csv", given), UNIVERSE)[0]
    assert (ticks["flags"] & TickFlag.LAST).tolist() == [0, 1, 0, 1, 0, 1, 1, 1]


def test_a_symbol_that_is_unique_needs_no_venue(tmp_path):
    import msgspec

    from schemas.instrument import Universe

    eth = msgspec.structs.replace(UNIVERSE.instruments[2], symbol="ETHEUR")
    universe = Universe((*UNIVERSE.instruments[:2], eth, UNIVERSE.instruments[3]))
    given = {name: [values[0]] for name, values in columns(symbol=["ETHEUR"]).items()}
    ticks = read_table(write(tmp_path / "t.csv", given), universe)
    assert ticks[1]["instrument"].tolist() == [2]


BAD = {
    "floats": ({"price": [1.5] * 6}, "column price holds floats"),
    "float sizes": ({"size": [1.0] * 6}, "column size holds floats"),
    "finer than the unit": (
        {"price": ["1", "1", "1.001", "1", "1", "1"]},
        "row 3, column price: '1.001' is not a multiple",
    ),
    "exponent": ({"size": ["1"] * 5 + ["1e3"]}, "row 6, column size: '1e3' is not a decimal number"),
    "no number": ({"size": ["", *["1"] * 5]}, "row 1, column size: '' is not a decimal number"),
    "two numbers": ({"price": ['1","1"],["2', *["1"] * 5]}, "row 1, column price"),
    "unknown symbol": ({"symbol": [SPOT] * 5 + ["DOGE"]}, "row 6, column symbol: 'DOGE' is not in the universe"),
    "ambiguous symbol": ({"symbol": ["BTCUSDT"] * 6}, "row 1, column symbol: 'BTCUSDT' stands for several"),
    "unknown kind": ({"kind": ["trade", "quote", *["bid"] * 4]}, "row 2, column kind: 'quote' is not one of 'trade'"),
    "unknown side": ({"side": ["", "", "", "long", "", ""]}, "row 4, column side: 'long' is not one of"),
    "side of a bid": ({"side": ["", "sell", "", "buy", "", ""]}, "row 2, column side: 'sell' does not fit"),
    "level without a side": ({"side": [""] * 6}, "row 4, column side: '' does not fit"),
    "milliseconds": ({"receive_ns": [T0 // 10**6] * 6}, "row 1, column receive_ns: 1723161254000 is not a time in ns"),
    "no time at all": ({"venue_ns": [], "receive_ns": []}, "column venue_ns or receive_ns is missing"),
    "no time in a row": (
        {"venue_ns": [None, *[T0] * 5], "receive_ns": [None, *[T0] * 5]},
        "row 1, column receive_ns: 0 is not a time",
    ),
    "backwards": (
        {"receive_ns": [T0 + 5, T0 + 5, T0 + 4, *[T0 + 9] * 3]},
        "row 3, column receive_ns: runs backwards",
    ),
    "missing column": ({"side": []}, "column side is missing"),
    "last is no truth": ({"last": ["yes"] * 6}, "row 1, column last: 'yes' is not one of"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_named(path, name):
    other, message = BAD[name]
    if "floats" in message and path.suffix == ".csv":
        pytest.skip("text has no floats: it is read as text, exactly")
    with pytest.raises(DataError) as error:
        read_table(write(path, columns(**other)), UNIVERSE)
    assert str(path) in str(error.value)
    assert message in str(error.value)


def test_files_that_are_no_tables(tmp_path):
    for name in ("t.csv", "t.parquet"):
        (tmp_path / name).write_bytes(b"\x00\x01")
        with pytest.raises(DataError, match=name):
            read_table(tmp_path / name, UNIVERSE)


def test_the_capture_goes_through_a_table_and_back(tmp_path):
    capture = read_data(write_capture(tmp_path, 3), UNIVERSE)
    for channel, ticks in capture.items():
        ticks = ticks[ticks["flags"] & TickFlag.SNAPSHOT == 0]
        own = [UNIVERSE.instruments[number] for number in ticks["instrument"].tolist()]
        given = {
            "venue_ns": ticks["venue_ns"].tolist(),
            "receive_ns": ticks["receive_ns"].tolist(),
            "symbol": [f"{one.venue}:{one.symbol}" for one in own],
            "kind": [TickKind(kind).name.lower() for kind in ticks["kind"].tolist()],
            "side": [Side(side).name.lower() for side in ticks["side"].tolist()],
            "price": [
                render(price, one.price_decimals) for price, one in zip(ticks["price"].tolist(), own, strict=True)
            ],
            "size": [render(size, one.size_decimals) for size, one in zip(ticks["size"].tolist(), own, strict=True)],
            "last": (ticks["flags"] & TickFlag.LAST > 0).tolist(),
        }
        found = read_data(write(tmp_path / f"{channel}.parquet", given), UNIVERSE)
        assert found[channel].tobytes() == np.ascontiguousarray(ticks).tobytes()


def test_a_folder_of_tables_is_one_table(tmp_path):
    whole = read_data(write(tmp_path / "whole.parquet", columns()), UNIVERSE)
    (tmp_path / "parts").mkdir()
    for place in range(2):
        part = {name: values[place::2] for name, values in columns().items()}
        write(tmp_path / "parts" / f"{place}.parquet", part)
    parts = read_data(tmp_path / "parts", UNIVERSE)
    assert {channel: len(ticks) for channel, ticks in parts.items()} == {
        channel: len(ticks) for channel, ticks in whole.items()
    }
    for ticks in parts.values():
        assert (np.diff(ticks["receive_ns"]) >= 0).all()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="neither a capture"):
        read_data(tmp_path / "empty", UNIVERSE)
