"""What a model costs on the device: instructions, memory, and whether the outputs are those of the official runtime."""
