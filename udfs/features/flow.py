"""Volume with the sign of the price's move: on-balance volume and money flow."""

import numpy as np

import udfs.features.exact
import udfs.features.oscillator
import udfs.features.ring
from udfs.features.exact import TOTAL, add, beyond, remove
from udfs.features.oscillator import typical_price
from udfs.features.ring import claim, filled
from udfs.kernels import kernel


def obv_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    """The whole sum, and the last n bars' signed and unsigned volume."""
    rings = [("signed", "<i8", (n,)), ("volumes", "<i8", (n,))]
    totals = [("balance", TOTAL), ("window", TOTAL), ("volume", TOTAL)]
    return np.dtype([*rings, *totals, ("close", "<i8"), ("place", "<i8"), ("bars", "<i8")])


def mfi_of(n: int) -> np.dtype:  # type: ignore[type-arg]
    return np.dtype([("flows", "<f8", (n,)), ("typical", "<u8"), ("place", "<i8"), ("bars", "<i8")])


@kernel(udfs.features.exact, udfs.features.ring)
def on_balance_volume(state, close, volume):  # type: ignore[no-untyped-def]
    """The sum of volume, + when the close rose, - when it fell, since the first bar (which counts 0); in size units.

    And its change over the last n bars over their volume, from -1 to 1; 0 without volume. Both sums are exact.
    Granville 1963.
    """
    move = 0 if state.bars == 0 else close - state.close
    signed = volume if move > 0 else -volume if move < 0 else 0
    place = claim(state, len(state.signed))
    remove(state.window, state.signed[place])
    remove(state.volume, state.volumes[place])
    state.signed[place], state.volumes[place], state.close = signed, volume, close
    add(state.balance, signed)
    add(state.window, signed)
    add(state.volume, volume)
    traded = beyond(state.volume, 0, 0)
    return beyond(state.balance, 0, 0), beyond(state.window, 0, 0) / traded if traded > 0.0 else 0.0


@kernel(udfs.features.oscillator, udfs.features.ring)
def money_flow_index(state, high, low, close, volume):  # type: ignore[no-untyped-def]
    """100 P / (P + N) of typical price * volume over n bars, P of bars where it rose, N where it fell; 50 for none.

    Each product is rounded once; the window is summed anew for every bar, so nothing drifts. Quong, Soudack 1989.
    """
    typical = typical_price(high, low, close)
    flow = float(typical) * float(volume)
    signed = 0.0 if state.bars == 0 or typical == state.typical else flow if typical > state.typical else -flow
    state.typical = typical
    n = len(state.flows)
    state.flows[claim(state, n)] = signed
    positive = negative = 0.0
    for i in range(filled(state, n)):
        positive, negative = positive + max(state.flows[i], 0.0), negative + max(-state.flows[i], 0.0)
    both = positive + negative
    return 100.0 * positive / both if both > 0.0 else 50.0
