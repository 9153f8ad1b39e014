"""Beta: how far an instrument goes with its reference."""

import udfs.features.moments
from udfs.features.moments import beta, pairs_of
from udfs.kernels import kernel

STATE = pairs_of(60)


@kernel(udfs.features.moments)
def update(own, bar, seen, setting, values):  # type: ignore[no-untyped-def]
    """The slope of 60 log returns of the mid over those of the reference's; 0 while these are all equal."""
    values[0] = beta(own, bar.mid_half, bar.reference_half)
