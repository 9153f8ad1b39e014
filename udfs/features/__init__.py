"""The features of `schemas.features`, one idea a file; `row` keeps their state and makes the rows.

All are finite for every market, also for a missing denominator, where each says what it gives. Prices, sizes and
their differences stay integers until a ratio begins; only + - * / and the square root follow.
"""
