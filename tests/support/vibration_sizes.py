"""The most bytes that a package of models/vibration takes of a device's heap.

The test of the heap counts with them, the test of the packages holds them.
"""

MODEL_BYTES = 15_500  # model.tflite
ANOMALY_BYTES = 1_700  # anomaly.bin
ARENA_BYTES = 2_700
