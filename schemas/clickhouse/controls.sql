-- The documents that configured, stopped and resumed the channels, decoded from the raw bytes.
CREATE VIEW IF NOT EXISTS penstock.controls
(
    channel   UInt32                  COMMENT 'Kafka partition',
    _offset   UInt64                  COMMENT 'Kafka offset in ticks.v1',
    source    LowCardinality(String)  COMMENT 'Who wrote it',
    epoch     UInt32                  COMMENT 'The writer''s life',
    sequence  UInt64                  COMMENT 'Number of the record',
    control   String                  COMMENT 'GENESIS, TERM, EPOCH, HALT, RESUME, LIMITS or MODEL',
    document  String                  COMMENT 'The whole control, as JSON'
)
COMMENT 'Controls in the channels'' logs'
AS
SELECT
    _partition AS channel,
    _offset,
    source,
    epoch,
    sequence,
    JSONExtractString(document, 'control') AS control,
    trimRight(substring(bytes, 49)) AS document
FROM penstock.frames
WHERE _topic = 'ticks.v1' AND kind = 'CONTROL' AND fault = '' AND repeated = 0;
