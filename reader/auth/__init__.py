"""Who asks: Clerk session tokens."""
