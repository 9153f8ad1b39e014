-- Market data as it stands in the channels' logs; heartbeats and controls are in frames only.
CREATE TABLE IF NOT EXISTS penstock.ticks
(
    _topic       LowCardinality(String)              COMMENT 'Kafka topic',
    _partition   UInt32                              COMMENT 'Kafka partition: the channel',
    _offset      UInt64             CODEC(Delta, LZ4)  COMMENT 'Kafka offset of the frame',
    _row         UInt32             CODEC(Delta, LZ4)  COMMENT 'Place in the frame',
    source       LowCardinality(String)              COMMENT 'Who wrote it',
    epoch        UInt32                              COMMENT 'The writer''s life',
    sequence     UInt64             CODEC(Delta, LZ4)  COMMENT 'Number of the record',
    venue_ns     Int64              CODEC(Delta, LZ4)  COMMENT 'The venue''s own time, ns since 1970 UTC; 0 = it gave none. Runs backwards across the streams of one symbol',
    receive_ns   Int64              CODEC(Delta, LZ4)  COMMENT 'When the feed received it, ns since 1970 UTC: channel time',
    price_units  Int64                               COMMENT 'Price in the instrument''s price unit',
    size_units   Int64                               COMMENT 'Size in the instrument''s size unit; of a level or a quote 0 = gone',
    instrument   UInt32                              COMMENT 'Number of the instrument',
    kind         LowCardinality(String)              COMMENT 'TRADE, BID, ASK (best quotes), LEVEL (one price of the book), STATUS',
    side         LowCardinality(String)              COMMENT 'BUY or SELL: of the aggressor, of the level',
    flags        UInt16                              COMMENT 'Bits: 1 LAST (ends a venue event), 2 SNAPSHOT, 4 REFERENCE, 8 CORRECTION, 16 CANCEL, 32 AUCTION',
    time         DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(receive_ns, 'UTC') COMMENT 'receive_ns as a time',
    symbol       Nullable(String) ALIAS joinGetOrNull('penstock.instruments_by_number', 'symbol', instrument) COMMENT 'Symbol; NULL = the instrument is not in the universe',
    venue        Nullable(String) ALIAS joinGetOrNull('penstock.instruments_by_number', 'venue', instrument)  COMMENT 'Venue',
    price        Nullable(Decimal(38, 9)) ALIAS price_units * joinGetOrNull('penstock.instruments_by_number', 'price_unit', instrument) COMMENT 'Price in the quote currency',
    size         Nullable(Decimal(38, 9)) ALIAS size_units * joinGetOrNull('penstock.instruments_by_number', 'size_unit', instrument)   COMMENT 'Size in the base asset or in contracts',
    INDEX by_time receive_ns TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (_partition, _offset, _row)
COMMENT 'Market data: a row a tick';
