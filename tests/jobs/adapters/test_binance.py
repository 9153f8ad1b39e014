"""The parser of captured messages: against the raw JSON, against the venue's own best quotes, against bad messages."""

import hashlib
import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from jobs.adapters.binance import Parsed, parse
from jobs.adapters.capture import Capture, read_capture
from schemas.errors import DataError, Fault
from schemas.instrument import MONEY_UNIT, Instrument, Style, TickSize
from schemas.records import NO_INSTRUMENT, TICK, Side, Status, TickFlag, TickKind
from tests.jobs.adapters.captures import CAPTURE, demo, head, lines

SPOT, FUTURES = demo().universe.instruments[:2]
T0 = 1_723_161_254_000_000_000


@pytest.fixture(scope="module")
def whole() -> Capture:
    return read_capture(CAPTURE, demo().universe)


def parsed(instrument: Instrument, *texts: str | bytes) -> Parsed:
    """Lines received a millisecond apart."""
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    return parse(instrument, [("file", [b"%d %b" % (T0 + n * 1_000_000, text) for n, text in enumerate(raw)])])


def told(ticks: np.ndarray) -> list[tuple[str, int, int, int]]:
    return [(TickKind(t["kind"]).name, int(t["price"]), int(t["size"]), int(t["flags"])) for t in ticks]


# Whole capture


def test_counts_of_the_committed_capture(whole):
    assert not whole.refused
    counts = {key: dict(sorted(count.items())) for key, count in whole.counts.items()}
    assert counts == {
        ("binance-spot", "BTCUSDT"): {"depth": 6495, "quote": 73174, "snapshot": 1, "trade": 19904, "unjoined": 2},
        ("binance-usdm", "BTCUSDT"): {"depth": 6551, "quote": 66089, "snapshot": 1, "trade": 21313, "unjoined": 4},
        ("binance-spot", "ETHUSDT"): {"depth": 6470, "quote": 58758, "snapshot": 1, "trade": 14515, "unjoined": 2},
        ("binance-usdm", "ETHUSDT"): {"depth": 6586, "quote": 53992, "snapshot": 1, "trade": 14076, "unjoined": 5},
    }
    kinds = {channel: np.bincount(ticks["kind"]).tolist() for channel, ticks in whole.items()}
    assert kinds == {0: [41217, 139263, 139263, 745356], 1: [28591, 112750, 112750, 705163]}


def test_ticks_of_the_committed_capture_are_the_golden_ones(whole):
    digests = {channel: hashlib.sha256(ticks.tobytes()).hexdigest() for channel, ticks in whole.items()}
    assert digests == {
        0: "3381c562f5096a3e540703ece83fb5b475eb09df2dea575dafd6a901b312d3d6",
        1: "0b44b94b0b09ce4e29693acef0c887ba986fbe982be88897165ec49e395746ab",
    }


def test_the_capture_keeps_its_dirt(whole):
    for ticks in whole.values():
        timed = ticks[ticks["venue_ns"] > 0]
        behind_ns = timed["venue_ns"] - timed["receive_ns"]
        assert 1.0e9 < np.median(behind_ns) < 1.4e9  # the local clock runs behind the venue's
        assert np.any(np.diff(timed["venue_ns"]) < 0)


def naive(instrument: Instrument, raw: list[bytes]) -> list[tuple[int, ...]]:
    """Trades and quotes by json and Decimal: slow and obvious."""
    found = []
    for line in raw:
        receive_ns, text = line.split(b" ", 1)
        outer = json.loads(text)
        data = outer.get("data", outer)

        def units(price: str, size: str) -> tuple[int, int]:
            scaled = Decimal(price).scaleb(instrument.price_decimals), Decimal(size).scaleb(instrument.size_decimals)
            assert all(one == int(one) for one in scaled)
            return int(scaled[0]), int(scaled[1])

        venue_ns, n = data.get("T", data.get("E", 0)) * 1_000_000, instrument.number
        if "p" in data:
            side = Side.SELL if data["m"] else Side.BUY
            found.append((venue_ns, int(receive_ns), *units(data["p"], data["q"]), n, TickKind.TRADE, side, 1))
        elif "B" in data:
            found.append((venue_ns, int(receive_ns), *units(data["b"], data["B"]), n, TickKind.BID, Side.BUY, 0))
            found.append((venue_ns, int(receive_ns), *units(data["a"], data["A"]), n, TickKind.ASK, Side.SELL, 1))
    return found


@pytest.mark.parametrize("instrument", demo().universe.instruments, ids=lambda one: f"{one.venue}-{one.symbol}")
def test_trades_and_quotes_equal_a_slow_reading_of_the_json(instrument):
    raw = list(head(instrument.venue.removeprefix("binance-"), instrument.symbol.lower(), 40))
    ticks = parse(instrument, [("file", raw)]).ticks
    ticks = ticks[ticks["kind"] != TickKind.LEVEL]
    assert len(ticks) > 2000
    assert [tuple(tick) for tick in ticks.tolist()] == naive(instrument, raw)


@pytest.mark.parametrize("instrument", demo().universe.instruments, ids=lambda one: f"{one.venue}-{one.symbol}")
def test_the_joined_book_has_the_venues_own_best_quotes(instrument):
    """Each depth event ends with an update id; the last best quote up to that id must be the top of our book."""
    raw = list(head(instrument.venue.removeprefix("binance-"), instrument.symbol.lower(), 40))
    bodies = [json.loads(line.split(b" ", 1)[1]) for line in raw]
    data = [body.get("data", body) for body in bodies]
    quotes = sorted((d["u"], d["b"], d["a"]) for d in data if "B" in d)
    ticks = parse(instrument, [("file", raw)]).ticks
    ticks = ticks[ticks["kind"] == TickKind.LEVEL]
    events = np.split(ticks, np.flatnonzero(ticks["flags"] & TickFlag.LAST) + 1)[:-1]
    snapshot = next(d["lastUpdateId"] for d in data if "lastUpdateId" in d)
    ids = [d["u"] for d in data if d.get("e") == "depthUpdate" and (d["b"] or d["a"])]
    ids = [snapshot, *ids[len(ids) - len(events) + 1 :]]
    books: tuple[dict[int, int], dict[int, int]] = ({}, {})
    agreed = compared = 0
    for last, event in zip(ids, events, strict=True):
        for tick in event:
            books[tick["side"]][int(tick["price"])] = int(tick["size"])
        known = [quote for quote in quotes if quote[0] <= last]
        if not known or last == snapshot:
            continue
        compared += 1
        bid = max(price for price, size in books[Side.BUY].items() if size)
        ask = min(price for price, size in books[Side.SELL].items() if size)
        unit = instrument.price_decimals
        agreed += (bid, ask) == tuple(int(Decimal(text).scaleb(unit)) for text in known[-1][1:])
    assert compared > 200
    assert agreed == compared


# Single messages

TRADE = (
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,'
    '"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}'
)
QUOTE = (
    '{"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000",'
    '"a":"61837.64000000","A":"1.54698000"}}'
)
SNAPSHOT = '{"lastUpdateId":100,"bids":[["61837.63000000","3.78826000"]],"asks":[["61837.64000000","1.5"]]}'


def depth(first: int, last: int, bids: str = '["61737.63","1"]', asks: str = "") -> str:
    return (
        f'{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":{first},'
        f'"u":{last},"b":[{bids}],"a":[{asks}]}}}}'
    )


def futures_depth(first: int, last: int, previous: int) -> str:
    return (
        f'{{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":1723161256299,"T":1723161256298,'
        f'"s":"BTCUSDT","U":{first},"u":{last},"pu":{previous},"b":[["61737.6","1"]],"a":[]}}}}'
    )


def test_a_buyer_who_is_the_maker_makes_the_seller_the_aggressor():
    sold, bought = parsed(SPOT, TRADE, TRADE.replace('"m":true', '"m":false')).ticks
    assert (sold["side"], bought["side"]) == (Side.SELL, Side.BUY)
    assert tuple(sold) == (1_723_161_255_342_000_000, T0, 6_183_763, 2_000_000, 0, TickKind.TRADE, Side.SELL, 1)


def test_one_depth_message_is_one_event():
    two = parsed(SPOT, SNAPSHOT, depth(101, 102, '["1","2"],["3","0"]', '["4","5"]')).ticks
    sides = [(int(tick["side"]), int(tick["flags"])) for tick in two]
    snapshot = int(TickFlag.SNAPSHOT)
    assert sides == [(0, snapshot), (1, snapshot | 1), (0, 0), (0, 0), (1, 1)]
    assert two["venue_ns"].tolist() == [0, 0, *[1_723_161_255_208_000_000] * 3]


def test_an_extra_field_is_no_fault():
    assert not parsed(SPOT, TRADE.replace('"M":true', '"M":true,"new":{"deep":[1]}')).refused


BAD = {
    "not JSON": (TRADE[:-1], "truncated"),
    "nothing": ("", "truncated"),
    "a field is missing": (TRADE.replace('"p":', '"price":'), "missing required field `p`"),
    "a field has another type": (TRADE.replace('"m":true', '"m":"true"'), "Expected `bool`"),
    "a price is a number": (TRADE.replace('"61837.63000000"', "61837.63"), "Expected `str`"),
    "a price is finer than its unit": (TRADE.replace("61837.63", "61837.631"), "not a multiple of 0.01"),
    "a price has an exponent": (QUOTE.replace("61837.64000000", "6e4"), "'6e4' is not a decimal number"),
    "a size does not fit": (QUOTE.replace("1.54698", "999999999999.0"), "does not fit 64 bits"),
    "another symbol": (QUOTE.replace('"s":"BTCUSDT"', '"s":"ETHUSDT"'), "'ETHUSDT' is not 'BTCUSDT'"),
    "another stream": (QUOTE.replace("@bookTicker", "@kline_1m"), "'btcusdt@kline_1m' is not one of"),
    "a level of three": (depth(101, 102, '["1","2","3"]'), "Expected `array` of length 2"),
    "levels are no list": (depth(101, 102).replace('[["61737.63","1"]]', '"x"'), "Expected `array`"),
    "a spot quote has a time": (QUOTE.replace('"u"', '"T":1,"u"'), "Invalid enum value 1"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_message_is_handed_back_with_its_reason(name):
    bad, reason = BAD[name]
    found = parsed(SPOT, SNAPSHOT, TRADE, bad, QUOTE)
    (refused,) = found.refused
    assert refused.fault is Fault.BAD_MESSAGE
    assert refused.where == "file, line 3 (binance-spot BTCUSDT)"
    assert refused.line == b"%d %b" % (T0 + 2_000_000, bad.encode())
    assert reason in refused.reason
    assert found.counts["refused"] == 1
    assert [kind for kind, *_ in told(found.ticks)] == ["LEVEL", "LEVEL", "TRADE", "BID", "ASK"]


def test_a_line_without_a_time_is_handed_back():
    found = parse(SPOT, [("file", [TRADE.encode(), b"x " + TRADE.encode()])])
    assert [one.where[:12] for one in found.refused] == ["file, line 1", "file, line 2"]
    assert len(found.ticks) == 0


def test_a_fill_of_the_insurance_fund_is_no_trade():
    trade = TRADE.replace('"M":true', '"X":"INSURANCE_FUND"').replace("61837.63", "61837.60")
    assert "INSURANCE_FUND" in parsed(FUTURES, trade).refused[0].reason
    assert not parsed(FUTURES, trade.replace("INSURANCE_FUND", "MARKET")).refused


def test_a_futures_quote_without_a_time_is_refused():
    quote = QUOTE.replace("61837.63000000", "61837.6").replace("61837.64000000", "61837.7")
    quote = quote.replace("3.78826000", "3.788").replace("1.54698000", "1.547")
    assert "missing required field `T`" in parsed(FUTURES, quote).refused[0].reason
    assert not parsed(FUTURES, quote.replace('"u"', '"T":1723161255342,"u"')).refused


COIN = msgspec.structs.replace(
    FUTURES,
    symbol="BTCUSD_PERP",
    venue="binance-coinm",
    price_decimals=1,
    size_decimals=0,
    tick_sizes=(TickSize(0, 1),),
    lot=1,
    size_min=1,
    quote="USD",
    settle="BTC",
    fee="BTC",
    multiplier=100,
    style=Style.INVERSE,
)
COIN_MESSAGES = (
    '{"stream":"btcusd_perp@bookTicker","data":{"e":"bookTicker","u":11660059839759,"s":"BTCUSD_PERP","ps":"BTCUSD",'
    '"b":"83732.4","B":"680","a":"83732.5","A":"2458","T":1790373637547,"E":1790373637547}}',
    '{"stream":"btcusd_perp@trade","data":{"e":"trade","E":1790373534694,"T":1790373534694,"s":"BTCUSD_PERP",'
    '"t":1155839922,"p":"83781.6","q":"58","X":"MARKET","m":false}}',
    '{"lastUpdateId":127559587190,"E":1622370862500,"T":1622370862500,"symbol":"BTCUSD_PERP","pair":"BTCUSD",'
    '"bids":[["35365.9","10"]],"asks":[["35817.8","20"]]}',
    '{"stream":"btcusd_perp@depth@100ms","data":{"e":"depthUpdate","E":1622370862564,"T":1622370862553,'
    '"s":"BTCUSD_PERP","ps":"BTCUSD","U":127559587180,"u":127559588177,"pu":127559587113,'
    '"b":[["35365.9","1400"]],"a":[["35817.8","7885"]]}}',
    '{"stream":"btcusd_perp@trade","data":{"e":"trade","E":1,"T":1,"s":"BTCUSD_PERP","t":1,"p":"1.0","q":"0.5",'
    '"X":"MARKET","m":true}}',
)


def test_coin_margined_sizes_are_contracts_worth_their_dollars_in_coin() -> None:
    found = parsed(COIN, *COIN_MESSAGES)
    assert [one.reason for one in found.refused] == ["'0.5' is not a multiple of 1"], "half a contract"
    last = int(TickFlag.LAST)
    assert told(found.ticks)[:3] == [("BID", 837324, 680, 0), ("ASK", 837325, 2458, last), ("TRADE", 837816, 58, last)]
    assert {("LEVEL", 353659, 1400), ("LEVEL", 358178, 7885)} <= {one[:3] for one in told(found.ticks)}
    assert found.counts["unjoined"] == 0 and found.ticks["side"][2] == Side.BUY
    trade = found.ticks[2]
    coins = Fraction(COIN.notional(int(trade["price"]), int(trade["size"])), MONEY_UNIT)
    assert abs(coins - Fraction(5_800 * 10, 837_816)) < Fraction(1, MONEY_UNIT), "58 contracts of 100 USD, in BTC"


def test_an_unknown_venue_is_named():
    other = Instrument(**{name: getattr(SPOT, name) for name in SPOT.__struct_fields__} | {"venue": "okx"})
    with pytest.raises(DataError, match="venue 'okx' of BTCUSDT is not one of binance-spot, binance-usdm"):
        parse(other, [])


# Update ids


def levels(found: Parsed) -> list[int]:
    """The update (by its bid's size) of each level; 0 for the snapshot's, -1 for a gap."""
    names = {TickKind.STATUS: -1}
    return [names.get(t["kind"], 0 if t["flags"] & TickFlag.SNAPSHOT else int(t["size"]) // 10**8) for t in found.ticks]


def update(first: int, last: int, name: int) -> str:
    return depth(first, last, f'["61737.63","{name}"]')


def test_spot_joins_by_the_next_id():
    found = parsed(SPOT, update(90, 95, 1), update(96, 103, 2), SNAPSHOT, update(104, 104, 3), update(105, 110, 4))
    assert levels(found) == [0, 0, 2, 3, 4]
    assert found.counts["unjoined"] == 1
    # What was held counts from the snapshot on: its receive time is the snapshot's.
    assert found.ticks["receive_ns"].tolist() == [T0 + n * 1_000_000 for n in (2, 2, 2, 3, 4)]


def test_spot_snapshot_ends_where_an_update_begins():
    assert levels(parsed(SPOT, SNAPSHOT, update(101, 103, 1))) == [0, 0, 1]
    assert levels(parsed(SPOT, SNAPSHOT, update(102, 103, 1))) == [0, 0, -1]
    assert levels(parsed(SPOT, SNAPSHOT, update(99, 100, 1), update(101, 101, 2))) == [0, 0, 2]


def test_depth_before_any_snapshot_is_counted():
    found = parsed(SPOT, update(1, 2, 1), update(3, 4, 2), TRADE)
    assert (levels(found)[:-1], found.counts["unjoined"]) == ([], 2)


def test_a_break_is_a_gap_until_the_next_snapshot():
    again = SNAPSHOT.replace('"lastUpdateId":100', '"lastUpdateId":125')
    found = parsed(
        SPOT, SNAPSHOT, update(101, 102, 1), update(104, 110, 2), update(111, 120, 3), again, update(121, 130, 4)
    )
    assert levels(found) == [0, 0, 1, -1, 0, 0, 4]
    gap = found.ticks[found.ticks["kind"] == TickKind.STATUS]
    assert told(gap) == [("STATUS", TickKind.LEVEL, Status.GAP, TickFlag.LAST)]
    assert (gap["instrument"][0], gap["side"][0], gap["receive_ns"][0]) == (0, Side.NONE, T0 + 2_000_000)
    assert (found.counts["gap"], found.counts["unjoined"]) == (1, 2)


def test_a_repeated_or_refused_update_breaks_the_chain_too():
    assert levels(parsed(SPOT, SNAPSHOT, update(101, 102, 1), update(101, 102, 1))) == [0, 0, 1, -1]
    refused = parsed(SPOT, SNAPSHOT, depth(101, 102, '["x","1"]'), update(103, 104, 1))
    assert levels(refused) == [0, 0, -1]
    assert refused.counts["refused"] == 1


def test_a_snapshot_older_than_the_book_changes_nothing():
    found = parsed(SPOT, SNAPSHOT, update(101, 120, 1), SNAPSHOT, update(121, 122, 2))
    assert levels(found) == [0, 0, 1, 2]


def test_futures_join_by_the_previous_id():
    snapshot = SNAPSHOT.replace("61837.63000000", "61837.6").replace("61837.64000000", "61837.7")
    snapshot = snapshot.replace("3.78826000", "3").replace("1.5", "1")
    chain = [futures_depth(80, 99, 70), futures_depth(95, 105, 99), futures_depth(110, 120, 105)]
    assert Counter(levels(parsed(FUTURES, snapshot, *chain)))[-1] == 0
    assert len(parsed(FUTURES, snapshot, *chain).ticks) == 4
    broken = parsed(FUTURES, snapshot, *chain, futures_depth(121, 130, 119))
    assert (len(broken.ticks), broken.counts["gap"]) == (5, 1)
    late = parsed(FUTURES, snapshot, futures_depth(101, 105, 99))
    assert (late.counts["gap"], late.counts["unjoined"]) == (1, 1)


@pytest.mark.parametrize("instrument", [SPOT, FUTURES], ids=["spot", "futures"])
def test_a_message_taken_out_of_the_real_capture_is_noticed(instrument):
    raw = list(head(instrument.venue.removeprefix("binance-"), "btcusdt", 20))
    updates = [place for place, line in enumerate(raw) if b"depthUpdate" in line]
    for place in (updates[10], updates[len(updates) // 2]):
        whole, cut = parse(instrument, [("file", raw)]), parse(instrument, [("file", raw[:place] + raw[place + 1 :])])
        assert (whole.counts["gap"], cut.counts["gap"]) == (0, 1)
        gap = np.flatnonzero(cut.ticks["kind"] == TickKind.STATUS)[0]
        taken = (whole.ticks["receive_ns"] == int(raw[place][:19])) & (whole.ticks["kind"] == TickKind.LEVEL)
        assert np.array_equal(cut.ticks[:gap], whole.ticks[~taken][:gap])
        assert not np.any(cut.ticks[gap:]["kind"] == TickKind.LEVEL)


def test_files_of_one_instrument_are_one_stream():
    """The second day's file has no snapshot of its own: its updates continue those of the first."""
    first, second = lines("spot", "ethusdt_20240808.gz"), lines("spot", "ethusdt_20240809.gz")[:2000]
    eth = demo().universe.instruments[2]
    both = parse(eth, [("first", first), ("second", second)])
    assert both.counts["gap"] == 0
    last_day = both.ticks[both.ticks["receive_ns"] >= int(second[0][:19])]
    assert np.any(last_day["kind"] == TickKind.LEVEL)
    alone = parse(eth, [("second", second)])
    assert not np.any(alone.ticks["kind"] == TickKind.LEVEL)


def test_nothing_gives_no_ticks():
    found = parse(SPOT, [])
    assert (found.ticks.dtype, len(found.ticks)) == (TICK, 0)
    assert NO_INSTRUMENT not in found.ticks["instrument"]
