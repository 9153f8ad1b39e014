"""The same market upside down: what a feature row would have been had every price moved the other way."""

import numpy as np

from models.splits import Examples
from schemas.features import INDEX, NAMES

# Prices that go down instead of up, buyers instead of sellers, bids instead of asks: these change their sign,
SIGNED = (
    "return_1s",
    "return_5s",
    "order_flow_imbalance_1s",
    "trade_imbalance_1s",
    "book_imbalance",
    "microprice_distance",
    "vwap_distance_30s",
    "macd_histogram_1s",
    "bollinger_20_1s",
    "return_10s",
    "order_flow_imbalance_10s",
    "trade_imbalance_10s",
    "bollinger_6_10s",
)
OF_100 = ("rsi_14_1s", "rsi_6_10s")  # these become 100 less themselves,
UNSIGNED = (  # and these stay.
    "volatility_1s",
    "spread",
    "atr_14_1s",
    "trade_intensity_1s",
    "volatility_10s",
    "atr_6_10s",
)
assert sorted((*SIGNED, *OF_100, *UNSIGNED)) == sorted(NAMES), "a feature has no place in the mirror"


def mirrored(rows: Examples) -> Examples:
    """The rows seen in the mirror, with opposite labels; a bp ratio is mirrored to first order.

    Trained on both, a model cannot take the drift of a few minutes for knowledge: up and down are equally frequent.
    """
    x = rows.x.copy()
    for name in SIGNED:
        x[:, INDEX[name]] *= np.float32(-1)
    for name in OF_100:
        x[:, INDEX[name]] = np.float32(100) - x[:, INDEX[name]]
    return Examples(x, -rows.label, rows.row_ns, rows.matured_ns)
