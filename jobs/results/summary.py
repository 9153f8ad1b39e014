"""The summary of a run: keys that stay, values that two runs over the same log share to the last digit.

Money is exact decimal text in the currency; rates are rounded to six digits after the point.
"""

from pathlib import Path
from typing import Any

import msgspec

from jobs.adapters.files import replace_file
from schemas.errors import DataError

TELEMETRY = ("latency_ns",)  # wall clocks: never equal in two runs, so never compared


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Rates(_Part, frozen=True):
    """How good predictions were over matured rows; None where no row has a label."""

    labelled: int  # rows with label +1 or -1
    flat: int  # rows with label 0: in no rate
    accuracy: float | None
    accuracy_se: float | None
    base_rate: float | None
    log_loss: float | None


class StrategyLine(_Part, frozen=True):
    """What one strategy did; money is decimal text by currency, P&L is after fees."""

    decisions: int
    orders: int
    fills: int  # executions
    fates: dict[str, int]  # of its orders: filled, partly_filled, expired, rejected, …, open
    no_order: dict[str, int]  # its own reasons
    vetoes: dict[str, int]  # risk's reasons
    pnl: dict[str, str]
    fees: dict[str, str]


class Latency(_Part, frozen=True):
    """One hop, in ns of wall clock."""

    p50: int
    p99: int
    max: int


class Summary(_Part, frozen=True):
    """Everything that a run is compared by."""

    ticks: int
    gaps: int
    marked: int  # feature rows with a mark
    quarantined: dict[str, int]  # by schemas.errors.Fault
    features: int
    predictions: int  # rows that the model scored
    decisions: int
    vetoes_by_reason: dict[str, int]
    strategies: dict[str, StrategyLine]
    labelled: int
    flat: int
    flat_share: float | None
    accuracy: float | None  # of the ensemble, out of sample, as are the next three
    accuracy_se: float | None
    base_rate: float | None
    log_loss: float | None
    in_sample: Rates  # of the ensemble, on rows that meet the model's training data
    members: dict[str, Rates]  # out of sample
    pnl: dict[str, str]
    fees: dict[str, str]
    latency_ns: dict[str, Latency] | None
    term: dict[str, str]  # hashes of what configured the decisions


def write(summary: Summary, path: Path) -> None:
    """Replace the file by this summary, keys sorted."""
    replace_file(path, msgspec.json.format(msgspec.json.encode(summary, order="sorted"), indent=2) + b"\n")


def read(path: Path) -> Summary:
    """The summary in a file; raises DataError when there is none, or when it is of another version."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Summary)
    except OSError as error:
        raise DataError(f"summary {path}: {error.strerror}: run `penstock try` or `penstock run` first") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise DataError(f"summary {path} is not one that this version writes: {error}") from error


def differences(one: Summary, other: Summary) -> dict[str, tuple[Any, Any]]:
    """The dotted keys, without telemetry, whose values differ; None where a side has no such key."""
    left, right = _flat(one), _flat(other)
    keys = [key for key in sorted({*left, *right}) if key.partition(".")[0] not in TELEMETRY]
    return {key: (left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)}


def _flat(summary: Summary) -> dict[str, Any]:
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("", msgspec.to_builtins(summary))]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [(f"{name}.{key}" if name else str(key), inner) for key, inner in value.items()]
        else:
            found[name] = value
    return found
