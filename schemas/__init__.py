"""The words of Penstock: frames, records, instruments, orders, controls. Imports nothing of ours."""
