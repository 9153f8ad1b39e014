"""The volume-weighted average price, of a session and of the last bars, from exact sums."""

import numpy as np

import udfs.features.exact
import udfs.features.ring
from udfs.features.exact import TOTAL, add, beyond, remove
from udfs.features.ring import claim
from udfs.kernels import kernel

SESSION = np.dtype([("value", TOTAL), ("volume", TOTAL), ("session", "<i8"), ("bars", "<i8")])


def rolling_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    rings = [("values", "<i8", (n,)), ("volumes", "<i8", (n,))]
    return np.dtype([*rings, ("value", TOTAL), ("volume", TOTAL), ("place", "<i8"), ("bars", "<i8")])


@kernel(udfs.features.exact)
def _distance_bp(value, volume, price):  # type: ignore[no-untyped-def]
    """price / (value / volume) - 1; 0 when nothing was traded."""
    paid = beyond(value, 0, 0)
    return 1e4 * (float(price) * beyond(volume, 0, 0) / paid - 1.0) if paid > 0.0 else 0.0


@kernel(udfs.features.exact, udfs.features.ring)
def rolling_distance_bp(state, value, volume, price):  # type: ignore[no-untyped-def]
    """price / VWAP of the last n bars - 1; `value` is the sum of price * size. 0 when nothing was traded in them."""
    place = claim(state, len(state.values))
    remove(state.value, state.values[place])
    remove(state.volume, state.volumes[place])
    state.values[place], state.volumes[place] = value, volume
    add(state.value, value)
    add(state.volume, volume)
    return _distance_bp(state.value, state.volume, price)


@kernel(udfs.features.exact)
def session_distance_bp(state, session, value, volume, price):  # type: ignore[no-untyped-def]
    """price / VWAP since the session began - 1; a bar of another session number begins anew. 0 without trades."""
    if state.bars == 0 or session != state.session:
        state.value.high = state.value.low = state.volume.high = state.volume.low = 0
    state.session = session
    state.bars += 1
    add(state.value, value)
    add(state.volume, volume)
    return _distance_bp(state.value, state.volume, price)
