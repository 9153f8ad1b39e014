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


def with_fine_steps(config: Config) -> Config:
    """Every price unit is a step: no price can be off it."""
    instruments = []
    for one in config.universe.instruments:
        sizes = tuple(msgspec.structs.replace(tick, step=1) for tick in one.tick_sizes)
        instruments.append(msgspec.structs.replace(one, tick_sizes=sizes))
    return msgspec.structs.replace(config, universe=Universe(tuple(instruments)))
