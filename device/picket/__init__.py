"""Picket on the device."""
