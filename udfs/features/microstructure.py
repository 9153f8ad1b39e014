"""Microstructure: what the best quotes and the flow through them say. Both sides of the book are there."""

from udfs.kernels import kernel


@kernel()
def spread_bp(close, mid):  # type: ignore[no-untyped-def]
    """(ask - bid) / mid; negative when crossed."""
    return 2e4 * float(close.ask - close.bid) / float(mid)


@kernel()
def order_flow_imbalance(close):  # type: ignore[no-untyped-def]
    """The bar's flow over the mean of the two sizes at its close. Cont, Kukanov, Stoikov 2014, eq. 2."""
    return 2.0 * float(close.flow) / (float(close.bid_size) + float(close.ask_size))


@kernel()
def book_imbalance(close):  # type: ignore[no-untyped-def]
    """(bid size - ask size) / both."""
    return float(close.bid_size - close.ask_size) / (float(close.bid_size) + float(close.ask_size))


@kernel()
def microprice_distance_bp(close, mid):  # type: ignore[no-untyped-def]
    """The size-weighted mid over the mid - 1, which is half the spread times the book's imbalance. Stoikov 2018."""
    return 0.5 * spread_bp(close, mid) * book_imbalance(close)
