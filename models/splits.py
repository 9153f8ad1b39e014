"""Training rows and evaluation rows, parted in time with a gap between them."""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.errors import DataError
from schemas.frame import Records


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled rows in the order of their time, then of their numbers.

    x float32 [n, width of the feature set]; label int8 [n], +1, 0 or -1; row_ns and matured_ns int64 [n], when the
    row was made and when its label was known.
    """

    x: npt.NDArray[np.float32]
    label: npt.NDArray[np.int8]
    row_ns: npt.NDArray[np.int64]
    matured_ns: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.label)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Examples":
        return Examples(self.x[chosen], self.label[chosen], self.row_ns[chosen], self.matured_ns[chosen])

    def moved(self) -> "Examples":
        """Without the flat rows."""
        return self.where(self.label != 0)


def examples(features: Records, labels: Records) -> Examples:
    """The rows of one channel that have a label.

    `features` are FEATURE records numbered without holes; `labels` LABEL or OUTCOME records, each of one of those
    rows. Raises DataError for a label without its row.
    """
    first = int(features["number"][0]) if len(features) else 0
    places = labels["row"].astype(np.int64) - first
    if len(places) and not (places.min() >= 0 and places.max() < len(features)):
        raise DataError(f"labels of rows {labels['row'].min()} to {labels['row'].max()}, but {len(features)} rows")
    rows = features[places]
    if not (rows["number"] == labels["row"]).all():
        raise DataError(f"the {len(features)} feature rows from number {first} on have holes")
    known = Examples(
        rows["x"].astype(np.float32),
        labels["label"].astype(np.int8),
        rows["channel_ns"].astype(np.int64),
        labels["channel_ns"].astype(np.int64),
    )
    return _ordered(known, np.asarray(labels["row"]))


def joined(parts: list[Examples]) -> Examples:
    """The examples of several channels as one set."""
    whole = Examples(
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.label for part in parts]),
        np.concatenate([part.row_ns for part in parts]),
        np.concatenate([part.matured_ns for part in parts]),
    )
    return _ordered(whole, np.arange(len(whole)))


def _ordered(whole: Examples, number: npt.NDArray[np.int64]) -> Examples:
    order = np.lexsort((number, whole.row_ns))
    return Examples(whole.x[order], whole.label[order], whole.row_ns[order], whole.matured_ns[order])


def digest(part: Examples) -> str:
    """The sha256 of the examples' bytes: which data a model was made from."""
    sha256 = hashlib.sha256()
    for array in (part.x, part.label, part.row_ns, part.matured_ns):
        sha256.update(np.ascontiguousarray(array).tobytes())
    return sha256.hexdigest()


def split(whole: Examples, at_ns: int, gap_ns: int) -> tuple[Examples, Examples]:
    """Rows whose label was known by `at_ns`, and rows made `gap_ns` or more after it; what lies between is left out.

    After a gap of the horizon and the features' longest look back, no evaluated row has seen a training label.

    Raises DataError when one of the parts has not both sides, up and down.
    """
    train, evaluate = whole.where(whole.matured_ns <= at_ns), whole.where(whole.row_ns >= at_ns + gap_ns)
    for name, part in (("before", train), ("after", evaluate)):
        if not {-1, 1} <= set(part.label.tolist()):
            raise DataError(
                f"split: the {len(part)} rows {name} {at_ns} (gap {gap_ns} ns) have not both ups and downs: "
                "give more data or another split"
            )
    return train, evaluate
