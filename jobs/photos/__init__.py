"""What is kept of a person's photos: the history, the versions and steps of each photo, links that share a result."""
