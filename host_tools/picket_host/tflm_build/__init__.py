"""Builds with TensorFlow Lite Micro as the engine: an installed library is checked (``library``), the operators of the
models are chosen (``operators``), and ``native_module/engine_tflm`` is compiled with both (``engine`` for this machine,
``module`` for stock firmware)."""
