"""What decides: deterministic machines over a channel's log. No I/O, no clock, no randomness."""
