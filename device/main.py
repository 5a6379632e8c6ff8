"""Starts the application; whatever ends it, the board starts anew: on trial, boot.py counts that. What can't even be
imported must not leave the board waiting for somebody at its console, either.
"""

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
    try:
        gc.collect()
        from picket import crash

        crash.keep(error)
    except Exception:  # a full flash, no memory: whatever it is, the board must start anew
        pass
    time.sleep(1)  # for whoever reads the console
    machine.reset()
