# The name by which umqtt knows it.
from socket import *  # noqa: F403
