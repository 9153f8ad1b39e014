-- What was predicted at a row and what then happened, when its horizon has passed.
CREATE TABLE IF NOT EXISTS penstock.outcomes
(
    _topic            LowCardinality(String)          COMMENT 'Kafka topic',
    _partition        UInt32                          COMMENT 'Kafka partition: the channel',
    _offset           UInt64         CODEC(Delta, LZ4)  COMMENT 'Kafka offset of the frame',
    _row              UInt32         CODEC(Delta, LZ4)  COMMENT 'Place in the frame',
    source            LowCardinality(String)          COMMENT 'Who wrote it',
    epoch             UInt32                          COMMENT 'The term of the channel',
    sequence          UInt64         CODEC(Delta, LZ4)  COMMENT 'Number of the record',
    number            UInt64         CODEC(Delta, LZ4)  COMMENT 'Number of the outcome in its channel',
    row               UInt64         CODEC(Delta, LZ4)  COMMENT 'features.number of the row whose label matured',
    position          UInt64         CODEC(Delta, LZ4)  COMMENT 'Ordinal of the record in the channel''s log that made it mature',
    row_ns            Int64          CODEC(Delta, LZ4)  COMMENT 'Channel time of the row, ns since 1970 UTC',
    channel_ns        Int64          CODEC(Delta, LZ4)  COMMENT 'Channel time when the label matured, ns since 1970 UTC',
    mid_before_half   Int64                           COMMENT 'bid + ask at the row: the mid in half price units',
    mid_after_half    Int64                           COMMENT 'bid + ask when the label matured',
    spread_units      Int64                           COMMENT 'ask - bid at the row, in price units',
    instrument        UInt32                          COMMENT 'Number of the instrument',
    model_bp          Int32                           COMMENT 'The model''s probability of up at the row, in basis points (10,000 = 1)',
    online_bp         Int32                           COMMENT 'The online learner''s, in basis points',
    p_bp              Int32                           COMMENT 'The ensemble''s, in basis points',
    label             Int8                            COMMENT '1 up, -1 down, 0 = the mid moved by no more than half the spread',
    in_sample         UInt8                           COMMENT '1 = the label overlaps what the model was trained on',
    time              DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(row_ns, 'UTC') COMMENT 'row_ns as a time',
    symbol            Nullable(String) ALIAS joinGetOrNull('penstock.instruments_by_number', 'symbol', instrument) COMMENT 'Symbol',
    venue             Nullable(String) ALIAS joinGetOrNull('penstock.instruments_by_number', 'venue', instrument)  COMMENT 'Venue',
    mid_before        Nullable(Decimal(38, 9)) ALIAS mid_before_half * joinGetOrNull('penstock.instruments_by_number', 'price_unit', instrument) / 2 COMMENT 'Mid at the row, in the quote currency',
    mid_after         Nullable(Decimal(38, 9)) ALIAS mid_after_half * joinGetOrNull('penstock.instruments_by_number', 'price_unit', instrument) / 2  COMMENT 'Mid when the label matured',
    spread            Nullable(Decimal(38, 9)) ALIAS spread_units * joinGetOrNull('penstock.instruments_by_number', 'price_unit', instrument)        COMMENT 'Spread at the row'
)
ENGINE = MergeTree
ORDER BY (_partition, _offset, _row)
COMMENT 'Labels as they mature, with what was predicted';
