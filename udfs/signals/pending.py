"""How many rows can wait for their label, and where: the bounds of every ring in this folder.

A row exists at most once a `ROW_WIDTH_NS` of channel time for each instrument, and waits until the first close of its
instrument at `horizon_ns` or later after it.
"""

import numpy as np
import numpy.typing as npt

from schemas.control import Term
from schemas.features import ROW_WIDTH_NS


def depth(term: Term) -> int:
    """Rows of one instrument that can wait: one a second of the horizon, and the one whose close is being walked.

    >>> from udfs.signals.pending import depth
    >>> from types import SimpleNamespace as Space
    >>> depth(Space(learn=Space(horizon_ns=10_000_000_000)))
    11
    """
    return -(-term.learn.horizon_ns // ROW_WIDTH_NS) + 1


def ring(term: Term, channel: int) -> int:
    """Rows of a channel that can wait; row n lies at n modulo this, because rows are numbered without holes."""
    return len(term.universe.of_channel(channel)) * depth(term)


def slots(term: Term, channel: int) -> npt.NDArray[np.int64]:
    """The place of each instrument of the universe among the channel's; -1 = not of this channel."""
    places = np.full(len(term.universe.instruments), -1, np.int64)
    for place, instrument in enumerate(term.universe.of_channel(channel)):
        places[instrument.number] = place
    return places
