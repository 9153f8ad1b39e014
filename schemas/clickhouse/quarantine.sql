-- What was refused, where and why; the bytes of a refused message are in frames at the same place of its topic.
CREATE TABLE IF NOT EXISTS penstock.quarantine
(
    _topic            LowCardinality(String)          COMMENT 'Kafka topic',
    _partition        UInt32                          COMMENT 'Kafka partition: the channel',
    _offset           UInt64         CODEC(Delta, LZ4)  COMMENT 'Kafka offset of the quarantine message',
    _row              UInt32                          COMMENT 'Always 0: a document is a message',
    source            LowCardinality(String)          COMMENT 'Who refused: TRADE, FEED or GATEWAY',
    epoch             UInt32                          COMMENT 'Its life, or its term where it is TRADE',
    sequence          UInt64         CODEC(Delta, LZ4)  COMMENT 'Number of the document',
    fault             LowCardinality(String)          COMMENT 'Why (schemas.errors.Fault by name)',
    message           String                          COMMENT 'Why, in words',
    position          UInt64                          COMMENT 'Position of the channel when it happened',
    refused_source    LowCardinality(String)          COMMENT 'Who wrote what was refused; empty = could not be read',
    refused_epoch     UInt32                          COMMENT 'That writer''s epoch',
    refused_sequence  UInt64                          COMMENT 'Number of the first refused record',
    refused_kind      LowCardinality(String)          COMMENT 'Kind of the refused frame',
    count             UInt32                          COMMENT 'Records refused',
    places            Array(UInt32)                   COMMENT 'Their places in the frame, the first 64',
    size              UInt64                          COMMENT 'Bytes of the refused message',
    sha256            String                          COMMENT 'Of the refused message',
    head              String                          COMMENT 'Its first 256 bytes, or the first refused record'
)
ENGINE = MergeTree
ORDER BY (_partition, _offset, _row)
COMMENT 'Refused bytes and records';
