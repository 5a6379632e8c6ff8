"""Starts the application. What can't even be imported must not leave the board waiting for somebody at its console."""

import gc

gc.threshold(4096)  # importing leaves much garbage; collected late, it would tear the heap apart

try:
    from picket.app import main

    main()
except Exception as error:
    import sys
    import time

    import machine

    sys.print_exception(error)
    time.sleep(1)
    machine.reset()
