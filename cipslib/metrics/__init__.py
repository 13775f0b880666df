"""Numbers of sets of images, with their protocols and intervals."""
