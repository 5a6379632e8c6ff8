"""One click file per command of `picket`."""
