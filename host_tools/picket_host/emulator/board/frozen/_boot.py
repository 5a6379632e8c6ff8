# Runs before boot.py.
import sys

import storage

storage.mount()
sys.path.append("/lib")
