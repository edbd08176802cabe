"""What the world offers: gateway kinds, the road to them, the probe and its verdicts."""
