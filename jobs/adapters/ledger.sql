-- The gateway's ledger. Times that end in _wall_ns are this machine's clock (telemetry), others are channel time.
CREATE TABLE IF NOT EXISTS identity (universe TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS channels (
    channel INTEGER PRIMARY KEY,
    seen BLOB NOT NULL                  -- jobs.execution.watch.Seen as JSON: what the gateway read in the log
) STRICT;

CREATE TABLE IF NOT EXISTS offsets (
    partition INTEGER PRIMARY KEY,      -- of orders.v1
    next INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY,         -- in the order of arrival
    id TEXT NOT NULL UNIQUE,
    canonical BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    channel INTEGER NOT NULL,
    instrument INTEGER NOT NULL,
    signed_size INTEGER NOT NULL,
    state INTEGER NOT NULL,             -- udfs.execution.orders.OrderState
    reason INTEGER NOT NULL DEFAULT 0,  -- schemas.trading.Reason
    filled INTEGER NOT NULL DEFAULT 0,
    reports BLOB NOT NULL DEFAULT x'',  -- all that the broker told of it, REPORT records
    sent_ns INTEGER NOT NULL DEFAULT 0, -- channel time when it was offered to the broker; 0 = it was not
    decided_ns INTEGER NOT NULL,
    published_wall_ns INTEGER NOT NULL,
    received_wall_ns INTEGER NOT NULL,
    synced_wall_ns INTEGER NOT NULL DEFAULT 0,
    sent_wall_ns INTEGER NOT NULL DEFAULT 0,
    acknowledged_wall_ns INTEGER NOT NULL DEFAULT 0,
    final_wall_ns INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS orders_open ON orders (state) WHERE state <= 3;
CREATE INDEX IF NOT EXISTS orders_sent ON orders (sent_ns);

CREATE TABLE IF NOT EXISTS asked (
    id TEXT NOT NULL REFERENCES orders (id),
    replica TEXT NOT NULL,              -- of trade (schemas.topics.REPLICAS)
    PRIMARY KEY (id, replica)
) STRICT;

CREATE TABLE IF NOT EXISTS progress (
    channel INTEGER PRIMARY KEY,
    said BLOB NOT NULL                  -- jobs.execution.pair.Said as msgpack: how far the replicas have come
) STRICT;

CREATE TABLE IF NOT EXISTS executions (
    execution_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES orders (id),
    instrument INTEGER NOT NULL,
    side INTEGER NOT NULL,
    price INTEGER NOT NULL,
    size INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    fee_currency TEXT NOT NULL,
    broker_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS accounts (
    instrument INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    realised INTEGER NOT NULL,
    fees INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS writers (
    topic TEXT NOT NULL,
    channel INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,          -- the next one
    PRIMARY KEY (topic, channel)
) STRICT;

CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    channel INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,          -- of the first record
    kind INTEGER NOT NULL,
    count INTEGER NOT NULL,
    records BLOB NOT NULL,
    published INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, channel, sequence)
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (number) WHERE published = 0;

CREATE TABLE IF NOT EXISTS halts (
    number INTEGER PRIMARY KEY,
    raised_wall_ns INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
