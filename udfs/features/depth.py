"""Depth: what the best levels of the book and the flow through them say."""

import numpy as np

import udfs.arrays
from schemas.frame import Records
from schemas.records import Mark
from udfs.arrays import Standing
from udfs.kernels import kernel

STATE = np.dtype([("imbalance", "<f8"), ("flow", "<f8")])
_LOST, _GAP = int(Standing.LOST), int(Mark.GAP)


@kernel(udfs.arrays)
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """The imbalance of sizes, and the flow over the mean size of a level, of the best `setting[0]` levels.

    (bid sizes - ask sizes) / both; the sum of the levels' flow over their mean size (Xu, Gould, Howison 2018, who let
    each level stand alone). While the book is lost, or not known so deep, both keep their last value and the row is
    marked (`mark_unknown`); 0 where there is no level at all.
    """
    levels = int(setting[0])
    if not bar.standing & _LOST and bar.known >= levels:
        bids = asks = flow = 0.0
        for level in range(levels):
            bids += float(bar.bid_size[level])
            asks += float(bar.ask_size[level])
            flow += float(bar.flow[level])
        own.imbalance = (bids - asks) / (bids + asks) if bids + asks > 0.0 else 0.0
        own.flow = 2.0 * levels * flow / (bids + asks) if bids + asks > 0.0 else 0.0
    values[0] = own.imbalance
    values[1] = own.flow


def mark_unknown(rows: Records, depths: Records, levels: int) -> None:
    """GAP on each row whose book is lost or not known `levels` deep: its depth features are not of now."""
    _mark(rows, depths, levels)


@kernel(udfs.arrays)
def _mark(rows, depths, levels):  # type: ignore[no-untyped-def]
    at = 0
    for row in range(rows.shape[0]):
        while at < depths.shape[0]:
            depth = depths[at]
            at += 1
            same = depth.position == rows[row].position and depth.instrument == rows[row].instrument
            if same and depth.width == 0:
                if depth.standing & _LOST or depth.known < levels:
                    rows[row].marks |= _GAP
                break
