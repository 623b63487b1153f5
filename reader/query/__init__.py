"""What is asked for and what is found: filters, snapshots, key indexes, lists."""
