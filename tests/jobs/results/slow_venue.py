"""The slow twin of venue-time bars: a dict, one trade after the other, the watermark as a variable."""

Trade = tuple[int, int, int, int, int]  # position, instrument, venue_ns, price_units, size_units


def slow_bars(
    trades: list[Trade], width_ns: int, out_of_order_ms: int
) -> tuple[dict[tuple[int, int], tuple[int, ...]], list[int]]:
    """Open, high, low, close, volume and count by instrument and end; and the positions of the late trades."""
    inside: dict[tuple[int, int], list[Trade]] = {}
    late: list[int] = []
    watermark_ms: int | None = None
    for trade in trades:
        position, instrument, venue_ns, _, _ = trade
        end_ns = venue_ns - venue_ns % width_ns + width_ns
        if watermark_ms is not None and watermark_ms >= end_ns // 1_000_000 - 1:
            late.append(position)
        else:
            inside.setdefault((instrument, end_ns), []).append(trade)
        seen_ms = venue_ns // 1_000_000 - out_of_order_ms
        watermark_ms = seen_ms if watermark_ms is None else max(watermark_ms, seen_ms)
    return {key: _bar(members) for key, members in inside.items()}, late


def _bar(trades: list[Trade]) -> tuple[int, ...]:
    ordered = sorted(trades, key=lambda trade: (trade[2], trade[0]))
    prices = [price for _, _, _, price, _ in ordered]
    return prices[0], max(prices), min(prices), prices[-1], sum(size for *_, size in ordered), len(ordered)
