"""How one route is chosen among several."""
