"""The chaos campaign: strikes at random, what they cost, and whether anything was lost, doubled or different."""
