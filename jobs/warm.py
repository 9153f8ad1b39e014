"""`warm`: compile every kernel now, into the cache beside the installed package, so that no first tick waits for it."""

from functools import partial
from importlib.resources import files

import numpy as np

from jobs.adapters.capture import frames
from jobs.adapters.strategies import load_strategy
from jobs.adapters.terms import make_term
from models.registry import Registry, open_model, reference
from schemas.config import FeedConfig, read
from schemas.records import TICK
from udfs.pipeline import resources

MODEL = "direction"


def warm() -> int:
    """Compile what the demonstration's pipeline needs; returns the number of machines."""
    config = read(files("jobs.settings").joinpath("demo.toml").read_bytes(), "demo.toml")
    term = make_term(config, reference(Registry().find(MODEL)), log_id="warm")
    machines = resources(partial(open_model, None), load_strategy).build(term, config.universe.channels[0]).machines
    for machine in machines:
        machine.warm()
    list(frames(np.ones(2, TICK), 0, FeedConfig(), 1, 1, 1))
    return len(machines)
