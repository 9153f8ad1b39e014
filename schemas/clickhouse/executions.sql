-- All reports about orders, from the lock-step exchange (executions.v1) and from the gateway (ticks.v1); see fills.
CREATE TABLE IF NOT EXISTS penstock.executions
(
    _topic            LowCardinality(String)          COMMENT 'Kafka topic',
    _partition        UInt32                          COMMENT 'Kafka partition: the channel',
    _offset           UInt64         CODEC(Delta, LZ4)  COMMENT 'Kafka offset of the frame',
    _row              UInt32         CODEC(Delta, LZ4)  COMMENT 'Place in the frame',
    source            LowCardinality(String)          COMMENT 'TRADE (lock-step exchange) or GATEWAY',
    epoch             UInt32                          COMMENT 'The writer''s life; the term where the writer is TRADE',
    sequence          UInt64         CODEC(Delta, LZ4)  COMMENT 'Number of the record',
    order_id          String                          COMMENT 'The order; orders.id',
    execution_id      String                          COMMENT 'The broker''s id of a fill; empty for other reports',
    broker_ns         Int64                           COMMENT 'The broker''s channel time, ns since 1970 UTC',
    price_units       Int64                           COMMENT 'Price of this execution, in price units',
    size_units        Int64                           COMMENT 'Size of this execution, in size units',
    cumulative_units  Int64                           COMMENT 'Size of the order filled so far, in size units',
    leaves_units      Int64                           COMMENT 'Size of the order still open, in size units',
    fee_units         Int64                           COMMENT 'Fee in 10^-8 of its currency; positive = paid',
    fee_currency      LowCardinality(String)          COMMENT 'Currency of the fee',
    instrument        UInt32                          COMMENT 'Number of the instrument',
    kind              LowCardinality(String)          COMMENT 'ACCEPTED, REJECTED, FILL, FILL_CORRECT, FILL_BUST, CANCELLED, EXPIRED, VETOED, NEVER_SENT',
    reason            LowCardinality(String)          COMMENT 'Why (schemas.trading.Reason by name); else NONE',
    side              LowCardinality(String)          COMMENT 'Side of the order',
    time              DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(broker_ns, 'UTC') COMMENT 'broker_ns as a time',
    strategy          String ALIAS splitByChar('-', order_id)[1] COMMENT 'Name of the strategy, from the order id',
    symbol            Nullable(String) ALIAS joinGetOrNull('penstock.instruments_by_number', 'symbol', instrument) COMMENT 'Symbol',
    venue             Nullable(String) ALIAS joinGetOrNull('penstock.instruments_by_number', 'venue', instrument)  COMMENT 'Venue',
    price             Nullable(Decimal(38, 9)) ALIAS price_units * joinGetOrNull('penstock.instruments_by_number', 'price_unit', instrument)     COMMENT 'Price in the quote currency',
    size              Nullable(Decimal(38, 9)) ALIAS size_units * joinGetOrNull('penstock.instruments_by_number', 'size_unit', instrument)       COMMENT 'Size in the base asset or in contracts',
    cumulative        Nullable(Decimal(38, 9)) ALIAS cumulative_units * joinGetOrNull('penstock.instruments_by_number', 'size_unit', instrument) COMMENT 'Filled so far',
    leaves            Nullable(Decimal(38, 9)) ALIAS leaves_units * joinGetOrNull('penstock.instruments_by_number', 'size_unit', instrument)     COMMENT 'Still open',
    fee               Decimal(38, 8) ALIAS fee_units * toDecimal128('0.00000001', 8) COMMENT 'Fee in its currency; positive = paid'
)
ENGINE = MergeTree
ORDER BY (_partition, _offset, _row)
COMMENT 'Reports about orders: a row a report';
