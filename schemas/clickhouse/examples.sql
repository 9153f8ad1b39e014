-- Questions that people ask. Run one: penstock sql "…"

-- What the market said: ticks by instrument and kind.
SELECT venue, symbol, kind, count() AS ticks, min(time) AS first, max(time) AS last
FROM ticks
GROUP BY ALL
ORDER BY ALL;

-- The last trades, with real prices and times.
SELECT time, venue, symbol, side, price, size
FROM ticks
WHERE kind = 'TRADE'
ORDER BY _partition, _offset DESC, _row DESC
LIMIT 5 BY instrument;

-- How far venue time runs backwards behind its instrument's other streams.
SELECT
    venue,
    symbol,
    round(100 * avg(venue_ns < before), 2) AS backwards_percent,
    max(before - venue_ns) / 1e6 AS backwards_ms_max
FROM
(
    SELECT
        venue,
        symbol,
        venue_ns,
        max(venue_ns) OVER (PARTITION BY instrument ORDER BY _offset, _row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM ticks
    WHERE venue_ns > 0
)
GROUP BY ALL
ORDER BY ALL;

-- One-minute bars of traded prices.
SELECT
    toStartOfMinute(time) AS minute,
    venue,
    symbol,
    argMin(price, (_offset, _row)) AS open,
    max(price) AS high,
    min(price) AS low,
    argMax(price, (_offset, _row)) AS close,
    sum(size) AS volume
FROM ticks
WHERE kind = 'TRADE'
GROUP BY ALL
ORDER BY venue, symbol, minute;

-- Accuracy of the model, the online learner and the ensemble on rows whose label matured, with standard errors.
SELECT
    venue,
    symbol,
    in_sample,
    count() AS labelled,
    round(avg((model_bp > 5000) = (label > 0)), 4) AS model,
    round(avg((online_bp > 5000) = (label > 0)), 4) AS online,
    round(avg((p_bp > 5000) = (label > 0)), 4) AS ensemble,
    round(sqrt(ensemble * (1 - ensemble) / labelled), 4) AS standard_error,
    round(greatest(avg(label > 0), avg(label < 0)), 4) AS base_rate
FROM outcomes
WHERE label != 0
GROUP BY ALL
ORDER BY ALL;

-- Calibration: how often it went up when the ensemble said so.
SELECT
    intDiv(p_bp, 1000) / 10 AS probability_from,
    count() AS labelled,
    round(avg(p_bp) / 10000, 4) AS said,
    round(avg(label > 0), 4) AS happened
FROM outcomes
WHERE label != 0 AND NOT in_sample
GROUP BY ALL
ORDER BY ALL;

-- Why no order: decisions by strategy, verdict and reason.
SELECT strategy, verdict, reason, count() AS decisions
FROM decisions
GROUP BY ALL
ORDER BY strategy, decisions DESC;

-- What marked the rows on which nothing was traded.
SELECT symbol, venue, arrayJoin(marked) AS mark, count() AS decisions
FROM decisions
GROUP BY ALL
ORDER BY ALL;

-- Orders and what became of each.
SELECT
    orders.strategy AS strategy,
    coalesce(nullIf(final.kind, ''), 'OPEN') AS outcome,
    count() AS orders
FROM orders
LEFT JOIN
(
    SELECT order_id, argMax(kind, (_offset, _row)) AS kind
    FROM executions
    GROUP BY order_id
) AS final ON final.order_id = orders.id
WHERE orders.action = 'new'
GROUP BY ALL
ORDER BY ALL;

-- Profit and loss per strategy and currency: cash of the fills, what is still held at the last mid, less fees.
WITH last AS
(
    SELECT instrument, argMax(mid, (channel_ns, _offset, _row)) AS mid
    FROM features
    GROUP BY instrument
)
SELECT
    strategy,
    currency,
    sum(fills) AS fills,
    sum(cash) + sum(position * toDecimal256(last.mid, 9) * instruments.multiplier) AS before_fees,
    sum(fees) AS fees,
    before_fees - fees AS profit
FROM
(
    SELECT strategy, currency, instrument, count() AS fills, sum(cash) AS cash, sum(position) AS position, sum(fee) AS fees
    FROM penstock.fills
    GROUP BY ALL
) AS held
LEFT JOIN last ON last.instrument = held.instrument
LEFT JOIN instruments ON instruments.number = held.instrument
GROUP BY ALL
ORDER BY ALL;

-- Slippage of the fills against the mid of the decision, in basis points.
SELECT
    fills.strategy AS strategy,
    fills.symbol AS symbol,
    count() AS fills,
    round(avg(if(fills.side = 'BUY', 1, -1) * (toFloat64(fills.price) / ((toFloat64(decisions.bid) + toFloat64(decisions.ask)) / 2) - 1) * 10000), 3) AS slippage_bp
FROM fills
INNER JOIN orders ON orders.id = fills.order_id
INNER JOIN decisions ON decisions.number = orders.decision AND decisions._partition = orders._partition AND decisions.epoch = orders.term
GROUP BY ALL
ORDER BY ALL;

-- Latency per hop in microseconds: the frame's publication to trade, and trade's own time.
SELECT
    count() AS stamped_orders,
    quantilesExact(0.5, 0.99)((wall_received_ns - wall_published_ns) / 1000) AS published_to_received_us,
    quantilesExact(0.5, 0.99)((wall_decided_ns - wall_received_ns) / 1000) AS received_to_decided_us,
    max(wall_decided_ns - wall_published_ns) / 1000 AS published_to_decided_us_max
FROM orders
WHERE wall_published_ns > 0;

-- From a report's publication by the gateway back to its order's decision, in milliseconds.
SELECT
    executions.kind AS report,
    count() AS reports,
    quantilesExact(0.5, 0.99)((frames.publish_ns - orders.wall_decided_ns) / 1e6) AS decided_to_reported_ms
FROM executions
INNER JOIN orders ON orders.id = executions.order_id
INNER JOIN frames ON frames._topic = executions._topic AND frames._partition = executions._partition AND frames._offset = executions._offset
WHERE frames.publish_ns > 0 AND orders.wall_decided_ns > 0
GROUP BY ALL
ORDER BY ALL;

-- Quarantine by fault and writer.
SELECT fault, refused_source, count() AS documents, sum(count) AS records, any(message) AS example
FROM quarantine
GROUP BY ALL
ORDER BY documents DESC;

-- Messages of which no row was made, and records that came twice.
SELECT _topic, kind, fault, count() AS messages, sum(repeated) AS repeated_records
FROM frames
WHERE fault != '' OR repeated > 0
GROUP BY ALL
ORDER BY ALL;

-- Are the logs without holes: offsets kept against offsets spanned.
SELECT _topic, _partition, min(_offset) AS first, max(_offset) AS last, count() AS messages, last - first + 1 - messages AS missing
FROM frames
GROUP BY ALL
ORDER BY ALL;

-- How far each channel has come, and the digest by which replicas are compared.
SELECT _partition AS channel, source, term, max(position) AS reached, argMax(decisions, position) AS decided, argMax(digest, position) AS digest_there
FROM progress
GROUP BY ALL
ORDER BY ALL;

-- A hot pair: positions that both replicas have reached, and where their digests differ (none may).
SELECT channel, sum(sources > 1) AS compared, sum(digests > 1) AS different
FROM (
    SELECT _partition AS channel, position, uniqExact(source) AS sources, uniqExact(digest) AS digests
    FROM progress
    GROUP BY ALL
)
GROUP BY ALL
ORDER BY ALL;

-- Where the time goes, ms by hop: the median and the slowest of a hundred; null where nobody stamped.
SELECT
    strategy,
    count() AS orders,
    quantilesExact(0.5, 0.99)((published_ns - feed_due_ns) / 1e6) AS feed,
    quantilesExact(0.5, 0.99)((decided_ns - published_ns) / 1e6) AS to_decision,
    quantilesExact(0.5, 0.99)((sent_ns - decided_ns) / 1e6) AS to_broker,
    quantilesExact(0.5, 0.99)((acknowledged_ns - sent_ns) / 1e6) AS at_broker
FROM latency
GROUP BY strategy
ORDER BY strategy;

-- The orders that took the gateway longest, ms from their arrival to their end.
SELECT order_id, (final_ns - received_ns) / 1e6 AS took, if(sent_ns = 0, 'never sent', 'sent') AS fate
FROM stamps
ORDER BY took DESC
LIMIT 10;

-- The runs of the feed, and how many times faster than the past each was.
SELECT _partition AS channel, epoch, fromUnixTimestamp64Nano(start_ns, 'UTC') AS began, pace
FROM clocks
ORDER BY ALL;

-- Parity: how many values each check compared, and how many differed (none may).
SELECT time, beside, sum(compared) AS compared_all, sum(different + missing) AS differ
FROM parity_runs
GROUP BY ALL
ORDER BY time;

-- What configured and stopped the channels.
SELECT channel, _offset, source, control, left(document, 80) AS begins
FROM controls
ORDER BY channel, _offset;

-- What the archive costs on disk.
SELECT table, sum(rows) AS rows_all, formatReadableSize(sum(bytes_on_disk)) AS disk, round(sum(bytes_on_disk) / rows_all, 1) AS bytes_per_row
FROM system.parts
WHERE database = 'penstock' AND active
GROUP BY table
ORDER BY sum(bytes_on_disk) DESC;
