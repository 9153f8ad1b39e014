"""The configuration of the runs that are struck: so much trading that a strike soon meets an order."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from schemas.errors import SetupError

__all__ = ["busy_config", "demo_with"]

# A round trip every 4 s; and a gateway that does not halt over an exchange which a loaded machine needs a minute to
# start again.
BUSY = {
    "round_trip_ns = 30_000_000_000": "round_trip_ns = 4_000_000_000",
    "orders_per_minute_max = 120": "orders_per_minute_max = 1200",
    "orders_per_minute_max = 60": "orders_per_minute_max = 600",
    "[gateway.limits]": "[gateway]\nunresolved_ns_max = 300_000_000_000\n\n[gateway.limits]",
}


def busy_config(here: Path) -> Path:
    """Write the configuration into a folder; its path."""
    path = here / "busy.toml"
    path.write_text(demo_with(BUSY))
    return path


def demo_with(changes: Mapping[str, str]) -> str:
    """The demonstration's configuration with other text in some places; SetupError when one of them is not there."""
    text = files("jobs.settings").joinpath("demo.toml").read_text()
    for old, new in changes.items():
        if old not in text:
            raise SetupError(f"demo.toml does not say {old!r} any more: such a run would not trade enough")
        text = text.replace(old, new)
    return text
