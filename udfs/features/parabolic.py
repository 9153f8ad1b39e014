"""Wilder's parabolic stop and reverse."""

import numpy as np

import udfs.features.window
from udfs.features.window import settle
from udfs.kernels import kernel

PARABOLIC = np.dtype(
    [
        ("high", "<i8"),  # of the bar before
        ("low", "<i8"),
        ("extreme", "<i8"),  # of the move so far; upside down when falling
        ("side", "<i8"),  # 1 rising, -1 falling, 0 before the second bar
        ("gap", "<f8"),  # the next bar's stop - extreme: a large price costs no digits
        ("factor", "<f8"),
        ("bars", "<i8"),
    ]
)
_STEP, _MAX = 0.02, 0.2


@kernel()
def _seen(side, high, low):  # type: ignore[no-untyped-def]
    """High and low as the rising rules want them: a falling market is a rising one upside down."""
    return (high, low) if side > 0 else (-low, -high)


@kernel()
def _begin(state, high, low):  # type: ignore[no-untyped-def]
    """At the second bar: falling if it moved further down than up; the stop is the far end of the bar before."""
    down = state.low - low
    state.side = -1 if down > 0 and down > high - state.high else 1
    state.extreme = _seen(state.side, high, low)[0]
    state.gap = float(_seen(state.side, state.high, state.low)[1] - state.extreme)
    state.factor = _STEP
    state.high, state.low = high, low


@kernel(udfs.features.window)
def _approach(state, before, now):  # type: ignore[no-untyped-def]
    """The next bar's stop moves by the factor towards the extreme, but not into the last two bars."""
    bound = min(before[1], now[1])
    state.gap = min(settle(state.gap * (1.0 - state.factor)), float(bound - state.extreme))


@kernel(udfs.features.window)
def _stop(state, high, low):  # type: ignore[no-untyped-def]
    """This bar's stop - the extreme, before the bar moves them; a bar that reaches the stop reverses them first.

    Then the stop is the old extreme, or what lies outside the last two bars if that is further.
    """
    before, now = _seen(state.side, state.high, state.low), _seen(state.side, high, low)
    if float(now[1] - state.extreme) <= state.gap:
        furthest = max(state.extreme, before[0], now[0])
        state.side = -state.side
        before, now = _seen(state.side, state.high, state.low), _seen(state.side, high, low)
        state.factor, state.extreme = _STEP, now[0]
        state.gap = float(-furthest - state.extreme)
    stop, rise = state.gap, now[0] - state.extreme
    if rise > 0:
        state.gap -= float(rise)
        state.extreme = now[0]
        state.factor = min(state.factor + _STEP, _MAX)
    _approach(state, before, now)
    return stop, rise


@kernel(udfs.features.window)
def sar_distance_bp(state, high, low, close):  # type: ignore[no-untyped-def]
    """(close - stop) / close: positive while rising, negative while falling. Factor 0.02 to 0.2. Wilder 1978.

    A bar that touches the stop reverses at once. 0 at the first bar and at a constant price.
    """
    state.bars += 1
    if state.bars == 1:
        state.high, state.low = high, low
        return 0.0
    if state.bars == 2:
        _begin(state, high, low)
    stop, rise = _stop(state, high, low)
    state.high, state.low = high, low
    from_extreme = close * state.side - state.extreme + max(rise, 0)
    return 1e4 * (float(from_extreme) - stop) * float(state.side) / float(close)
