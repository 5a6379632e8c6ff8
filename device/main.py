"""Starts the application. What can't even be imported must not leave the board waiting for somebody at its console."""

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
