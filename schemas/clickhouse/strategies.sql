-- Strategies, to join with.
CREATE VIEW IF NOT EXISTS penstock.strategies
(
    channel  UInt32  COMMENT 'Kafka partition of the decisions',
    term     UInt32  COMMENT 'Term of the channel; the column epoch of decisions',
    ordinal  UInt8   COMMENT 'The column ordinal of decisions',
    name     String  COMMENT 'The name in order ids and reports',
    target   String  COMMENT 'The shipped name or PATH:Class',
    options  String  COMMENT 'Its options, as JSON'
)
COMMENT 'Strategies by channel, term and ordinal'
AS
SELECT channel, term, ordinal, name, target, options
FROM penstock.strategies_by_term;
