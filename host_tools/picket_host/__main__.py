"""``python -m picket_host``: the click command ``picket``."""

from picket_host.cli import main

main()
