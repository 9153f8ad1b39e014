-- Orders as they left the channels; an order that a recovery sent again stands here once.
CREATE TABLE IF NOT EXISTS penstock.orders
(
    _topic             LowCardinality(String)         COMMENT 'Kafka topic',
    _partition         UInt32                         COMMENT 'Kafka partition: the channel',
    _offset            UInt64        CODEC(Delta, LZ4)  COMMENT 'Kafka offset of the message',
    _row               UInt32                         COMMENT 'Always 0: an order is a message',
    source             LowCardinality(String)         COMMENT 'Who wrote it first: TRADE, or TRADE_B of a hot pair',
    epoch              UInt32                         COMMENT 'The term of the channel',
    sequence           UInt64        CODEC(Delta, LZ4)  COMMENT 'n of the order id; 0 for a cancel',
    id                 String                         COMMENT '{strategy}-{channel}-{term}-{n}, unique for ever',
    action             LowCardinality(String)         COMMENT 'new or cancel',
    cancels            String                         COMMENT 'Id of the order that a cancel takes back; else empty',
    strategy           LowCardinality(String)         COMMENT 'Name of the strategy',
    term               UInt32                         COMMENT 'Term of the channel',
    n                  UInt64                         COMMENT 'Number of the order in its strategy, channel and term',
    instrument         UInt32                         COMMENT 'Number of the instrument',
    side               LowCardinality(String)         COMMENT 'BUY or SELL',
    price_units        Int64                          COMMENT 'Limit price, in price units',
    size_units         Int64                          COMMENT 'Size, in size units',
    decision           UInt64                         COMMENT 'decisions.number of the decision that made it',
    decided_ns         Int64                          COMMENT 'Channel time of the decision, ns since 1970 UTC',
    valid_until_ns     Int64                          COMMENT 'Channel time after which nobody may send it',
    type               LowCardinality(String)         COMMENT 'limit',
    time_in_force      LowCardinality(String)         COMMENT 'ioc: what cannot trade at once expires',
    post_only          Bool                           COMMENT 'Must not take liquidity',
    reduce_only        Bool                           COMMENT 'May only bring the position nearer to zero',
    short              Bool                           COMMENT 'Opens or enlarges a short position',
    sha256             String                         COMMENT 'Of the canonical bytes: the same id must always come with the same hash',
    wall_published_ns  Int64                          COMMENT 'Wall clock when the deciding frame was published; 0 = not stamped',
    wall_received_ns   Int64                          COMMENT 'Wall clock when trade received that frame; 0 = not stamped',
    wall_decided_ns    Int64                          COMMENT 'Wall clock when trade had decided; 0 = not stamped',
    feed_ns            Int64                          COMMENT 'The feed''s time of the record at which it was decided, often a heartbeat, by its own clock; 0 = not stamped',
    feed_epoch         UInt32                         COMMENT 'Which run of the feed that was: clocks.epoch',
    time               DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(decided_ns, 'UTC') COMMENT 'decided_ns as a time',
    symbol             Nullable(String) ALIAS joinGetOrNull('penstock.instruments_by_number', 'symbol', instrument) COMMENT 'Symbol',
    venue              Nullable(String) ALIAS joinGetOrNull('penstock.instruments_by_number', 'venue', instrument)  COMMENT 'Venue',
    price              Nullable(Decimal(38, 9)) ALIAS price_units * joinGetOrNull('penstock.instruments_by_number', 'price_unit', instrument) COMMENT 'Limit price in the quote currency',
    size               Nullable(Decimal(38, 9)) ALIAS size_units * joinGetOrNull('penstock.instruments_by_number', 'size_unit', instrument)   COMMENT 'Size in the base asset or in contracts',
    INDEX by_id id TYPE bloom_filter GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (_partition, _offset, _row)
COMMENT 'Orders: a row an order id';
