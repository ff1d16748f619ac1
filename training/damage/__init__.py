"""Training of the damage finder: drawn damage over aged photos."""
