"""The kernel that reads level lists, against JSON and `schemas.decimal_text`."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.adapters.levels import read_levels
from schemas.decimal_text import parse
from schemas.errors import BadText

digits = st.text("0123456789", min_size=1, max_size=20)
plain = st.one_of(digits, st.builds("{}.{}".format, digits, digits))
odd = st.sampled_from(
    ["", ".", "1.", ".5", "-1", "-0.00", "+1", "1e3", "NaN", "1,5", " 1", "0x1", "1.2.3", "٣", '1"', "\\u0031"]
)
texts = st.one_of(plain, plain, odd)
pairs = st.lists(st.tuples(texts, texts), max_size=4)


def oracle(text: bytes, price_decimals: int, size_decimals: int) -> list[tuple[int, int]] | None:
    """None when anything is wrong."""
    try:
        found = json.loads(text)
        assert isinstance(found, list)
        return [(parse(price, price_decimals), parse(size, size_decimals)) for price, size in found]
    except (BadText, ValueError, AssertionError, TypeError):
        return None


@settings(deadline=None)
@given(st.lists(pairs, max_size=5), st.integers(0, 9), st.integers(0, 9), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_equals_the_exact_reading(lists, price_decimals, size_decimals, separators):
    raw = [json.dumps(one, separators=separators).encode() for one in lists]
    check(raw, price_decimals, size_decimals)


@settings(deadline=None)
@given(pairs, st.integers(0, 200), st.sampled_from(b'[]",.0 -x\\'), st.booleans())
def test_any_changed_byte_is_read_exactly_or_refused(one, place, byte, is_inserted):
    raw = json.dumps(one, separators=(",", ":")).encode()
    place %= len(raw)
    check([b'[["1","2"]]', raw[:place] + bytes([byte]) + raw[place + (not is_inserted) :], b'[["3","4"]]'], 2, 3)


def check(raw: list[bytes], price_decimals: int, size_decimals: int) -> None:
    found = read_levels(raw, price_decimals, size_decimals)
    assert len(found.begin) == len(raw) + 1
    for number, text in enumerate(raw):
        wanted = oracle(text, price_decimals, size_decimals)
        here = slice(found.begin[number], found.begin[number + 1])
        levels = list(zip(found.price[here].tolist(), found.size[here].tolist(), strict=True))
        assert levels == (wanted or [])
        assert (number in found.refused) == (wanted is None)


def test_nothing_and_empty_lists():
    assert len(read_levels([], 2, 2).price) == 0
    assert read_levels([b"[]", b'[["1","2"]]', b"[]"], 0, 0).begin.tolist() == [0, 0, 1, 1]


def test_the_largest_numbers():
    found = read_levels([b'[["999999999.999999999","9223372036.854775807"]]', b'[["9223372036.854775808","1"]]'], 9, 9)
    assert (found.price.tolist(), found.size.tolist()) == ([10**18 - 1], [2**63 - 1])
    assert "does not fit 64 bits" in found.refused[1]
    assert found.price.dtype == np.int64
