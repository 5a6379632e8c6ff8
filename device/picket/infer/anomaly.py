"""How far a feature vector lies from all that is known as healthy (native_module/dsp/centroids.h)."""

from array import array

from picket_native import centroid_distance


class Anomaly:
    """Scores feature vectors. table: the bytes of anomaly.bin; ValueError when it is not for so many features."""

    def __init__(self, table, features):
        self._table = table
        self.score(array("f", bytes(4 * features)))  # the native module checks the table

    def score(self, values):
        """Thousandths of the threshold: 1000 stands exactly at it. Does not allocate."""
        return centroid_distance(values, self._table)
