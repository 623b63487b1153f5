"""What this consumer owns: claims, positions, halts, and how complete each partition is."""
