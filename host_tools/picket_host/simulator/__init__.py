"""The simulated board: building its interpreter, running it, and what surrounds it."""
