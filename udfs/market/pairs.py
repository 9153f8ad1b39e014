"""An instrument beside its reference: the mids of both at the closes of the instrument's bars."""

import numpy as np

from schemas.control import Term
from schemas.errors import ConfigError
from schemas.frame import Records
from schemas.instrument import Universe
from udfs.arrays import EMPTY, PAIR
from udfs.kernels import kernel
from udfs.machine import ArrayMachine, Batch, State

TOP = np.dtype([("mid_half", "<i8")])


class Pairs(ArrayMachine):
    """Adds `pairs`: a PAIR for each close of a bar of time of the channel's own tradable instruments.

    Only bars in which something happened and whose close has both sides of the book, while the reference has both
    sides too: as long as it is not quoted there are no pairs, and what is computed of them does not get warm. The
    reference's quote is the last one before the record at which the bar closed.

    The reference is one for all instruments, named by `[features]`; ConfigError when the channel does not carry it.
    """

    name = "pairs"
    version = 1
    inherits = ("features",)

    def __init__(self, term: Term, channel: int) -> None:
        instruments = term.universe.instruments
        self._own = np.array([one.tradable and one.channel == channel for one in instruments], "u1")
        self._reference = reference_of(term.universe, term.features.reference, channel)

    def initial(self) -> State:
        return {"top": np.zeros(1, TOP)}

    def step(self, state: State, batch: Batch) -> None:
        pairs = self._fold(state, batch["closes"], batch["quotes"])
        if len(pairs):
            batch["pairs"] = pairs

    def warm(self) -> None:
        self._fold(self.initial(), EMPTY["closes"], EMPTY["quotes"])

    def _fold(self, state: State, closes: Records, quotes: Records) -> Records:
        out = np.zeros(len(closes), PAIR)
        return out[: fold(closes, quotes, self._own, self._reference, state["top"], out)]


def reference_of(universe: Universe, name: str, channel: int) -> int:
    """The number of the instrument "VENUE SYMBOL" in a channel; ConfigError when it is not among those it carries."""
    for one in universe.of_channel(channel):
        if f"{one.venue} {one.symbol}" == name:
            return one.number
    wanted = f"reference {name!r}" if name else "a reference"
    raise ConfigError(f"features: {wanted} is asked for, which channel {channel} does not carry: see reference_of")


@kernel()
def fold(closes, quotes, own, reference, tops, out):  # type: ignore[no-untyped-def]
    """The number of pairs in `out`, which has room for one a close."""
    top, quote, count = tops[0], 0, 0
    for i in range(closes.shape[0]):
        close = closes[i]
        while quote < quotes.shape[0] and quotes[quote].position < close.position:
            _take(top, quotes[quote], reference)
            quote += 1
        if not own[close.instrument] or close.empty or close.bid_size <= 0 or close.ask_size <= 0 or top.mid_half == 0:
            continue
        pair = out[count]
        pair.position, pair.instrument, pair.width = close.position, close.instrument, close.width
        pair.mid_half, pair.reference_half = close.bid + close.ask, top.mid_half
        count += 1
    while quote < quotes.shape[0]:
        _take(top, quotes[quote], reference)
        quote += 1
    return count


@kernel()
def _take(top, quote, reference):  # type: ignore[no-untyped-def]
    if quote.instrument == reference:
        top.mid_half = quote.bid + quote.ask if quote.bid_size > 0 and quote.ask_size > 0 else 0
