"""Every indicator, slow and obvious: 60 decimal digits, and the whole history anew for each bar where it has a window.

Each function takes the bars and gives one tuple of values a bar.
"""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

from tests.udfs.features.candles import Candle

Rows = list[tuple[Decimal, ...]]
ZERO, BP = Decimal(0), Decimal(10_000)


def windows(values: list, n: int) -> list[list]:
    return [values[max(0, end - n) : end] for end in range(1, len(values) + 1)]


def mean(values: list[Decimal]) -> Decimal:
    return sum(values, ZERO) / len(values)


def root_variance(values: list[Decimal]) -> Decimal:
    centre = mean(values)
    return mean([(value - centre) ** 2 for value in values]).sqrt()


def ratio(top: Decimal, bottom: Decimal, otherwise: Decimal | int = 0) -> Decimal:
    return top / bottom if bottom else Decimal(otherwise)


def closes(bars: list[Candle]) -> list[Decimal]:
    return [Decimal(bar.close) for bar in bars]


def ema(values: list[Decimal], n: int) -> list[Decimal]:
    found = values[:1]
    for value in values[1:]:
        found.append(found[-1] + (value - found[-1]) * 2 / (n + 1))
    return found


def wilder(values: list[Decimal], n: int) -> list[Decimal]:
    found: list[Decimal] = []
    for count, value in enumerate(values, 1):
        found.append(mean(values[:count]) if count <= n else (found[-1] * (n - 1) + value) / n)
    return found


def true_ranges(bars: list[Candle]) -> list[Decimal]:
    later = [max(b.high, a.close) - min(b.low, a.close) for a, b in pairwise(bars)]
    return [Decimal(value) for value in (bars[0].high - bars[0].low, *later)]


def sma_20(bars: list[Candle]) -> Rows:
    return [(BP * (window[-1] / mean(window) - 1),) for window in windows(closes(bars), 20)]


def ema_20(bars: list[Candle]) -> Rows:
    prices = closes(bars)
    return [(BP * (price / average - 1),) for price, average in zip(prices, ema(prices, 20), strict=True)]


def z_score(bars: list[Candle], n: int = 20) -> Rows:
    return [(ratio(w[-1] - mean(w), root_variance(w)),) for w in windows(closes(bars), n)]


def z_score_60(bars: list[Candle]) -> Rows:
    return z_score(bars, 60)


def bollinger(bars: list[Candle]) -> Rows:
    found = []
    for window in windows(closes(bars), 20):
        width = root_variance(window)
        found.append((ratio(window[-1] - mean(window), 2 * width), BP * 4 * width / mean(window)))
    return found


def keltner(bars: list[Candle]) -> Rows:
    prices, ranges = closes(bars), wilder(true_ranges(bars), 10)
    rows = zip(prices, ema(prices, 20), ranges, strict=True)
    return [(ratio(price - average, 2 * reach), BP * 4 * reach / average) for price, average, reach in rows]


def atr(bars: list[Candle]) -> Rows:
    return [(BP * value / bar.close,) for value, bar in zip(wilder(true_ranges(bars), 14), bars, strict=True)]


def adx(bars: list[Candle]) -> Rows:
    n, plus, minus = 14, [], []
    for before, now in pairwise(bars):
        up, down = now.high - before.high, before.low - now.low
        plus.append(Decimal(up if up > down and up > 0 else 0))
        minus.append(Decimal(down if down > up and down > 0 else 0))
    smooth = zip(wilder(plus, n), wilder(minus, n), wilder(true_ranges(bars)[1:], n), strict=True)
    di = [(100 * ratio(p, r), 100 * ratio(m, r)) for p, m, r in smooth]
    dx = [100 * ratio(abs(p - m), p + m) for p, m in di]
    index = dx[: n - 1] + wilder(dx[n - 1 :], n)
    return [(ZERO, ZERO, ZERO), *((i, *both) for i, both in zip(index, di, strict=True))]


def parabolic(bars: list[Candle]) -> Rows:
    """As Wilder tells it, rising and falling written out."""
    rows: Rows = [(ZERO,)]
    if len(bars) < 2:
        return rows
    first, second = bars[:2]
    down, up = first.low - second.low, second.high - first.high
    rising, factor = not (down > 0 and down > up), Decimal("0.02")
    extreme, sar = (Decimal(second.high), Decimal(first.low)) if rising else (Decimal(second.low), Decimal(first.high))
    before = second
    for now in bars[1:]:
        if (now.low <= sar) if rising else (now.high >= sar):
            rising, factor = not rising, Decimal("0.02")
            sar = min(extreme, before.low, now.low) if rising else max(extreme, before.high, now.high)
            extreme = Decimal(now.high if rising else now.low)
            shown = Decimal(sar)
        else:
            shown = Decimal(sar)
            if (now.high > extreme) if rising else (now.low < extreme):
                extreme, factor = (
                    Decimal(now.high if rising else now.low),
                    min(factor + Decimal("0.02"), Decimal("0.2")),
                )
        sar = shown + factor * (extreme - shown)
        sar = min(sar, before.low, now.low) if rising else max(sar, before.high, now.high)
        rows.append((BP * (now.close - shown) / now.close,))
        before = now
    return rows


def stochastic(bars: list[Candle]) -> Rows:
    ks, rows = [], []
    for window in windows(bars, 14):
        highest, lowest, close = max(b.high for b in window), min(b.low for b in window), window[-1].close
        ks.append(ratio(100 * Decimal(close - lowest), Decimal(highest - lowest), 50))
        rows.append((ks[-1], mean(ks[-3:]), ratio(-100 * Decimal(highest - close), Decimal(highest - lowest), -50)))
    return rows


def donchian(bars: list[Candle]) -> Rows:
    rows = []
    for window in windows(bars, 20):
        highest, lowest, close = max(b.high for b in window), min(b.low for b in window), window[-1].close
        rows.append(
            (ratio(Decimal(close - lowest), Decimal(highest - lowest), Decimal("0.5")), BP * (highest - lowest) / close)
        )
    return rows


def typicals(bars: list[Candle]) -> list[Decimal]:
    return [Decimal(bar.high + bar.low + bar.close) / 3 for bar in bars]


def same(values: list[Decimal]) -> bool:
    """Also of what is equal but for rounding: 60 digits of a third are not exact."""
    return root_variance(values) <= Decimal("1e-12") * abs(values[-1])


def cci(bars: list[Candle]) -> Rows:
    rows = []
    for window in windows(typicals(bars), 20):
        deviation = ZERO if len(set(window)) == 1 else mean([abs(value - mean(window)) for value in window])
        rows.append((ratio(window[-1] - mean(window), Decimal("0.015") * deviation),))
    return rows


def obv(bars: list[Candle]) -> Rows:
    moves = [0, *(b.close - a.close for a, b in pairwise(bars))]
    signed = [
        Decimal(bar.volume) * (1 if move > 0 else -1 if move < 0 else 0) for bar, move in zip(bars, moves, strict=True)
    ]
    volumes = [Decimal(bar.volume) for bar in bars]
    recent = zip(windows(signed, 20), windows(volumes, 20), strict=True)
    return [(sum(signed[: i + 1]), ratio(sum(s), sum(v))) for i, (s, v) in enumerate(recent)]  # type: ignore[arg-type]


def mfi(bars: list[Candle]) -> Rows:
    typical = typicals(bars)
    moves = [ZERO, *(b - a for a, b in pairwise(typical))]
    flows = [t * b.volume * (1 if m > 0 else -1 if m < 0 else 0) for t, b, m in zip(typical, bars, moves, strict=True)]
    rows = []
    for window in windows(flows, 14):
        up, down = sum(f for f in window if f > 0), -sum(f for f in window if f < 0)
        rows.append((ratio(100 * Decimal(up), Decimal(up + down), 50),))
    return rows


def vwap_20(bars: list[Candle]) -> Rows:
    rows = []
    for window in windows(bars, 20):
        value, volume = sum(bar.value for bar in window), sum(bar.volume for bar in window)
        rows.append((BP * (Decimal(window[-1].close) * volume / value - 1),))
    return rows


def session(place: int) -> int:
    return place // 50


def vwap_session(bars: list[Candle]) -> Rows:
    """A session is 50 bars."""
    rows = []
    for place, bar in enumerate(bars):
        since = [one for other, one in enumerate(bars[: place + 1]) if session(other) == session(place)]
        value, volume = sum(one.value for one in since), sum(one.volume for one in since)
        rows.append((BP * (Decimal(bar.close) * volume / value - 1),))
    return rows


def log(after: int, before: int) -> Decimal:
    return (Decimal(after) / Decimal(before)).ln()


def parkinson(bars: list[Candle]) -> Rows:
    terms = [log(bar.high, bar.low) ** 2 / (4 * Decimal(2).ln()) for bar in bars]
    return [(BP * mean(window).sqrt(),) for window in windows(terms, 20)]


def garman_klass(bars: list[Candle]) -> Rows:
    k = 2 * Decimal(2).ln() - 1
    terms = [log(b.high, b.low) ** 2 / 2 - k * log(b.close, b.open) ** 2 for b in bars]
    return [(BP * mean(window).sqrt(),) for window in windows(terms, 20)]


def returns(bars: list[Candle]) -> list[Decimal]:
    return [BP * log(b.close, a.close) for a, b in pairwise(bars)]


def shape(window: list[Decimal]) -> tuple[Decimal, Decimal]:
    if same(window):
        return ZERO, ZERO
    second, third, fourth = (mean([(value - mean(window)) ** k for value in window]) for k in (2, 3, 4))
    return third / (second * second.sqrt()), fourth / second**2 - 3


def moments(bars: list[Candle]) -> Rows:
    rows = [(mean([r * r for r in w]).sqrt(), *shape(w)) for w in windows(returns(bars), 60)]
    return [(ZERO, ZERO, ZERO), *rows]


def reference(bars: list[Candle]) -> list[Candle]:
    """Another instrument at the same closes: half the price, and a day of its own every third bar."""
    return [bar._replace(close=bar.close // 2 + 1 + place % 3) for place, bar in enumerate(bars)]


def beta(bars: list[Candle]) -> Rows:
    pairs = list(zip(returns(bars), returns(reference(bars)), strict=True))
    rows: Rows = [(ZERO,)]
    for window in windows(pairs, 60):
        own, other = [r for r, _ in window], [q for _, q in window]
        both = mean([(r - mean(own)) * (q - mean(other)) for r, q in window])
        rows.append((ZERO if same(other) else both / root_variance(other) ** 2,))
    return rows


def roc_10(bars: list[Candle]) -> Rows:
    prices = closes(bars)
    return [(BP * (p / prices[i - 10] - 1) if i >= 10 else ZERO,) for i, p in enumerate(prices)]


def macd(bars: list[Candle]) -> Rows:
    prices = closes(bars)
    line = [fast - slow for fast, slow in zip(ema(prices, 12), ema(prices, 26), strict=True)]
    rows = zip(line, ema(line, 9), prices, strict=True)
    return [(BP * value / price, BP * signal / price, BP * (value - signal) / price) for value, signal, price in rows]


def rsi(bars: list[Candle]) -> Rows:
    moves = [b - a for a, b in pairwise(closes(bars))]
    gains, losses = wilder([max(m, ZERO) for m in moves], 14), wilder([max(-m, ZERO) for m in moves], 14)
    return [(Decimal(50),), *((ratio(100 * g, g + loss, 50),) for g, loss in zip(gains, losses, strict=True))]


Formula = Callable[[list[Candle]], Rows]
