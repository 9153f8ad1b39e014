"""What the processes tell of themselves: metrics, whether they live, whether they do their work."""
