"""What a strategy may say beforehand, compiled: the rows on which it wants nothing, and why.

Nearly every row ends in nothing. A strategy with a rule is asked in Python only for the rows that its rule leaves to
it, which makes a row several times cheaper; one without a rule is asked for every row.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

ASK = 255  # instead of a Reason: the strategy itself must say


class Rule(NamedTuple):
    """A kernel and the numbers of one term for it.

    `kernel(row, said, held, working, taker_ppm, remembered, settings)` gives the Reason with which `decide` would
    answer without changing its state, or ASK. `row` is a record of `schemas.layouts.feature_record`, `said` one of
    `udfs.arrays.ROW`, `remembered` what the strategy remembers of the instrument, the others as in `Row`.
    """

    kernel: Callable[..., int]
    settings: npt.NDArray[np.int64]


@runtime_checkable
class Ruled(Protocol):
    """A strategy with a rule: what it remembers is one number an instrument, and changes only in `decide`."""

    def rule(self, index: dict[str, int]) -> Rule:
        """The rule for rows whose features have these places."""

    def remembered(self, state: object, instrument: int) -> int: ...
