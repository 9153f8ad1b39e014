"""Feature sets in words: names, hashes, configuration, TERM, the row's record and its frames."""

import msgspec
import numpy as np
import pytest

from schemas.arrow import Placed, record_table
from schemas.config import FeaturesConfig, read
from schemas.control import Term
from schemas.errors import BadFrame, ConfigError, Fault
from schemas.feature_columns import SQL, written
from schemas.feature_sets import DEFAULT, SETS, chosen
from schemas.features import BY_CODE, NAMES, SERIES, TABLE, WIDTH
from schemas.frame import Frame, decode, encode
from schemas.layouts import feature_record, names_of
from schemas.records import FEATURE, Kind
from tests.builders import demo, demo_term

OTHER = ("return_60s", "spread", "rsi_14_1s")
# The shipped model and every state and log of the default set name it.
DEFAULT_HASH = "96ae06d96b7bd0f49af7f2f3cda89fefe501045fb89f4dfdaf02fe0e52880771"


def rows(names: tuple[str, ...], count: int = 3) -> np.ndarray:
    made = np.zeros(count, feature_record(names))
    made["number"], made["x"] = np.arange(1, count + 1), np.arange(len(names))
    if "codes" in made.dtype.names:
        made["codes"] = [feature.code for feature in chosen(names).features]
    return made


def test_the_default_set_is_what_it_always_was() -> None:
    assert (DEFAULT.hash, DEFAULT.names, len(DEFAULT)) == (DEFAULT_HASH, NAMES, WIDTH)
    assert feature_record(NAMES) is FEATURE


def test_names_and_codes_are_told_apart() -> None:
    assert len({feature.name for feature in TABLE}) == len(TABLE) == len(BY_CODE)
    assert {feature.series for feature in TABLE} <= set(SERIES)
    assert all(feature.source and feature.unit and feature.warm_up > 0 for feature in TABLE)


def test_another_order_is_another_set() -> None:
    assert len({chosen(OTHER).hash, chosen(OTHER[::-1]).hash, chosen(OTHER[:2]).hash}) == 3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('names = ["spraed"]', "there is no 'spraed' .did you mean spread"),
        ('names = ["spread", "spread"]', "spread stands twice"),
        ("names = []", "the set is empty"),
        ('set = "defualt"', "there is no set 'defualt' .did you mean default"),
        ('set = "default"\nnames = ["spread"]', "a set or names, not both"),
        ("width = 3", "width"),
    ],
)
def test_a_wrong_choice_is_refused_before_anything_starts(given: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read((_demo() + f"\n[features]\n{given}\n").encode(), "here")


@pytest.mark.parametrize(
    ("given", "names"), [('names = ["return_60s", "spread"]', ("return_60s", "spread")), ('set = "default"', NAMES)]
)
def test_a_set_is_chosen_by_name_or_by_names(given: str, names: tuple[str, ...]) -> None:
    assert read((_demo() + f"\n[features]\n{given}\n").encode(), "here").features.names == names
    assert demo().features.names == NAMES


def _demo() -> str:
    from importlib.resources import files

    return files("jobs.settings").joinpath("demo.toml").read_text()


def test_a_term_without_the_field_is_of_the_default_set() -> None:
    document = msgspec.json.decode(msgspec.json.encode(demo_term()))
    del document["features"]
    assert msgspec.json.decode(msgspec.json.encode(document), type=Term).feature_set is DEFAULT


@pytest.mark.parametrize("names", [OTHER, NAMES, NAMES[::-1], SETS["all"]])
def test_a_row_says_what_it_holds(names: tuple[str, ...]) -> None:
    data = encode(Frame(Kind.FEATURES, 0, 5, 1, 0, rows(names)))
    found = decode(data).records
    assert names_of(found) == names_of(found[1]) == names
    assert found.tobytes() == rows(names).tobytes()


def test_a_row_of_no_set_is_refused() -> None:
    data = bytearray(encode(Frame(Kind.FEATURES, 0, 5, 1, 0, rows(OTHER))))
    for size in (0, 72, 73, FEATURE.itemsize, 80):
        data[14:16] = size.to_bytes(2, "little")
        with pytest.raises(BadFrame) as refused:
            decode(bytes(data))
        assert refused.value.fault is Fault.UNKNOWN_SCHEMA


def test_a_feature_that_is_not_known_here_keeps_its_number() -> None:
    made = rows(OTHER)
    made["codes"][:, 1] = 7
    assert names_of(made) == ("return_60s", "#7", "rsi_14_1s")


def test_rows_of_several_sets_make_one_table_with_nulls() -> None:
    frames = [Frame(Kind.FEATURES, 0, 5, term, 0, rows(names)) for term, names in enumerate((NAMES, OTHER), 1)]
    table = record_table("features", [Placed("features.v1", 0, n, frame) for n, frame in enumerate(frames)])
    assert table.column("number").to_pylist() == [1, 2, 3, 1, 2, 3]
    assert table.column("spread").to_pylist() == [3.0] * 3 + [1.0] * 3
    assert table.column("return_60s").to_pylist() == [None] * 3 + [0.0] * 3
    assert table.column("return_1s").null_count == 3


def test_the_table_in_clickhouse_has_them_all() -> None:
    """`python -m schemas.feature_columns` makes it so."""
    assert SQL.read_text() == written(SQL.read_text())


def test_a_configuration_is_its_names() -> None:
    assert FeaturesConfig(names=OTHER).names == OTHER
