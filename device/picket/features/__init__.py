"""From samples to feature vectors; the arithmetic is the native module's."""
