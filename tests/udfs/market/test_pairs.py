"""Pairs and beta: against the closes of the reference's own bars, and what happens while it is not quoted."""

from decimal import localcontext

import msgspec
import numpy as np
import pytest

from schemas.errors import ConfigError
from schemas.records import TICK, Side, TickFlag, TickKind
from tests.builders import demo
from tests.udfs.features import formulas
from tests.udfs.features.candles import Candle
from tests.udfs.features.oracle import term_of
from tests.udfs.market.logs import CHANNEL, START_NS, Segment, play
from udfs.features.row import Features
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.pairs import Pairs, reference_of
from udfs.market.quality import Quality

NAMES = ("beta_60_1s", "beta_60_10s")
OWN, REFERENCE = (0, 1), 3
SECONDS = 150


def quotes(seed: int, begin: float = 0.0, end: float = SECONDS) -> np.ndarray:
    """Quotes of two instruments and, from `begin` to `end`, of their reference, with which the first one goes."""
    random = np.random.default_rng(seed)
    events, price = [], {0: 6_000_000, 1: 6_000_000, REFERENCE: 3_000_000}
    for at in np.sort(random.uniform(0, SECONDS, 8 * SECONDS)).tolist():
        number = int(random.choice((*OWN, REFERENCE)))
        step = int(random.integers(-40, 41)) * 10
        price[number] += step
        price[0] += 4 * step if number == REFERENCE else 0
        if number == REFERENCE and not begin <= at < end:
            continue
        gone = 0 if random.random() < 0.02 else 500
        flags = int(TickFlag.REFERENCE) if number == REFERENCE else 0
        now_ns = START_NS + int(at * 1e9)
        events.append((0, now_ns, price[number] - 20, 500, number, TickKind.BID, Side.NONE, flags))
        events.append((0, now_ns, price[number] + 20, gone, number, TickKind.ASK, Side.NONE, flags | TickFlag.LAST))
    return np.array(events, TICK)


def made(ticks: np.ndarray) -> dict[str, np.ndarray]:
    term = term_of(*NAMES)
    machines = [kind(term, CHANNEL) for kind in (Quality, Book, Bars, Pairs, Features)]
    return play(machines, [Segment(False, ticks)], under=term)


def mid_before(quotes: np.ndarray, position: int) -> int:
    """Of the reference, by its last quote before a record; 0 without both sides."""
    of = [one for one in quotes if one["instrument"] == REFERENCE and one["position"] < position]
    return int(of[-1]["bid"] + of[-1]["ask"]) if of and min(of[-1]["bid_size"], of[-1]["ask_size"]) > 0 else 0


@pytest.mark.parametrize("seed", [1, 2])
def test_oracle_of_pairs_by_the_last_quote_before_a_close(seed: int) -> None:
    arrays = made(quotes(seed))
    closes, pairs = arrays["closes"], arrays["pairs"]
    assert len(pairs) > SECONDS
    for number in OWN:
        for width in (0, 1):
            of = closes[(closes["instrument"] == number) & (closes["width"] == width) & (closes["empty"] == 0)]
            expected = [
                (one["position"], one["bid"] + one["ask"], reference)
                for one in of
                if min(one["bid_size"], one["ask_size"]) > 0
                and (reference := mid_before(arrays["quotes"], one["position"]))
            ]
            found = pairs[(pairs["instrument"] == number) & (pairs["width"] == width)]
            assert found[["position", "mid_half", "reference_half"]].tolist() == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_oracle_of_beta_from_quotes_to_rows(seed: int) -> None:
    arrays = made(quotes(seed))
    rows, pairs = arrays["features"], arrays["pairs"]
    for number in OWN:
        for width, name in enumerate(NAMES):
            of = pairs[(pairs["instrument"] == number) & (pairs["width"] == width)]
            told = beta_of(of["mid_half"].tolist(), of["reference_half"].tolist())
            own = rows[rows["instrument"] == number]
            before = np.searchsorted(of["position"], own["position"], side="right")
            expected = [told[count - 1] if count else 0.0 for count in before.tolist()]
            np.testing.assert_allclose(own["x"][:, width], expected, rtol=1e-5, atol=1e-6, err_msg=name)
    assert rows[rows["instrument"] == 0]["x"][-1, 0] > 1.0, "it moves with its reference"


def beta_of(own: list[int], reference: list[int]) -> list[float]:
    """The slow formula over two series of prices."""
    bars, others = ([Candle(0, 0, 0, price, 0, 0) for price in prices] for prices in (own, reference))
    with localcontext() as context, pytest.MonkeyPatch.context() as patch:
        context.prec = 60
        patch.setattr(formulas, "reference", lambda bars: others)
        return [float(row[0]) for row in formulas.beta(bars)] if bars else []


def test_nothing_is_warm_before_the_reference_has_been_quoted_long_enough() -> None:
    arrays = made(quotes(1, begin=40))
    first = arrays["pairs"]["position"].min()
    assert (arrays["closes"]["position"] < first).any() and not len(made(quotes(1, begin=SECONDS))["pairs"])
    assert not arrays["features"]["warm"].any(), "61 bars of 10 s have not passed"


def test_an_instrument_beside_itself_has_beta_one() -> None:
    rows = made(quotes(1))["pairs"]
    assert beta_of(rows["mid_half"][:80].tolist(), rows["mid_half"][:80].tolist())[-1] == pytest.approx(1.0)


def test_a_reference_that_a_channel_does_not_carry_is_refused() -> None:
    term = term_of(*NAMES)
    assert reference_of(term.universe, "binance-spot I3", 0) == REFERENCE
    with pytest.raises(ConfigError, match="reference 'binance-spot I2' is asked for, which channel 0 does not carry"):
        reference_of(term.universe, "binance-spot I2", 0)
    with pytest.raises(ConfigError, match="a reference is asked for"):
        reference_of(term.universe, "", 0)


@pytest.mark.parametrize(("reference", "refused"), [("", 0), ("binance-spot BTCUSDT", 1), ("binance-spot NONE", 0)])
def test_a_configuration_without_its_reference_is_refused(reference: str, refused: int) -> None:
    features = msgspec.structs.replace(demo().features, names=NAMES, reference=reference)
    with pytest.raises(ConfigError, match=f"an instrument that channel {refused} carries"):
        msgspec.structs.replace(demo(), features=features).__post_init__()
