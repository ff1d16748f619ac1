"""Scratches, dust, creases, tears, stains and missing corners: where they are in a photo."""
