"""Nasdaq TotalView-ITCH 5.0: where each field of each message stands; numbers are big-endian, prices in 1e-4 $.

The one table of positions: `jobs.adapters.itch` decodes by it, and `rtl/generate.py` makes the decoder of the block
from it. After the specification "Nasdaq TotalView-ITCH 5.0". Every message begins with the fields of HEAD.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

VENUE = "nasdaq"
PRICE_DECIMALS = 4
HEAD = (("type", 1), ("locate", 2), ("tracking", 2), ("time_ns", 6))  # time_ns: since midnight in New York


@dataclass(frozen=True)
class Message:
    """A type of message: its letter and its fields behind HEAD, each with its number of bytes.

    >>> BY_TYPE["E"].place("shares"), BY_TYPE["E"].size
    ((19, 4), 31)
    """

    letter: str
    name: str
    fields: tuple[tuple[str, int], ...]

    @cached_property
    def places(self) -> dict[str, tuple[int, int]]:
        """First byte and number of bytes of each field."""
        places, at = {}, 0
        for name, size in (*HEAD, *self.fields):
            places[name] = (at, size)
            at += size
        return places

    @property
    def size(self) -> int:
        return sum(size for _, size in (*HEAD, *self.fields))

    def place(self, name: str) -> tuple[int, int]:
        return self.places[name]


def _message(letter: str, name: str, **fields: int) -> Message:
    return Message(letter, name, tuple(fields.items()))


# A field that has the name of a slot (SLOTS) means the same in every message.
MESSAGES = (
    _message("S", "system event", code=1),
    _message(
        "R", "stock directory", stock=8, category=1, financial_status=1, round_lot=4, round_lots_only=1,
        classification=1, sub_type=2, authenticity=1, short_sale=1, ipo=1, luld_tier=1, is_etp=1, leverage=4, inverse=1,
    ),
    _message("H", "trading action", stock=8, code=1, reserved=1, reason=4),
    _message("Y", "short sale restriction", stock=8, action=1),
    _message("L", "market participant position", participant=4, stock=8, is_primary=1, mode=1, state=1),
    _message("V", "circuit breaker levels", level_1=8, level_2=8, level_3=8),
    _message("W", "circuit breaker breached", level=1),
    _message("K", "IPO quotation", stock=8, release_s=4, qualifier=1, ipo_price=4),
    _message("J", "auction collar", stock=8, middle=4, upper=4, lower=4, extension=4),
    _message("h", "operational halt", stock=8, market=1, code=1),
    _message("A", "add order", reference=8, side=1, shares=4, stock=8, price=4),
    _message("F", "add order, attributed", reference=8, side=1, shares=4, stock=8, price=4, attribution=4),
    _message("E", "order executed", reference=8, shares=4, match=8),
    _message("C", "order executed at a price", reference=8, shares=4, match=8, code=1, price=4),
    _message("X", "order cancelled in part", reference=8, shares=4),
    _message("D", "order deleted", reference=8),
    _message("U", "order replaced", reference=8, new_reference=8, shares=4, price=4),
    _message("P", "trade with a hidden order", reference=8, side=1, shares=4, stock=8, price=4, match=8),
    _message("Q", "cross", shares=8, stock=8, price=4, match=8, cross_type=1),
    _message("B", "broken trade", match=8),
    _message(
        "I", "order imbalance", paired=8, imbalance=8, direction=1, stock=8, far=4, near=4, current=4, cross_type=1,
        variation=1,
    ),
    _message("N", "retail interest", stock=8, interest=1),
    _message(
        "O", "direct listing", stock=8, eligibility=1, lowest=4, highest=4, near=4, near_ns=8, lower=4, upper=4,
    ),
)  # fmt: skip
BY_TYPE = {message.letter: message for message in MESSAGES}

# What becomes ticks or changes a book; of the others only the directory is read.
USED = ("S", "H", "h", "A", "F", "E", "C", "X", "D", "U", "P", "Q")
DIRECTORY = BY_TYPE["R"]

# The parts of a decoded message, in the width of the widest field. `code` is the event of S, the state of H, the
# action of h, and whether C is printed; `market` that of h.
SLOTS = {
    "locate": 2, "time_ns": 6, "reference": 8, "new_reference": 8, "side": 1, "shares": 8, "price": 4, "code": 1,
    "market": 1,
}  # fmt: skip

# A decoded message of an instrument, of all (S), or that messages were lost; a part that its type has not is 0.
DECODED = np.dtype(
    [
        ("receive_ns", "<i8"),
        ("instrument", "<i8"),
        ("type", "<i8"),  # its letter; LOST
        *((name, "<i8") for name in SLOTS),
    ]
)
LOST = 0

SIZES = np.zeros(256, np.int64)  # by letter; 0 = no message of ITCH 5.0
IS_USED = np.zeros(256, np.bool_)
PLACES = np.zeros((256, len(SLOTS), 2), np.int64)  # first byte and number of bytes of each slot
for _one in MESSAGES:
    SIZES[ord(_one.letter)] = _one.size
    IS_USED[ord(_one.letter)] = _one.letter in USED
    for _slot, _name in enumerate(SLOTS):
        PLACES[ord(_one.letter), _slot] = _one.places.get(_name, (0, 0))
