"""How good a model's scores are on rows that it has not seen."""

import math

import numpy as np
import numpy.typing as npt

from models.registry import Bin, Metrics
from models.scorer import BP, EVEN_BP
from models.splits import Examples
from schemas.errors import DataError

BINS = 10


def evaluate(scores_bp: npt.NDArray[np.int32], rows: Examples, horizon_ns: int) -> Metrics:
    """Accuracy, base rate, log-loss and calibration of scores (basis points of up) over the rows that moved.

    A score counts as right when it is on the label's side of 5,000; exactly 5,000 is no side and counts as wrong.
    For the log-loss a score counts as at least 1 and at most 9,999. Raises DataError when no row moved.
    """
    moved = rows.label != 0
    if not moved.any():
        raise DataError(f"evaluation: none of {len(rows)} rows moved")
    up, score = rows.label[moved] > 0, scores_bp[moved].astype(np.float64)
    right = np.where(up, score > EVEN_BP, score < EVEN_BP)
    accuracy, up_share = float(right.mean()), float(up.mean())
    return Metrics(
        rows=len(up),
        flat_rows=int((~moved).sum()),
        accuracy=accuracy,
        accuracy_se=math.sqrt(accuracy * (1 - accuracy) / len(up)),
        accuracy_se_blocks=_block_error(right, rows.row_ns[moved] // horizon_ns),
        base_rate=max(up_share, 1 - up_share),
        log_loss=_log_loss(score, up),
        log_loss_base=_log_loss(np.full(len(up), up_share * BP), up),
        calibration=_calibration(score, up),
    )


def _block_error(right: npt.NDArray[np.bool_], block: npt.NDArray[np.int64]) -> float:
    """The standard error of the mean when rows of one block go right or wrong together (Liang and Zeger 1986)."""
    _, place = np.unique(block, return_inverse=True)
    excess = np.bincount(place, weights=right - right.mean())
    return float(np.sqrt((excess**2).sum()) / len(right))


def _log_loss(score_bp: npt.NDArray[np.float64], up: npt.NDArray[np.bool_]) -> float:
    right = np.clip(np.where(up, score_bp, BP - score_bp), 1, BP - 1) / BP
    return float(-np.log(right).mean())


def _calibration(score_bp: npt.NDArray[np.float64], up: npt.NDArray[np.bool_]) -> tuple[Bin, ...]:
    """Bins of equal width; empty ones are left out, a score of 10,000 belongs to the last."""
    width = BP // BINS
    place = np.minimum(score_bp // width, BINS - 1)
    return tuple(
        Bin(
            from_bp=number * width,
            to_bp=(number + 1) * width,
            rows=int(inside.sum()),
            score_bp_mean=float(score_bp[inside].mean()),
            up_share=float(up[inside].mean()),
        )
        for number in range(BINS)
        if (inside := place == number).any()
    )
