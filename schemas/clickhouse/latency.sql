-- The latency ledger: every stamp of every order, in the order of its way. A stamp that nobody made is null, never zero.
-- Venue and feed have clocks of their own; feed_due is the feed's receive time brought to this machine's wall clock.
CREATE VIEW IF NOT EXISTS penstock.latency
(
    order_id              String            COMMENT 'orders.id',
    strategy              LowCardinality(String)  COMMENT 'Name of the strategy',
    channel               UInt32            COMMENT 'Kafka partition',
    venue_ns              Nullable(Int64)   COMMENT 'By the venue''s clock: the last tick of the order''s instrument in the second that the decision closes; null when that second has none with a venue time',
    tick_ns               Nullable(Int64)   COMMENT 'By the feed''s clock: when it received that tick',
    feed_ns               Nullable(Int64)   COMMENT 'By the feed''s clock: when it received the record at which the order was decided, the first of the next second',
    feed_due_ns           Nullable(Int64)   COMMENT 'By the wall clock: when that was, at the pace of the feed''s run; null when the run had no pace',
    published_ns          Nullable(Int64)   COMMENT 'By the wall clock: the feed sent the frame to the log',
    trade_received_ns     Nullable(Int64)   COMMENT 'Trade received the frame',
    decided_ns            Nullable(Int64)   COMMENT 'Trade had decided',
    gateway_received_ns   Nullable(Int64)   COMMENT 'The gateway received the order',
    synced_ns             Nullable(Int64)   COMMENT 'The gateway''s ledger had it on the disk',
    sent_ns               Nullable(Int64)   COMMENT 'The gateway offered it to the broker',
    acknowledged_ns       Nullable(Int64)   COMMENT 'The broker first said anything of it',
    final_ns              Nullable(Int64)   COMMENT 'It had met its end'
)
COMMENT 'Stamps by order'
AS
WITH last_ticks AS
    (
        SELECT
            _partition,
            instrument,
            intDiv(receive_ns, 1000000000) AS second,
            argMax(ticks.venue_ns, (_offset, _row)) AS venue_ns,
            argMax(ticks.receive_ns, (_offset, _row)) AS tick_ns
        FROM penstock.ticks AS ticks
        WHERE ticks.venue_ns != 0 AND bitAnd(flags, 4) = 0
            AND (instrument, second) IN (SELECT instrument, intDiv(decided_ns, 1000000000) - 1 FROM penstock.orders)
        GROUP BY _partition, instrument, second
    )
SELECT
    orders.id AS order_id,
    orders.strategy AS strategy,
    orders._partition AS channel,
    nullIf(last_ticks.venue_ns, 0) AS venue_ns,
    nullIf(last_ticks.tick_ns, 0) AS tick_ns,
    nullIf(orders.feed_ns, 0) AS feed_ns,
    if(clocks.pace > 0 AND orders.feed_ns != 0,
       clocks.start_ns + toInt64((orders.feed_ns - clocks.first_ns) / clocks.pace), NULL) AS feed_due_ns,
    nullIf(orders.wall_published_ns, 0) AS published_ns,
    nullIf(orders.wall_received_ns, 0) AS trade_received_ns,
    nullIf(orders.wall_decided_ns, 0) AS decided_ns,
    nullIf(stamps.received_ns, 0) AS gateway_received_ns,
    nullIf(stamps.synced_ns, 0) AS synced_ns,
    nullIf(stamps.sent_ns, 0) AS sent_ns,
    nullIf(stamps.acknowledged_ns, 0) AS acknowledged_ns,
    nullIf(stamps.final_ns, 0) AS final_ns
FROM penstock.orders AS orders
LEFT ANY JOIN penstock.stamps AS stamps ON stamps.order_id = orders.id
LEFT ANY JOIN penstock.clocks AS clocks ON clocks._partition = orders._partition AND clocks.epoch = orders.feed_epoch
LEFT ANY JOIN last_ticks ON last_ticks._partition = orders._partition AND last_ticks.instrument = orders.instrument
    AND last_ticks.second = intDiv(orders.decided_ns, 1000000000) - 1
WHERE orders.action = 'new';
