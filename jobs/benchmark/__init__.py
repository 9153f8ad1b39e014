"""What `penstock bench` measures, and with what; nothing here is on the path of a decision."""
