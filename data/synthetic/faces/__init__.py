"""Synthetic faces: aligned portraits in place of FFHQ."""
