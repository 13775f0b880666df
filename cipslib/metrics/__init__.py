"""The numbers: features of images, and distances between sets of them."""
