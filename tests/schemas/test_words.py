"""Tables of words: features, topics, faults, instruments."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ConfigError, Fault
from schemas.feature_sets import DEFAULT
from schemas.features import BAR_WIDTHS_NS, FEATURES, INDEX, NAMES, WARM_UP_BARS, WIDTH
from schemas.instrument import Instrument, Style, TickSize, Universe, divide_up
from schemas.layouts import SCHEMAS, layout_hash
from schemas.topics import PROGRESS, REPLICA_A, REPLICA_B, REPLICAS, TOPICS, TRADE_FRAMES, ReplicaName, Source

LINEAR = Instrument(
    number=0,
    symbol="S",
    venue="v",
    channel=0,
    price_decimals=2,
    size_decimals=3,
    tick_sizes=(TickSize(0, 5), TickSize(100, 10)),
    lot=1,
    size_min=1,
    quote="USD",
    settle="USD",
    fee="USD",
)


def test_features_have_names_and_places_of_their_own():
    assert len(set(NAMES)) == WIDTH == len(FEATURES)
    assert [INDEX[name] for name in NAMES] == list(range(WIDTH))
    assert {one.width_ns for one in FEATURES} <= set(BAR_WIDTHS_NS)
    assert len(WARM_UP_BARS) == len(BAR_WIDTHS_NS)
    assert len(DEFAULT.hash) == 64


def test_layout_hashes_differ_between_kinds():
    assert len(set(SCHEMAS.values())) == len(SCHEMAS)
    assert {kind: layout_hash(kind) for kind in SCHEMAS} == SCHEMAS


def test_topics_and_sources_and_faults_are_told_apart():
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    assert all(topic.name.endswith(".v1") for topic in TOPICS)
    assert 0 not in set(Source)
    assert sorted(Fault) == list(range(1, len(Fault) + 1))


def test_what_both_replicas_write_tells_them_apart():
    assert tuple(REPLICAS) == get_args(ReplicaName) == ("a", "b")
    assert REPLICA_A.topics == TRADE_FRAMES and REPLICA_B.topics == (PROGRESS,)
    assert REPLICA_A.source != REPLICA_B.source and REPLICA_A.group != REPLICA_B.group


def test_tick_sizes_are_dated():
    assert [LINEAR.tick_size_at(ns) for ns in (-1, 0, 99, 100, 10**18)] == [5, 5, 5, 10, 10]


@given(st.integers(1, 10**12), st.integers(-(10**9), 10**9))
def test_linear_notional_is_exact_and_never_understated(price, size):
    """1 unit of price and of size is 10^-5 USD: 1,000 units of money."""
    assert LINEAR.notional(price, size) == price * size * 1000


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_inverse_notional_rounds_away_from_zero(price, size):
    inverse = msgspec.structs.replace(LINEAR, style=Style.INVERSE, multiplier=100, size_decimals=0)
    exact_times_price = size * 100 * 10**2 * 10**8
    found = inverse.notional(price, size)
    assert (found - 1) * price < exact_times_price <= found * price
    assert inverse.notional(price, -size) == -found


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**10))
def test_divide_up(numerator, denominator):
    quotient = divide_up(numerator, denominator)
    assert (
        abs(quotient) * denominator >= abs(numerator) > (abs(quotient) - 1) * denominator or quotient == numerator == 0
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": 1}, "number 1 is not its place 0"),
        ({"tick_sizes": ()}, "every tick size must be positive"),
        ({"tick_sizes": (TickSize(5, 1), TickSize(5, 2))}, "dated in rising order"),
        ({"tick_sizes": (TickSize(5, 1), TickSize(4, 2))}, "dated in rising order"),
        ({"channel": -1}, "channel -1"),
        ({"lot": 0}, "lot, smallest size and multiplier"),
        ({"multiplier": 0}, "lot, smallest size and multiplier"),
        ({"lot": 2, "size_min": 3}, "in lots"),
        ({"size_decimals": -1}, "decimals"),
    ],
)
def test_an_instrument_that_contradicts_itself_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        Universe((msgspec.structs.replace(LINEAR, **change),))


def test_a_universe_knows_its_channels():
    other = msgspec.structs.replace(LINEAR, number=1, symbol="T", channel=5, reference_of=(0,))
    universe = Universe((LINEAR, other))
    assert universe.channels == (0, 5)
    assert [one.symbol for one in universe.of_channel(0)] == ["S", "T"]
    assert [one.symbol for one in universe.of_channel(5)] == ["T"]
