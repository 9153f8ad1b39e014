"""Labels on their own way out: what training needs of a channel that has no model yet."""

import numpy as np

from models.scorer import EVEN_BP
from schemas.control import Term
from schemas.records import OUTCOME
from udfs.machine import ArrayMachine, Batch, State

_OF_LABEL = (
    "row",
    "position",
    "row_ns",
    "channel_ns",
    "mid_before_half",
    "mid_after_half",
    "spread",
    "instrument",
    "label",
)


class Matured(ArrayMachine):
    """Adds `outcomes`, one for each label, numbered from 1; every prediction in them is even (5,000)."""

    name = "matured"
    version = 1
    inherits = ("features", "learn", "models")  # label, learn and ensemble go on together or not at all

    def __init__(self, term: Term, channel: int) -> None:
        del term, channel  # every machine is built with them

    def initial(self) -> State:
        return {"outcomes": np.zeros(1, np.uint64)}

    def step(self, state: State, batch: Batch) -> None:
        labels = batch["labels"]
        if not len(labels):
            return
        outcomes = np.zeros(len(labels), OUTCOME)
        for name in _OF_LABEL:
            outcomes[name] = labels[name]
        for name in ("model_bp", "online_bp", "p_bp"):
            outcomes[name] = EVEN_BP
        outcomes["number"] = state["outcomes"][0] + np.arange(1, len(labels) + 1, dtype=np.uint64)
        state["outcomes"][0] += np.uint64(len(labels))
        batch["outcomes"] = outcomes

    def warm(self) -> None:
        """Nothing is compiled."""
