"""Keep every byte, and be able to prove it."""
