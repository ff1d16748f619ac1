"""Networks that look for damage in old photos, and take it away."""
