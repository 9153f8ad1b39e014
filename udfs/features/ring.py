"""Windows of the last n bars: the newest takes the place of the oldest, so no value moves.

A state with rings has `place`, where the next bar goes, and `bars`, how many there were. Until n bars were seen the
window is as long as there are bars, in the places 0 to `filled` - 1.
"""

from udfs.kernels import kernel


@kernel()
def claim(state, n):  # type: ignore[no-untyped-def]
    """The place for the bar that comes now; it still holds the oldest one, or 0."""
    place = state.place
    state.place = place + 1 if place < n - 1 else 0
    state.bars += 1
    return place


@kernel()
def filled(state, n):  # type: ignore[no-untyped-def]
    return min(state.bars, n)
