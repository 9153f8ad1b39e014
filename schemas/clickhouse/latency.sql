-- The latency ledger: every stamp of every order, in the order of its way. A stamp that nobody made is null, never zero.
-- Venue and feed have clocks of their own; feed_due is the feed's receive time brought to this machine's wall clock.
CREATE VIEW IF NOT EXISTS penstock.latency
(
    order_id              String            COMMENT 'orders.id',
    strategy              LowCardinality(String)  COMMENT 'Name of the strategy',
    channel               UInt32            COMMENT 'Kafka partition',
    venue_ns              Nullable(Int64)   COMMENT 'By the venue''s clock: the record that the decision was made at',
    feed_ns               Nullable(Int64)   COMMENT 'By the feed''s clock: when it received that record',
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
SELECT
    orders.id AS order_id,
    orders.strategy AS strategy,
    orders._partition AS channel,
    nullIf(orders.venue_ns, 0) AS venue_ns,
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
WHERE orders.action = 'new';
