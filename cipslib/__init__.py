"""A replication of *Image Generators with Conditionally-Independent Pixel Synthesis* (CIPS)."""

__version__ = "0.1.0"
