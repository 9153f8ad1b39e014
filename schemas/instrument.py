"""Instruments, currencies and the universe: what a number in a record means in the world.

Money is an integer in units of 10^-8 of its currency. The exact value of `size` lots at `price` is
price * size * multiplier / 10^(price_decimals + size_decimals) of the quote currency for a linear instrument, and
multiplier * size * 10^(price_decimals - size_decimals) / price of the settle currency for an inverse one.
"""

from enum import StrEnum
from functools import cached_property

import msgspec

from schemas.errors import ConfigError
from schemas.session import HALF_HOURS, Session

MONEY_DECIMALS = 8
MONEY_UNIT = 10**MONEY_DECIMALS
CHANNELS_MAX = 128  # Flink's maximum parallelism, for ever
INSTRUMENTS_MAX = 4096  # per universe


class Style(StrEnum):
    LINEAR = "linear"
    INVERSE = "inverse"


class TickSize(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The smallest step of an order's price, in price units, from a moment of channel time on."""

    from_ns: int
    step: int


class Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One tradable or reference instrument; `number` is its place in the universe."""

    number: int
    symbol: str
    venue: str
    channel: int
    price_decimals: int
    size_decimals: int
    tick_sizes: tuple[TickSize, ...]
    lot: int  # smallest step of an order's size, in size units
    size_min: int  # smallest order, in size units
    quote: str
    settle: str
    fee: str
    multiplier: int = 1
    style: Style = Style.LINEAR
    tradable: bool = True
    shortable: bool = False
    bar_volume: int = 0  # what fills a bar of volume, in size units; 0 = none can be asked for
    bar_notional: int = 0  # of notional, in money of the settle currency
    bar_trades: int = 0  # of trades
    session: Session | None = None  # of its venue; None = open around the clock
    usual_volume: tuple[int, ...] = ()  # of each half hour of a trading day, in size units; () = to be learned
    reference_of: tuple[int, ...] = ()  # channels into which the feed copies its ticks, flag REFERENCE

    def tick_size_at(self, channel_ns: int) -> int:
        """The price step in force; the first one also before its date."""
        steps = [tick.step for tick in self.tick_sizes if tick.from_ns <= channel_ns]
        return steps[-1] if steps else self.tick_sizes[0].step

    def notional(self, price: int, size: int) -> int:
        """The exact value in money of the settle currency, rounded away from zero to the unit.

        >>> btc = Instrument(number=0, symbol="BTCUSDT", venue="spot", channel=0, price_decimals=2, size_decimals=5,
        ...     tick_sizes=(TickSize(0, 1),), lot=1, size_min=1, quote="USDT", settle="USDT", fee="USDT")
        >>> btc.notional(price=6_000_000, size=100)    # 0.001 BTC at 60,000.00
        6000000000
        """
        scale = 10 ** (self.price_decimals + self.size_decimals)
        if self.style is Style.LINEAR:
            return divide_up(price * size * self.multiplier * MONEY_UNIT, scale)
        shift = 10**self.price_decimals * MONEY_UNIT
        return divide_up(size * self.multiplier * shift, price * 10**self.size_decimals)

    def units_of_notional(self, money: int) -> int:
        """The smallest price * size of a linear instrument, or size of an inverse one, that is worth so much money.

        The notional of an inverse instrument is a number of contracts, so its bars of notional are bars of volume.
        """
        scale = 10 ** (self.price_decimals + self.size_decimals)
        if self.style is Style.LINEAR:
            return divide_up(money * scale, self.multiplier * MONEY_UNIT)
        return divide_up(money * 10**self.size_decimals, self.multiplier * MONEY_UNIT)


def divide_up(numerator: int, denominator: int) -> int:
    """Division rounded away from zero: a cost is never understated."""
    quotient = -(-abs(numerator) // denominator)
    return quotient if numerator >= 0 else -quotient


class Universe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All instruments, by number; an instrument belongs to exactly one channel."""

    instruments: tuple[Instrument, ...]

    def __post_init__(self) -> None:
        for place, instrument in enumerate(self.instruments):
            _check(place, instrument)
        keys = [(one.venue, one.symbol) for one in self.instruments]
        if len(set(keys)) != len(keys):
            raise ConfigError("universe: a venue and symbol stand twice")
        if len(keys) > INSTRUMENTS_MAX:
            raise ConfigError(f"universe: {len(keys)} instruments are more than {INSTRUMENTS_MAX}")

    @cached_property
    def channels(self) -> tuple[int, ...]:
        return tuple(sorted({one.channel for one in self.instruments}))

    def of_channel(self, channel: int) -> tuple[Instrument, ...]:
        """The instruments whose ticks a channel carries: its own, then the references."""
        own = [one for one in self.instruments if one.channel == channel]
        return (*own, *(one for one in self.instruments if channel in one.reference_of))


def _check(place: int, one: Instrument) -> None:
    where = f"universe: {one.venue} {one.symbol}"
    if one.number != place:
        raise ConfigError(f"{where}: number {one.number} is not its place {place}")
    if not 0 <= one.channel < CHANNELS_MAX:
        raise ConfigError(f"{where}: channel {one.channel} is not between 0 and {CHANNELS_MAX - 1}")
    if not one.tick_sizes or any(tick.step <= 0 for tick in one.tick_sizes):
        raise ConfigError(f"{where}: every tick size must be positive")
    if [tick.from_ns for tick in one.tick_sizes] != sorted({tick.from_ns for tick in one.tick_sizes}):
        raise ConfigError(f"{where}: tick sizes must be dated in rising order")
    if not (0 <= one.price_decimals <= 9 and 0 <= one.size_decimals <= 9):
        raise ConfigError(f"{where}: decimals must be between 0 and 9")
    if min(one.bar_volume, one.bar_notional, one.bar_trades) < 0:
        raise ConfigError(f"{where}: what fills a bar must be positive")
    if one.usual_volume and (
        len(one.usual_volume) != HALF_HOURS or min(one.usual_volume) < 0 or not any(one.usual_volume)
    ):
        raise ConfigError(f"{where}: usual_volume is {HALF_HOURS} sizes, a half hour each, none negative, not all zero")
    if one.lot <= 0 or one.size_min <= 0 or one.size_min % one.lot or one.multiplier <= 0:
        raise ConfigError(f"{where}: lot, smallest size and multiplier must be positive, the smallest size in lots")
