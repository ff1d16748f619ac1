"""Visitors without an account: what all of them together may use, and how their things end."""
