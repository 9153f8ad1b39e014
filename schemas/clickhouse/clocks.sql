-- How the times of a replayed feed map to the wall clock: a record was due at start_ns + (receive_ns - first_ns) / pace.
CREATE TABLE IF NOT EXISTS penstock.clocks
(
    _topic      LowCardinality(String)          COMMENT 'Kafka topic',
    _partition  UInt32                          COMMENT 'Kafka partition: the channel',
    _offset     UInt64         CODEC(Delta, LZ4)  COMMENT 'Kafka offset of the frame',
    _row        UInt32                          COMMENT 'Place in the frame',
    source      LowCardinality(String)          COMMENT 'FEED',
    epoch       UInt32                          COMMENT 'Which run of the feed: the epoch of its ticks',
    sequence    UInt64         CODEC(Delta, LZ4)  COMMENT 'Number of the record',
    first_ns    Int64                           COMMENT 'Receive time of the first record of the run, by the clock of the past',
    start_ns    Int64                           COMMENT 'Wall clock at which that one was due, ns since 1970 UTC',
    pace        Float64                         COMMENT 'Seconds of the past a second'
)
ENGINE = MergeTree
ORDER BY (_partition, _offset, _row)
COMMENT 'The pace of each run of a feed';
