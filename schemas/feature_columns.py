"""A column of `clickhouse/features.sql` for each feature of TABLE; `python -m schemas.feature_columns` writes them.

NULL stands where a row's feature set has not the feature: SQL's averages leave it out, as they would not leave out NaN.
"""

from pathlib import Path

from schemas.features import TABLE, Feature

SQL = Path(__file__).parent / "clickhouse" / "features.sql"
_BEGIN = "    -- schemas.features.TABLE:"
_END = "    time            DateTime64"


def columns() -> str:
    """The lines, in the order of TABLE."""
    return "".join(map(_column, TABLE))


def written(text: str) -> str:
    """The statement with its feature columns made anew."""
    begin = text.index("\n", text.index(_BEGIN)) + 1
    return text[:begin] + columns() + text[text.index(_END) :]


def _column(feature: Feature) -> str:
    unit = "" if feature.unit == "1" else f"{feature.unit}: "
    told = f"{unit}{feature.source}".replace("'", "''")
    return f"    {feature.name:<24} Nullable(Float32)  COMMENT '{told}',\n"


if __name__ == "__main__":
    SQL.write_text(written(SQL.read_text()))
