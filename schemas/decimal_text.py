"""Exact conversion between decimal text and scaled integers; no float on the way.

>>> parse("61837.63000000", decimals=2)
6183763
>>> render(6183763, decimals=2)
'61837.63'
"""

import re

from schemas.errors import BadText

INT64_MAX = 2**63 - 1
_DECIMAL = re.compile(r"(-?)(\d{1,18})(?:\.(\d{1,18}))?", re.ASCII)


def parse(text: str, decimals: int) -> int:
    """The number in units of 10^-decimals; refuses what is not exactly a multiple of the unit.

    Exponents, signs other than a leading minus, separators, infinities and NaN are refused: a venue that
    changes its notation must be looked at, not guessed at.

    >>> parse("-0.5", decimals=1)
    -5
    >>> parse("0.005", decimals=2)
    Traceback (most recent call last):
    schemas.errors.BadText: '0.005' is not a multiple of 0.01
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise BadText(f"{text!r} is not a decimal number (digits, one point, optional minus)")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if fraction[decimals:].strip("0"):
        raise BadText(f"{text!r} is not a multiple of {render(1, decimals)}")
    value = int(whole + fraction[:decimals].ljust(decimals, "0"))
    if value > INT64_MAX:
        raise BadText(f"{text!r} in units of {render(1, decimals)} does not fit 64 bits")
    return -value if sign else value


def render(value: int, decimals: int) -> str:
    """The shortest exact text with `decimals` places after the point.

    >>> render(-5, decimals=3), render(12, decimals=0)
    ('-0.005', '12')
    """
    digits = str(abs(value)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    if decimals == 0:
        return sign + digits
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"
