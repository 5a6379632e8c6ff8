# Runs before boot.py.
import sys

import storage

storage.mount_flash()
storage.mount_rom()
sys.path.append("/lib")
sys.path.append("/rom")
