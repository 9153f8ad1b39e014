-- Every message of every topic, byte for byte: the log can be rebuilt from here after Kafka has forgotten it.
-- A message stands here after its records stand in their tables, so max(_offset) + 1 is where the archive goes on.
CREATE TABLE IF NOT EXISTS penstock.frames
(
    _topic       LowCardinality(String)              COMMENT 'Kafka topic',
    _partition   UInt32                              COMMENT 'Kafka partition: the channel',
    _offset      UInt64                              COMMENT 'Kafka offset: without holes from the first one archived',
    kind         LowCardinality(String)              COMMENT 'schemas.records.Kind by name; ORDER for the JSON messages of orders.v1; UNREADABLE',
    source       LowCardinality(String)              COMMENT 'Who wrote it (schemas.topics.Source by name)',
    epoch        UInt32                              COMMENT 'The writer''s life; the term where the writer is TRADE',
    sequence     UInt64             CODEC(Delta, LZ4)  COMMENT 'Number of the first record; the writer counts its records without holes',
    count        UInt32                              COMMENT 'Records in the message',
    repeated     UInt32                              COMMENT 'The first so many had been archived before (repeats after a recovery, hot pair) and stand only in bytes',
    fault        LowCardinality(String)              COMMENT 'Why no row was made of it: schemas.errors.Fault by name, or CONFLICT = another order with a known id; else empty',
    publish_ns   Int64              CODEC(Delta, LZ4)  COMMENT 'Wall clock of the writer when it sent the frame, ns since 1970 UTC; 0 = not stamped',
    kafka_ms     Int64              CODEC(Delta, LZ4)  COMMENT 'Timestamp of the Kafka message, ms since 1970 UTC',
    bytes        String             CODEC(ZSTD(1))   COMMENT 'The message as it came',
    publish_time DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(publish_ns, 'UTC') COMMENT 'publish_ns as a time'
)
ENGINE = MergeTree
ORDER BY (_topic, _partition, _offset)
COMMENT 'Raw messages of all topics';
