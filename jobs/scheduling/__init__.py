"""Which job is next, in which lane, and how long it may take."""
