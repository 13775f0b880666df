"""Synthetic data sets in place of the paper's, for machines without the real images.

Image i of a set is a function of (seed, i) alone, and shows the same scene at every resolution.
"""
