"""`penstock upgrade --check`: a small run with an upgrade in its middle, and what became of it."""
