-- What an instrument's number means, from the TERM controls of the log; the last universe wins.
-- A Join table, so that the other tables can show real prices and symbols by joinGetOrNull.
CREATE TABLE IF NOT EXISTS penstock.instruments_by_number
(
    number          UInt32                  COMMENT 'Place in the universe; the column instrument of every other table',
    symbol          String  COMMENT 'The venue''s name of the instrument',
    venue           String  COMMENT 'Where it trades',
    channel         UInt32                  COMMENT 'The one channel (Kafka partition) that decides about it',
    price_unit      Decimal(38, 9)          COMMENT 'What 1 in a price_units column is worth, in the quote currency',
    size_unit       Decimal(38, 9)          COMMENT 'What 1 in a size_units column is worth, in contracts or in the base asset',
    multiplier      UInt64                  COMMENT 'Contract multiplier; 1 for spot',
    style           String  COMMENT 'linear (value = price * size) or inverse (value = size / price)',
    quote           String  COMMENT 'Currency of prices',
    settle          String  COMMENT 'Currency of profit and loss',
    fee             String  COMMENT 'Currency of fees',
    tradable        Bool                    COMMENT 'False for an instrument that is only looked at'
)
ENGINE = Join(ANY, LEFT, number)
SETTINGS join_any_take_last_row = 1
COMMENT 'Instruments by number';
