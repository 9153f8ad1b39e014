"""What a channel's term names, opened on the machine where the channel runs."""

from functools import partial
from pathlib import Path

from jobs.adapters.strategies import load_strategy
from models.registry import open_model
from udfs.channel import Resources
from udfs.pipeline import resources


def open_resources(models: Path | None) -> Resources:
    """Models from a registry folder (None: the one that is installed), strategies by name or path."""
    return resources(partial(open_model, models), load_strategy)
