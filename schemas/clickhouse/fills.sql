-- Fills as they stand now: a correction replaces its fill, a busted fill is gone, an execution id counts once.
CREATE VIEW IF NOT EXISTS penstock.fills
(
    time          DateTime64(9, 'UTC')              COMMENT 'The broker''s channel time',
    strategy      String                            COMMENT 'Name of the strategy',
    order_id      String                            COMMENT 'The order; orders.id',
    execution_id  String                            COMMENT 'The broker''s id of the fill',
    symbol        Nullable(String)  COMMENT 'Symbol',
    venue         Nullable(String)  COMMENT 'Venue',
    side          LowCardinality(String)            COMMENT 'BUY or SELL',
    price         Nullable(Decimal(38, 9))          COMMENT 'Price in the quote currency',
    size          Nullable(Decimal(38, 9))          COMMENT 'Size in the base asset or in contracts, positive',
    position      Nullable(Decimal(38, 9))          COMMENT 'What the fill adds to the position: size, negative for a sale',
    cash          Nullable(Decimal(76, 18))         COMMENT 'What it adds to the account before fees, in currency: negative for a purchase (of an inverse contract the other way round)',
    currency      Nullable(String)  COMMENT 'Settle currency of the instrument',
    fee           Decimal(38, 8)                    COMMENT 'Fee in fee_currency; positive = paid',
    fee_currency  LowCardinality(String)            COMMENT 'Currency of the fee',
    instrument    UInt32                            COMMENT 'Number of the instrument',
    _partition    UInt32                            COMMENT 'Kafka partition: the channel',
    _offset       UInt64                            COMMENT 'Kafka offset of the report',
    _row          UInt32                            COMMENT 'Place in its frame'
)
COMMENT 'Fills that stand'
AS
WITH
    latest AS
    (
        SELECT
            time, strategy, order_id, execution_id, symbol, venue, side, price, size, fee, fee_currency, instrument, kind,
            _partition, _offset, _row
        FROM penstock.executions
        WHERE kind IN ('FILL', 'FILL_CORRECT', 'FILL_BUST')
        ORDER BY _partition, _offset DESC, _row DESC
        LIMIT 1 BY order_id, execution_id
    ),
    joinGetOrNull('penstock.instruments_by_number', 'multiplier', instrument) AS multiplier,
    joinGetOrNull('penstock.instruments_by_number', 'style', instrument) AS style
SELECT
    time,
    strategy,
    order_id,
    execution_id,
    symbol,
    venue,
    side,
    price,
    size,
    if(side = 'BUY', size, -size) AS position,
    if(style = 'linear',
       -toDecimal256(position, 9) * toDecimal256(price, 9) * multiplier,
       toDecimal256(position, 18) * multiplier / nullIf(price, 0)) AS cash,
    joinGetOrNull('penstock.instruments_by_number', 'settle', instrument) AS currency,
    fee,
    fee_currency,
    instrument,
    _partition,
    _offset,
    _row
FROM latest
WHERE kind != 'FILL_BUST';
