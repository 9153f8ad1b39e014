-- The oracle of `penstock parity`: bars and indicators of one width, from archived ticks by nothing but SQL.
-- {width} is in ns, {bars} the window of Bollinger; {ticks} is the table of ticks, or one with a changed price.
WITH
    bitAnd(flags, 24) = 0 AND kind = 'TRADE' AS is_print, -- corrections and cancels speak of an earlier trade
    seconds AS
    (
        SELECT
            instrument,
            (intDiv(receive_ns, {width}) + 1) * {width} AS end_ns,
            argMinIf(price_units, (_offset, _row), is_print) AS open,
            maxIf(price_units, is_print) AS high,
            minIf(price_units, is_print) AS low,
            sumIf(size_units, is_print) AS volume,
            sumIf(toInt128(price_units) * size_units, is_print) AS value,
            sumIf(size_units, is_print AND side = 'BUY') AS buy_volume,
            sumIf(size_units, is_print AND side = 'SELL') AS sell_volume,
            countIf(kind = 'TRADE') AS trades,
            argMaxOrNullIf(price_units, (_offset, _row), is_print) AS last_trade,
            argMaxOrNullIf(if(size_units = 0, 0, price_units), (_offset, _row), kind = 'BID') AS last_bid,
            argMaxOrNullIf(size_units, (_offset, _row), kind = 'BID') AS last_bid_size,
            argMaxOrNullIf(if(size_units = 0, 0, price_units), (_offset, _row), kind = 'ASK') AS last_ask,
            argMaxOrNullIf(size_units, (_offset, _row), kind = 'ASK') AS last_ask_size
        FROM {ticks}
        WHERE kind != 'STATUS' AND bitAnd(flags, 4) = 0
        GROUP BY instrument, end_ns
    ),
    bars AS
    (
        SELECT
            *,
            ifNull(anyLast(last_trade) OVER so_far, 0) AS close,
            ifNull(anyLast(last_bid) OVER so_far, 0) AS bid,
            ifNull(anyLast(last_bid_size) OVER so_far, 0) AS bid_size,
            ifNull(anyLast(last_ask) OVER so_far, 0) AS ask,
            ifNull(anyLast(last_ask_size) OVER so_far, 0) AS ask_size
        FROM seconds
        WINDOW so_far AS (PARTITION BY instrument ORDER BY end_ns ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    mids AS -- indicators count bars that close with both sides of the book; a mid is in half price units
    (
        SELECT
            instrument,
            end_ns,
            bid + ask AS mid,
            lagInFrame(mid, 1) OVER back AS mid_1,
            lagInFrame(mid, 5) OVER back AS mid_5,
            count() OVER many AS n,
            sum(toInt256(mid)) OVER many AS total,
            sum(toInt256(mid) * mid) OVER many AS squares,
            sum(toInt256(volume)) OVER half_minute AS traded,
            sum(toInt256(value)) OVER half_minute AS paid
        FROM bars
        WHERE bid_size > 0 AND ask_size > 0
        WINDOW
            back AS (PARTITION BY instrument ORDER BY end_ns ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
            many AS (PARTITION BY instrument ORDER BY end_ns ROWS BETWEEN {bars} - 1 PRECEDING AND CURRENT ROW),
            half_minute AS (PARTITION BY instrument ORDER BY end_ns ROWS BETWEEN 29 PRECEDING AND CURRENT ROW)
    )
SELECT
    bars.instrument AS instrument,
    bars.end_ns AS end_ns,
    open, high, low, close, volume, toInt64(value) AS value, buy_volume, sell_volume, toInt64(trades) AS trades,
    bid, bid_size, ask, ask_size,
    mids.n > 0 AS has_mid,
    if(mid_1 > 0, 1e4 * toFloat64(mid - mid_1) / mid_1, 0) AS return_1,
    if(mid_5 > 0, 1e4 * toFloat64(mid - mid_5) / mid_5, 0) AS return_5,
    if(total > 0, 1e4 * toFloat64(n * mid - total) / toFloat64(total), 0) AS sma_distance,
    if(n * squares > total * total,
       toFloat64(n * mid - total) / (2 * sqrt(toFloat64(n * squares - total * total))), 0) AS bollinger,
    if(paid > 0, 1e4 * (0.5 * toFloat64(mid) * toFloat64(traded) / toFloat64(paid) - 1), 0) AS vwap_distance,
    if(buy_volume + sell_volume > 0,
       toFloat64(buy_volume - sell_volume) / (toFloat64(buy_volume) + toFloat64(sell_volume)), 0) AS trade_imbalance
FROM bars
LEFT JOIN mids ON mids.instrument = bars.instrument AND mids.end_ns = bars.end_ns
ORDER BY instrument, end_ns
