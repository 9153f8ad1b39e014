"""The simulated exchange: the last machine of a lock-step channel, and the heart of `penstock exchange`."""
