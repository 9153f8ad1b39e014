-- What the gateway did with each order that has met its end, and when by its machine's wall clock; see latency.
CREATE TABLE IF NOT EXISTS penstock.stamps
(
    _topic           LowCardinality(String)          COMMENT 'Kafka topic',
    _partition       UInt32                          COMMENT 'Kafka partition: the channel',
    _offset          UInt64         CODEC(Delta, LZ4)  COMMENT 'Kafka offset of the frame',
    _row             UInt32                          COMMENT 'Place in the frame',
    source           LowCardinality(String)          COMMENT 'GATEWAY',
    epoch            UInt32                          COMMENT 'The writer''s life',
    sequence         UInt64         CODEC(Delta, LZ4)  COMMENT 'Number of the record',
    order_id         String                          COMMENT 'The order; orders.id',
    received_ns      Int64                           COMMENT 'Wall clock when the gateway received it, ns since 1970 UTC',
    synced_ns        Int64                           COMMENT 'When its ledger was on the disk; 0 = it never went on',
    sent_ns          Int64                           COMMENT 'When it was offered to the broker; 0 = it was not',
    acknowledged_ns  Int64                           COMMENT 'When the broker first said anything of it; 0 = nothing',
    final_ns         Int64                           COMMENT 'When it had met its end'
)
ENGINE = MergeTree
ORDER BY (_partition, _offset, _row)
COMMENT 'The gateway''s wall clocks: a row an order that has met its end';
