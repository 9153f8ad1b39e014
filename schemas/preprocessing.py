"""The columns of the preprocessing block as features: what each is called, at the close of a bar."""

from schemas.indicators import Indicator
from schemas.mirror import SIGNED, UNSIGNED

OF_COLUMNS = (
    Indicator("trade_z", "1", 8, SIGNED, "last trade less the EWMA before it / root of its EWMA square, 1/1024 steps"),
    Indicator("trade_deviation", "bp", 8, UNSIGNED, "root of the EWMA (1/32) of squared distances / EWMA of the price"),
    Indicator("trade_drift", "bp", 8, SIGNED, "EWMA (1/16) of the trade price / VWAP since the start of the log - 1"),
    Indicator("quote_flow", "1", 1, SIGNED, "order flow at the best quotes in the bar / mean of bid and ask size"),
    Indicator("signed_share", "1", 1, SIGNED, "(bought - sold) / traded size in the bar, by aggressor"),
)
