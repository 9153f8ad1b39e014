-- What `penstock parity` found, each time that it was asked: not from the log, so a warehouse filled anew begins without.
CREATE TABLE IF NOT EXISTS penstock.parity_runs
(
    checked_ns  Int64                   COMMENT 'Wall clock of the check, ns since 1970 UTC: the same for all rows of one run',
    beside      LowCardinality(String)  COMMENT 'What computed it once more: sql, or flink for bars by venue time',
    quantity    String                  COMMENT 'What was compared',
    tolerance   Float64                 COMMENT '0 = exact; else of the size of the value',
    compared    UInt64                  COMMENT 'Values compared',
    different   UInt64                  COMMENT 'Values that differ by more than the tolerance',
    missing     UInt64                  COMMENT 'Bars that only one of the two has',
    largest     Float64                 COMMENT 'The largest difference',
    time        DateTime64(9, 'UTC') ALIAS fromUnixTimestamp64Nano(checked_ns, 'UTC') COMMENT 'checked_ns as a time'
)
ENGINE = MergeTree
ORDER BY (checked_ns, beside, quantity)
COMMENT 'Parity checks: a row a run and quantity';
