"""One frozen struct per component, from TOML; what can lose money has no default.

`load` refuses unknown keys, missing limits and contradictions before any process starts.
"""

import hashlib
from pathlib import Path
from typing import Any, Literal

import msgspec

from schemas.decimal_text import parse
from schemas.errors import BadText, ConfigError
from schemas.feature_sets import SETS, chosen, did_you_mean
from schemas.features import NAMES
from schemas.instrument import MONEY_DECIMALS, Universe
from schemas.session import session_of
from schemas.trading import STRATEGY_NAME, ExchangeMode


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class MoneyLimits(_Strict, frozen=True):
    """Limits in money of one settle currency (units of 10^-8)."""

    currency: str
    order_notional_max: int
    position_notional_max: int  # absolute, per instrument
    loss_max: int  # realised + unrealised + fees, per channel, over its terms; at the gateway per account


class Limits(_Strict, frozen=True):
    """Every limit that risk checks; all are required."""

    money: tuple[MoneyLimits, ...]
    orders_per_minute_max: int  # of channel time, per channel
    open_orders_max: int  # per channel
    collar_bp_max: int  # how far through the opposite best price an order may reach
    quote_age_ns_max: int

    def __post_init__(self) -> None:
        for name in ("orders_per_minute_max", "open_orders_max", "collar_bp_max", "quote_age_ns_max"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"limits: {name} must be positive, was {getattr(self, name)}")
        if not self.money:
            raise ConfigError("limits: no currency has limits")
        for money in self.money:
            if min(money.order_notional_max, money.position_notional_max, money.loss_max) <= 0:
                raise ConfigError(f"limits: every limit in {money.currency} must be positive")


class Fees(_Strict, frozen=True):
    """A venue's rates in parts per million of the notional."""

    venue: str
    maker_ppm: int
    taker_ppm: int


class ExchangeConfig(_Strict, frozen=True):
    """How orders meet the market: in the channel (lock-step), or through the gateway."""

    mode: ExchangeMode
    order_latency_ns: int
    report_latency_ns: int
    fees: tuple[Fees, ...]

    def __post_init__(self) -> None:
        if min(self.order_latency_ns, self.report_latency_ns) < 0:
            raise ConfigError("exchange: a latency is negative: an order would arrive before its decision")

    def taker_ppm(self, venue: str) -> int:
        for fees in self.fees:
            if fees.venue == venue:
                return fees.taker_ppm
        raise ConfigError(f"exchange: no fees are given for venue {venue}")


class StrategyConfig(_Strict, frozen=True):
    """A strategy: a shipped name or PATH:Class, and its options as the class's Config takes them."""

    name: str
    target: str
    options: dict[str, Any] = {}
    source_sha256: str = ""  # of a file given by path; filled in when the term is written

    def __post_init__(self) -> None:
        if not STRATEGY_NAME.fullmatch(self.name):
            raise ConfigError(f"strategies: {self.name!r} is not a name: a-z, 0-9 and _, at most 16, a letter first")


class FeaturesConfig(_Strict, frozen=True):
    """Which features are computed, in which order: `set = "default"` or `names = [...]` in TOML."""

    names: tuple[str, ...] = NAMES
    reference: str = ""  # "VENUE SYMBOL" of the instrument that beta is measured against, in every channel

    def __post_init__(self) -> None:
        chosen(self.names)


class LearnConfig(_Strict, frozen=True):
    """Label, online learner and ensemble."""

    horizon_ns: int = 10_000_000_000
    learning_rate: float = 0.01
    loss_alpha: float = 0.02  # of each member's EWMA log-loss
    eta: float = 4.0  # weight is proportional to exp(-eta * loss)
    weight_floor: float = 0.05


class FeedConfig(_Strict, frozen=True):
    """How ticks become frames."""

    frame_ticks_max: int = 4096
    frame_wait_us_max: int = 1000
    heartbeat_ns: int = 100_000_000


class PairConfig(_Strict, frozen=True):
    """How the gateway treats a hot pair of trade; neither has a default.

    `orders = "first"`: one replica's word is enough, so that losing either is no pause; an order of a replica that has
    gone wrong may leave before the other contradicts it. `"both"`: an order waits until both have asked for it, and is
    vetoed once its time has passed; losing either replica then stops all orders.
    """

    orders: Literal["first", "both"]
    lag_ns_max: int  # of channel time, by which a replica may come later to a position before that is an alert

    def __post_init__(self) -> None:
        if self.lag_ns_max <= 0:
            raise ConfigError(f"gateway.pair: lag_ns_max must be positive, was {self.lag_ns_max}")


class GatewayConfig(_Strict, frozen=True):
    """The gateway's own account limits and patience; limits are required."""

    limits: Limits
    pair: PairConfig | None = None
    answer_ns_max: int = 2_000_000_000
    unresolved_ns_max: int = 30_000_000_000


class Config(_Strict, frozen=True):
    """Everything that a run is configured by."""

    universe: Universe
    limits: Limits
    exchange: ExchangeConfig
    strategies: tuple[StrategyConfig, ...]
    gateway: GatewayConfig
    learn: LearnConfig = LearnConfig()
    feed: FeedConfig = FeedConfig()
    features: FeaturesConfig = FeaturesConfig()

    def __post_init__(self) -> None:
        names = [one.name for one in self.strategies]
        if len(set(names)) != len(names):
            raise ConfigError("strategies: a name stands twice, and their orders would have the same ids")
        self._check_bars()
        self._check_reference()

    def _check_bars(self) -> None:
        """Whoever asks for features over bars of activity says what fills such a bar."""
        for series in {one.series.name for one in chosen(self.features.names).features if not one.series.width_ns}:
            for one in self.universe.instruments:
                if one.tradable and not getattr(one, f"bar_{series}"):
                    raise ConfigError(f"universe: {one.venue} {one.symbol}: the features need bar_{series}")

    def _check_reference(self) -> None:
        """Whoever asks for features beside a reference names one that every channel carries."""
        if not any(one.series.array == "pairs" for one in chosen(self.features.names).features):
            return
        for channel in self.universe.channels:
            if self.features.reference not in {
                f"{one.venue} {one.symbol}" for one in self.universe.of_channel(channel)
            }:
                raise ConfigError(
                    f'features: beta needs reference = "VENUE SYMBOL" of an instrument that channel {channel} carries; '
                    f"given is {self.features.reference!r}"
                )


def with_orders(config: Config, mode: ExchangeMode) -> Config:
    """The configuration with its orders going to the gateway, or to the lock-step exchange in the channel."""
    return msgspec.structs.replace(config, exchange=msgspec.structs.replace(config.exchange, mode=mode))


def load(path: Path) -> Config:
    """The configuration in a TOML file; raises ConfigError with the key that is wrong."""
    try:
        return read(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"configuration {path}: {error.strerror}") from error


def read(text: bytes, where: str) -> Config:
    try:
        return _build(msgspec.toml.decode(text))
    except (ValueError, KeyError, TypeError, AttributeError, BadText, ConfigError, msgspec.MsgspecError) as error:
        detail = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ConfigError(f"configuration {where}: {detail}") from error


def _build(document: dict[str, Any]) -> Config:
    if "limits" not in document or "gateway" not in document:
        raise ConfigError("[limits] and [gateway] are required: nothing that can lose money has a default")
    for venue, given in document.get("sessions", {}).items():
        of_venue = [one for one in document["universe"] if one.get("venue") == venue]
        if not of_venue:
            raise ConfigError(f"sessions: no instrument is of venue {venue!r}")
        for one in of_venue:
            one["session"] = msgspec.to_builtins(session_of(given))
    whole = {
        **{name: part for name, part in document.items() if name != "sessions"},
        "universe": {"instruments": [_instrument(number, one) for number, one in enumerate(document["universe"])]},
        "limits": _limits(document["limits"]),
        "features": _features(document.get("features", {})),
        "gateway": {**document["gateway"], "limits": _limits(document["gateway"]["limits"])},
    }
    return msgspec.convert(whole, Config)


def _instrument(number: int, given: dict[str, Any]) -> dict[str, Any]:
    one = {"number": number, "settle": given["quote"], "fee": given["quote"], **given}
    price_decimals, size_decimals = one["price_decimals"], one["size_decimals"]
    one["tick_sizes"] = [{"from_ns": 0, "step": _units(one, "tick_size", price_decimals)}]
    for name, decimals in (("bar_volume", size_decimals), ("bar_notional", MONEY_DECIMALS)):
        if name in one:
            one[name] = _units(one, name, decimals)
    if "usual_volume" in one:
        one["usual_volume"] = [
            _units({"usual_volume": text}, "usual_volume", size_decimals) for text in one["usual_volume"]
        ]
    one["lot"], one["size_min"] = _units(one, "lot", size_decimals), _units(one, "size_min", size_decimals)
    return one


def _features(given: dict[str, Any]) -> dict[str, Any]:
    """The names of a set, if it is chosen by name."""
    if "set" not in given:
        return given
    if "names" in given:
        raise ConfigError("features: give a set or names, not both")
    name = given["set"]
    if name not in SETS:
        raise ConfigError(f"features: there is no set {name!r}{did_you_mean(name, SETS)}")
    return {**{key: value for key, value in given.items() if key != "set"}, "names": SETS[name]}


def _limits(given: dict[str, Any]) -> dict[str, Any]:
    money = [
        {"currency": currency, **{key: _units(dict(amounts), key, MONEY_DECIMALS) for key in amounts}}
        for currency, amounts in given["money"].items()
    ]
    return {**given, "money": money}


def _units(table: dict[str, Any], key: str, decimals: int) -> int:
    """Take an amount out of a table, exactly."""
    text = table.pop(key)
    if not isinstance(text, str):
        raise BadText(f'{key} = {text}: an amount is written as text, like "0.01", because a float is not exact')
    return parse(text, decimals)


def hash_of(value: object) -> str:
    """The sha256 of a struct's canonical JSON."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
