"""Releases for over-the-air updates: make, sign and verify the folders that devices fetch."""
