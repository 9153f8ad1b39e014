"""Lists of price levels as venues send them, `[["61837.63","0.05"],…]`, into exact integers.

A Numba kernel reads the plain notation; whatever it does not know goes through JSON and `schemas.decimal_text`, which
say what the text means or why it is refused. So the kernel decides speed, never meaning.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
from numba import njit

from schemas.decimal_text import parse
from schemas.errors import BadText

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_QUOTE, _COMMA, _OPEN, _CLOSE, _POINT, _ZERO = (ord(mark) for mark in '",[].0')
_DIGITS_MAX = 18  # more may not fit 64 bits: left to the exact path
_PAIRS = msgspec.json.Decoder(list[tuple[str, str]])


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of many texts, end to end: text i holds `price[begin[i]:begin[i + 1]]`; none if it was refused."""

    price: Integers
    size: Integers
    begin: Integers
    refused: dict[int, str]  # number of the text: why


def read_levels(texts: Sequence[bytes | msgspec.Raw], price_decimals: int, size_decimals: int) -> Levels:
    """The levels in each text; a text with anything wrong in it gives no level and a reason.

    >>> levels = read_levels([b'[["100.50","2"],["100.5","0.10"]]', b'[["1e3","2"]]'], 2, 1)
    >>> levels.price.tolist(), levels.size.tolist(), levels.begin.tolist()
    ([10050, 10050], [20, 1], [0, 2, 2])
    >>> levels.refused
    {1: "'1e3' is not a decimal number (digits, one point, optional minus)"}
    """
    text = np.frombuffer(b"".join(texts), np.uint8)
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(memoryview(one)) for one in texts], out=starts[1:])
    bound = int(np.count_nonzero(text == _QUOTE)) // 4
    price, size, begin = np.zeros(bound, np.int64), np.zeros(bound, np.int64), np.zeros(len(texts) + 1, np.int64)
    refused: dict[int, str] = {}
    at = 0
    while (at := _read(text, starts, at, price_decimals, size_decimals, price, size, begin)) < len(texts):
        try:
            pairs = _exact(bytes(texts[at]), price_decimals, size_decimals)
        except (msgspec.DecodeError, BadText) as error:
            pairs, refused[at] = [], str(error)
        for place, (one, other) in enumerate(pairs, begin[at]):
            price[place], size[place] = one, other
        begin[at + 1] = begin[at] + len(pairs)
        at += 1
    return Levels(price[: begin[-1]], size[: begin[-1]], begin, refused)


def _exact(text: bytes, price_decimals: int, size_decimals: int) -> list[tuple[int, int]]:
    return [(parse(price, price_decimals), parse(size, size_decimals)) for price, size in _PAIRS.decode(text)]


@njit(cache=True)
def _read(
    text: Bytes,
    starts: Integers,
    first: int,
    price_decimals: int,
    size_decimals: int,
    price: Integers,
    size: Integers,
    begin: Integers,
) -> int:
    """Read texts from `first` on; returns the number of the first one that is not plain, or the count."""
    for number in range(first, len(starts) - 1):
        place, end, count = starts[number], starts[number + 1], begin[number]
        if end - place < 2 or text[place] != _OPEN or text[end - 1] != _CLOSE:
            return number
        place += 1
        end -= 1
        while place < end:
            if text[place] != _OPEN:
                return number
            place, price[count] = _number(text, place + 1, end, price_decimals)
            if place < 0 or place >= end or text[place] != _COMMA:
                return number
            place, size[count] = _number(text, place + 1, end, size_decimals)
            if place < 0 or place >= end or text[place] != _CLOSE:
                return number
            count += 1
            place += 1
            if place < end:
                if text[place] != _COMMA or place + 1 == end:
                    return number
                place += 1
        begin[number + 1] = count
    return len(starts) - 1


@njit(cache=True)
def _number(text: Bytes, place: int, end: int, decimals: int) -> tuple[int, np.int64]:
    """The number in quotes at `place`, and the place behind it; -1 when it is not plain."""
    if place >= end or text[place] != _QUOTE:
        return -1, np.int64(0)
    place += 1
    value, whole, fraction, seen_point = np.int64(0), 0, 0, False
    while place < end and text[place] != _QUOTE:
        digit = np.int64(text[place]) - _ZERO
        place += 1
        if digit == _POINT - _ZERO and not seen_point and whole > 0:
            seen_point = True
            continue
        if digit < 0 or digit > 9:
            return -1, np.int64(0)
        if not seen_point:
            whole += 1
        else:
            fraction += 1
            if fraction > decimals:
                if digit != 0:
                    return -1, np.int64(0)
                continue
        value = value * np.int64(10) + digit
    padding = max(decimals - fraction, 0)
    plain = place < end and whole > 0 and fraction > 0 if seen_point else place < end and whole > 0
    if not plain or whole + min(fraction, decimals) + padding > _DIGITS_MAX or fraction > _DIGITS_MAX:
        return -1, np.int64(0)
    for _ in range(padding):
        value *= np.int64(10)
    return place + 1, value
