"""Configuration: what is missing, unknown, contradictory or inexact stops everything before it starts."""

import copy
import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from schemas.config import Config, hash_of, load, read
from schemas.errors import ConfigError

TEXT = files("jobs.settings").joinpath("demo.toml").read_bytes()
DEMO: dict[str, Any] = tomllib.loads(TEXT.decode())


def configured(document: dict[str, Any]) -> Config:
    lines = [f"{key} = {toml(value)}" for key, value in document.items()]
    return read("\n".join(lines).encode(), "test.toml")


def toml(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def changed(*keys: str | int, to: Any = None) -> dict[str, Any]:
    """The demonstration's document with one key set, or, without `to`, taken out."""
    document = copy.deepcopy(DEMO)
    place: Any = document
    for key in keys[:-1]:
        place = place[key]
    if to is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = to
    return document


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as error:
        configured(document)
    assert str(error.value).startswith("configuration test.toml: ")
    return str(error.value)


def leaves(place: Any, *path: str | int) -> list[tuple[str | int, ...]]:
    """The path of every value in the document."""
    items = place.items() if isinstance(place, dict) else enumerate(place) if isinstance(place, list) else ()
    found = [leaf for key, value in items for leaf in leaves(value, *path, key)]
    return found or [path]


def test_the_demonstration_is_read_exactly():
    config = configured(DEMO)
    assert [(one.number, one.venue, one.symbol, one.channel) for one in config.universe.instruments] == [
        (0, "binance-spot", "BTCUSDT", 0),
        (1, "binance-usdm", "BTCUSDT", 0),
        (2, "binance-spot", "ETHUSDT", 1),
        (3, "binance-usdm", "ETHUSDT", 1),
    ]
    btc = config.universe.instruments[0]
    assert (btc.tick_sizes[0].step, btc.lot, btc.size_min, btc.settle, btc.fee) == (1, 1_000, 10_000, "USDT", "USDT")
    (money,) = config.limits.money
    assert (money.currency, money.order_notional_max, money.loss_max) == ("USDT", 500 * 10**8, 100 * 10**8)
    assert config.gateway.limits.money[0].loss_max == 200 * 10**8
    assert config.exchange.taker_ppm("binance-usdm") == 500
    assert [one.name for one in config.strategies] == ["model", "probe"]


LIMITS = [path for path in leaves(DEMO) if "limits" in path]
REQUIRED = [
    *LIMITS,
    *[(name,) for name in ("universe", "limits", "gateway", "exchange", "strategies")],
    ("gateway", "limits"),
    *[("limits", "money"), ("gateway", "limits", "money")],
    *[("exchange", name) for name in ("mode", "order_latency_ns", "report_latency_ns", "fees")],
    *[("exchange", "fees", 0, name) for name in ("venue", "maker_ppm", "taker_ppm")],
    *[("strategies", 0, name) for name in ("name", "target")],
    *[("universe", 1, name) for name in DEMO["universe"][1] if name not in ("shortable",)],
]


@pytest.mark.parametrize("path", REQUIRED, ids=lambda path: ".".join(map(str, path)))
def test_whatever_is_missing_is_named(path):
    message = refused(changed(*path))
    assert str(path[-1]) in message or "required" in message


def test_there_are_limits_to_leave_out():
    assert len(LIMITS) == 14


@pytest.mark.parametrize("path", LIMITS, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_is_positive(path, value):
    assert "positive" in refused(changed(*path, to=str(value) if "money" in path else value))


@pytest.mark.parametrize("path", LIMITS, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("value", [1.5, True, [1]])
def test_a_limit_is_no_float(path, value):
    message = refused(changed(*path, to=value))
    assert path[-1] in message
    assert "written as text" in message if "money" in path else "Expected `int`" in message


TABLES = [
    (),
    ("limits",),
    ("limits", "money", "USDT"),
    ("gateway",),
    ("gateway", "limits"),
    ("exchange",),
    ("exchange", "fees", 0),
    ("strategies", 0),
    ("universe", 0),
]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: ".".join(map(str, path)) or "top")
def test_an_unknown_key_is_named(path):
    assert "colar_bp_max" in refused(changed(*path, "colar_bp_max", to=1))


WRONG = {
    "an amount with an exponent": (("limits", "money", "USDT", "loss_max"), "1e2", "'1e2' is not a decimal number"),
    "an amount below the unit": (("limits", "money", "USDT", "loss_max"), "0.000000001", "is not a multiple of"),
    "a tick size off the unit": (("universe", 0, "tick_size"), "0.001", "'0.001' is not a multiple of 0.01"),
    "a tick size of zero": (("universe", 0, "tick_size"), "0", "every tick size must be positive"),
    "a float as a tick size": (("universe", 0, "tick_size"), 0.01, "tick_size = 0.01: an amount is written as text"),
    "a smallest size that is no lot": (("universe", 1, "lot"), "0.003", "the smallest size in lots"),
    "an instrument twice": (("universe", 1, "venue"), "binance-spot", "a venue and symbol stand twice"),
    "a channel beyond the last": (("universe", 0, "channel"), 128, "channel 128 is not between 0 and 127"),
    "too many decimals": (("universe", 0, "price_decimals"), 10, "decimals must be between 0 and 9"),
    "an unknown style": (("universe", 0, "style"), "quanto", "quanto"),
    "an unknown mode": (("exchange", "mode"), "live", "live"),
    "no currency": (("limits", "money"), {}, "no currency has limits"),
    "text for a number": (
        ("limits", "open_orders_max"),
        "8",
        "Expected `int`, got `str` - at `$.limits.open_orders_max`",
    ),
    "text for a channel": (("universe", 0, "channel"), "0", "Expected `int`, got `str`"),
    "a float as decimals": (("universe", 0, "price_decimals"), 2.0, "test.toml"),
    "a float as money": (
        ("limits", "money", "USDT", "loss_max"),
        100.0,
        "loss_max = 100.0: an amount is written as text",
    ),
    "a number as a venue": (("universe", 0, "venue"), 1, "Expected `str`"),
    "a table for a list": (("strategies",), {}, "Expected `array`"),
    "no table": (("limits",), 5, "test.toml"),
    "no universe": (("universe",), 5, "test.toml"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name):
    path, value, message = WRONG[name]
    assert message in refused(changed(*path, to=value))


def test_a_file_that_is_not_there_or_no_toml(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"nothing\.toml: No such file"):
        load(tmp_path / "nothing.toml")
    (tmp_path / "bad.toml").write_text("limits = [")
    with pytest.raises(ConfigError, match=r"bad\.toml"):
        load(tmp_path / "bad.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"binary\.toml"):
        load(tmp_path / "binary.toml")


def test_a_venue_without_fees_is_named():
    with pytest.raises(ConfigError, match="no fees are given for venue okx"):
        configured(DEMO).exchange.taker_ppm("okx")


def test_hashes_are_of_the_meaning():
    """The same settings in another order have one hash; every other value has another."""
    config = configured(DEMO)
    shuffled = {key: DEMO[key] for key in sorted(DEMO, reverse=True)}
    assert hash_of(configured(shuffled)) == hash_of(config) == hash_of(read(TEXT, "demo.toml"))
    for path, value in ((("limits", "open_orders_max"), 9), (("limits", "money", "USDT", "loss_max"), "100.00000001")):
        assert hash_of(configured(changed(*path, to=value))) != hash_of(config)


@pytest.mark.parametrize("name", ["", "Mine", "2nd", "a-b", "x" * 17, "ä"])
def test_a_strategy_has_a_name_that_order_ids_can_carry(name):
    assert f"{name!r} is not a name" in refused(changed("strategies", 0, "name", to=name))


def test_two_strategies_have_two_names():
    assert "a name stands twice" in refused(changed("strategies", 0, "name", to="probe"))


@pytest.mark.parametrize("name", ["order_latency_ns", "report_latency_ns"])
def test_a_latency_is_not_negative(name):
    assert "latency is negative" in refused(changed("exchange", name, to=-1))
