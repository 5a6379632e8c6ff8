"""The native module's C sources, used on the host: the same code, so that host and device can't drift apart."""
