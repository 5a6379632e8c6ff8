"""Models: train, quantise, prove and package them. TensorFlow and TFLM run in processes of their own."""
