"""What each feature is called on bars of levels, of prints, of quotes, and of an instrument beside its reference."""

from schemas.indicators import Indicator
from schemas.mirror import SIGNED, UNSIGNED

_DEPTH = "(bid sizes - ask sizes) / both, best {} levels at the close; the last value while they are not known"
_FLOW = "Xu, Gould, Howison 2018: sum of the flow of the best {} levels / mean size of such a level at the close"

OF_DEPTH = (
    Indicator("depth_imbalance_5", "1", 1, SIGNED, _DEPTH.format(5)),
    Indicator("level_flow_imbalance_5", "1", 1, SIGNED, _FLOW.format(5)),
    Indicator("depth_imbalance_10", "1", 1, SIGNED, _DEPTH.format(10)),
    Indicator("level_flow_imbalance_10", "1", 1, SIGNED, _FLOW.format(10)),
)
OF_PRINTS = (
    Indicator(
        "effective_spread",
        "bp",
        1,
        UNSIGNED,
        "Huang, Stoll 1996: 2 sign (price - mid before), mean by size, over the mid; the last one without trades",
    ),
    Indicator(
        "realised_spread",
        "bp",
        7,  # the trades of the first second have then matured
        UNSIGNED,
        "Huang, Stoll 1996: 2 sign (price - mid 5 s later), mean by size of what matured in the bar, over the mid",
    ),
    Indicator(
        "price_impact",
        "bp",
        7,
        UNSIGNED,
        "Huang, Stoll 1996: effective less realised spread of the trades that matured in the bar",
    ),
    Indicator(
        "tick_rule_imbalance",
        "1",
        1,
        SIGNED,
        "(bought - sold) / traded size, signed by the last change of the trade price; 0 without trades",
    ),
    Indicator(
        "lee_ready_imbalance",
        "1",
        1,
        SIGNED,
        "Lee, Ready 1991: (bought - sold) / traded size, signed by the mid before, at the mid by the tick rule",
    ),
)
OF_QUOTES = (
    Indicator(
        "quote_to_trade_ratio",
        "1",
        1,
        UNSIGNED,
        "changes of the best quotes / trades in the bar; their number without trades",
    ),
)
OF_PAIRS = (
    Indicator(
        "beta_60",
        "1",
        61,
        UNSIGNED,
        "Sharpe 1963: cov(r, q) / var(q) of 60 log returns of the mid and of the reference's; 0 when q is constant",
    ),
)
