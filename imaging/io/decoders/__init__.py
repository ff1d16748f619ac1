"""What Pillow does not do by itself for single formats: boxes, fields, depths and damage that does not matter."""
