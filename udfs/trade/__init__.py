"""Strategy, risk and the lock-step exchange: one stage, because they feed back on each other inside a frame."""
