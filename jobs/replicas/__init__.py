"""A drill of the hot pair on this machine: its processes, the strikes, and what the gateway saw of them."""
