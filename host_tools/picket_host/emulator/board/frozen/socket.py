# The emulated board has no network. An application that names one starts all the same, and is told where it connects.
AF_INET = 2
SOCK_STREAM = 1
SOCK_DGRAM = 2
SOL_SOCKET = 1
SO_REUSEADDR = 4


def _refuse(*_arguments):
    raise OSError("the emulated board has no network")


getaddrinfo = socket = _refuse
