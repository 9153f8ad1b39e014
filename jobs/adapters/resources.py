"""What a channel's term names, opened on the machine where the channel runs."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

from jobs.adapters.strategies import load_strategy
from models.registry import open_model
from schemas.control import Term
from udfs.channel import Resources
from udfs.pipeline import resources


class Models(NamedTuple):
    """A registry's folder (None: the one that is installed), and the model of it that a first term names."""

    folder: Path | None = None
    name: str = "direction"

    def arguments(self) -> list[str]:
        """For the processes that open models."""
        return [] if self.folder is None else ["--models", str(self.folder.resolve())]


SHIPPED = Models()


def open_resources(models: Path | None) -> Resources:
    """Models from a registry folder (None: the one that is installed), strategies by name or path."""
    return resources(partial(open_model, models), load_strategy)


def check_resources(term: Term, models: Path | None) -> None:
    """Raise ModelError or ConfigError, by name, for a model or strategy of the term that cannot be had here."""
    for model in term.models:
        open_model(models, model.sha256)
    for strategy in term.strategies:
        load_strategy(strategy)
