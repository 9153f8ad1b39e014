"""Small captures for tests: the first seconds of the committed one."""

import gzip
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from schemas.config import Config, read
from schemas.instrument import Universe

CAPTURE = Path(__file__).parents[2] / "data" / "binance"
FIRST_NS = 1_723_161_253_937_085_768


@cache
def demo() -> Config:
    return read(files("jobs.settings").joinpath("demo.toml").read_bytes(), "demo.toml")


def lines(market: str, name: str) -> list[bytes]:
    return gzip.decompress((CAPTURE / market / name).read_bytes()).splitlines()


@cache
def head(market: str, symbol: str, seconds: int) -> tuple[bytes, ...]:
    """The lines of an instrument that were received in the first seconds of the capture."""
    end_ns = FIRST_NS + seconds * 1_000_000_000
    whole = lines(market, f"{symbol}_20240808.gz")
    return tuple(line for line in whole if int(line[:19]) < end_ns)


def write_capture(folder: Path, seconds: int, spoil: bytes = b"") -> Path:
    """A capture of the first seconds; `spoil` is a line in the middle of the first file."""
    for market in ("spot", "usdm"):
        (folder / market).mkdir(parents=True, exist_ok=True)
        for symbol in ("btcusdt", "ethusdt"):
            kept = list(head(market, symbol, seconds))
            if spoil and (market, symbol) == ("spot", "btcusdt"):
                kept.insert(len(kept) // 2, spoil)
            (folder / market / f"{symbol}_20240808.gz").write_bytes(
                gzip.compress(b"".join(line + b"\n" for line in kept), 1)
            )
    return folder


def with_coarse_step(config: Config) -> Config:
    """BTC on USD-M in units of a tenth of its step: only then can a price be off the step."""
    instruments = list(config.universe.instruments)
    one = instruments[1]
    sizes = tuple(msgspec.structs.replace(tick, step=10 * tick.step) for tick in one.tick_sizes)
    instruments[1] = msgspec.structs.replace(one, price_decimals=one.price_decimals + 1, tick_sizes=sizes)
    return msgspec.structs.replace(config, universe=Universe(tuple(instruments)))
