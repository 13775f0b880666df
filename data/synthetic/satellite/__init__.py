"""Synthetic satellite images: towns and landscapes from straight above."""

from synthetic.satellite.buildings import draw_satellite_buildings
from synthetic.satellite.landscapes import draw_satellite_landscape

__all__ = ["draw_satellite_buildings", "draw_satellite_landscape"]
