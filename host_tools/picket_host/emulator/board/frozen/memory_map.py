# Where the emulated board keeps what is not the firmware's: read by the board and, unchanged, by the emulator.
# The firmware has what lies below the parameters.

RAM = 0x80000000
RAM_BYTES = 0x08000000
PARAMETERS = 0x81000000  # words: mark of a reset, start of the heap, bytes of the heap
HEAP = 0x81100000
HEAP_BYTES = 0x00F00000  # at most
ROM = 0x82000000  # a ROMFS image that the emulator puts there
ROM_BYTES = 0x02000000
FLASH = 0x84000000  # the block device of the littlefs
FLASH_BYTES = 0x00400000
FREE = 0x85000000  # for scripts: buffers that are larger than the heap
FREE_BYTES = 0x03000000
