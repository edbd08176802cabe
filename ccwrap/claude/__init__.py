"""What we launch: the real claude, its arguments, its settings and its environment."""
