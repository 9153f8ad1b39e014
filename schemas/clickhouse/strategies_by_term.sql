-- What a strategy's ordinal means in a channel's term, from the TERM controls of the log.
CREATE TABLE IF NOT EXISTS penstock.strategies_by_term
(
    channel   UInt32                  COMMENT 'Kafka partition of the decisions',
    term      UInt32                  COMMENT 'Term of the channel; the column epoch of decisions',
    ordinal   UInt8                   COMMENT 'The column ordinal of decisions',
    name      String  COMMENT 'The name in order ids and reports',
    target    String                  COMMENT 'The shipped name or PATH:Class',
    options   String                  COMMENT 'Its options, as JSON'
)
ENGINE = Join(ANY, LEFT, channel, term, ordinal)
SETTINGS join_any_take_last_row = 1
COMMENT 'Strategies by channel, term and ordinal';
