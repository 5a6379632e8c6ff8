"""From feature vectors to events: model, anomaly score and gate."""
