"""From an order in its topic to the broker and back: what the gateway and the simulated exchange are made of."""
