"""From a decision row to an order: the strategy protocol and the strategies that are shipped."""
