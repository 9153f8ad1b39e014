"""The pipeline of a term: quality → book → bars → features → score → label → learn → ensemble → trade."""

from collections.abc import Callable

from schemas.control import Term
from udfs.channel import Resources
from udfs.execution.strategy import LoadStrategy
from udfs.features.columns import Columns
from udfs.features.row import Features
from udfs.machine import Machine, Pipeline
from udfs.market.activity import Activity
from udfs.market.bars import Bars
from udfs.market.book import Book
from udfs.market.levels import Levels
from udfs.market.pairs import Pairs
from udfs.market.prints import Prints
from udfs.market.quality import Quality
from udfs.signals.ensemble import Ensemble
from udfs.signals.label import Label
from udfs.signals.learn import Learn
from udfs.signals.score import Score
from udfs.trade.stage import Trade

OpenModel = Callable[[str], bytes]
_ON_DEMAND: dict[str, Callable[[Term, int], Machine]] = {
    "depths": Levels,
    "prints": Prints,
    "activity": Activity,
    "pairs": Pairs,
    "columns": Columns,
}  # by what their features read


def market(term: Term, channel: int) -> list[Machine]:
    """What needs no model: from ticks to feature rows. Training data comes from here.

    Levels, prints, bars of activity, pairs and columns run only when the term's feature set has a feature of theirs.
    """
    arrays = {feature.series.array for feature in term.feature_set.features}
    asked = [machine(term, channel) for array, machine in _ON_DEMAND.items() if array in arrays]
    return [Quality(term, channel), Book(term, channel), Bars(term, channel), *asked, Features(term, channel)]


def resources(open_model: OpenModel, load_strategy: LoadStrategy) -> Resources:
    """How a channel builds the pipeline of a term, compiled and warm, given the outside's models and strategies."""

    def build(term: Term, channel: int) -> Pipeline:
        machines = [
            *market(term, channel),
            Score(term, channel, open_model),
            Label(term, channel),
            Learn(term, channel),
            Ensemble(term, channel),
            Trade(term, channel, load_strategy),
        ]
        for machine in machines:
            machine.warm()
        return Pipeline(machines)

    return Resources(build)
