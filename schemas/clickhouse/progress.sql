-- How far each channel had come, with the running digest by which replicas are compared.
CREATE TABLE IF NOT EXISTS penstock.progress
(
    _topic       LowCardinality(String)          COMMENT 'Kafka topic',
    _partition   UInt32                          COMMENT 'Kafka partition: the channel',
    _offset      UInt64         CODEC(Delta, LZ4)  COMMENT 'Kafka offset of the frame',
    _row         UInt32                          COMMENT 'Place in the frame',
    source       LowCardinality(String)          COMMENT 'TRADE, or TRADE_B: the second replica of a hot pair',
    epoch        UInt32                          COMMENT 'The term of the channel',
    sequence     UInt64         CODEC(Delta, LZ4)  COMMENT 'Number of the record',
    position     UInt64                          COMMENT 'Records of the channel''s log taken in so far',
    decisions    UInt64                          COMMENT 'Decisions so far',
    term         UInt32                          COMMENT 'Term in force',
    halted       UInt8                           COMMENT '1 = the channel sends no order',
    digest       String                          COMMENT 'Chained sha256 over the decision records so far, in hex'
)
ENGINE = MergeTree
ORDER BY (_partition, _offset, _row)
COMMENT 'Position and digest of each channel';
