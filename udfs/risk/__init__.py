"""Whether an order may leave: one pure table, asked twice on two paths."""
