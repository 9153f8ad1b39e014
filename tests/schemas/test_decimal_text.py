"""Decimal text against decimal.Decimal: exact, or refused."""

import re
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decimal_text import INT64_MAX, parse, render
from schemas.errors import BadText

NOTATION = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
decimals = st.integers(0, 9)
digits = st.text("0123456789", min_size=1, max_size=18)
plain = st.builds("{}{}{}".format, st.sampled_from(["", "-"]), digits, st.one_of(st.just(""), digits.map(".{}".format)))


def exact(text: str, places: int) -> int | None:
    """None when the number is not a multiple of the unit or does not fit."""
    with localcontext() as context:
        context.prec = 60
        value = Decimal(text).scaleb(places)
        fits = value == value.to_integral_value() and abs(value) <= INT64_MAX
        return int(value) if fits else None


@given(plain, decimals)
def test_plain_notation_is_read_as_decimal_reads_it(text, places):
    wanted = exact(text, places)
    if wanted is None:
        with pytest.raises(BadText, match=r"not a multiple|does not fit"):
            parse(text, places)
    else:
        assert parse(text, places) == wanted


@given(st.text("0123456789.-+eE_ ,xXnNaAiIfF٣\n", max_size=12), decimals)
def test_any_other_notation_is_refused(text, places):
    if not NOTATION.fullmatch(text):
        with pytest.raises(BadText, match="is not a decimal number"):
            parse(text, places)


@given(st.integers(-INT64_MAX, INT64_MAX), decimals)
def test_what_is_rendered_is_read_again(value, places):
    text = render(value, places)
    if len(text.lstrip("-").partition(".")[0]) <= 18:
        assert parse(text, places) == value
    assert exact(text, places) == value
    assert len(text.partition(".")[2]) == places


@given(st.integers(-INT64_MAX, INT64_MAX), decimals, st.integers(0, 9))
def test_zeros_behind_change_nothing(value, places, zeros):
    text = render(value, places)
    if len(text.lstrip("-")) <= 18 and places:
        assert parse(text + "0" * zeros, places) == value


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "1.", ".5", "+1", "1e3", "NaN", "Infinity", "0x10", "1_000", "1,5", " 1", "1 ", "1\n", "--1", "٣"],
)
def test_other_notations_are_named(text):
    with pytest.raises(BadText, match="is not a decimal number"):
        parse(text, 2)


def test_the_edge_of_64_bits():
    assert parse("9223372036.854775807", 9) == INT64_MAX
    assert parse("-9223372036.854775807", 9) == -INT64_MAX
    with pytest.raises(BadText, match="does not fit 64 bits"):
        parse("9223372036.854775808", 9)


def test_a_price_that_floats_get_wrong():
    assert parse("61837.63", 2) == 6183763 != int(61837.63 * 100 // 1) + 1
    assert parse("0.29", 2) == 29 != int(0.29 * 100)
