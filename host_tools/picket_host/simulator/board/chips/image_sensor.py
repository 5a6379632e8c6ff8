"""The sensor behind a camera: recordings of grey frames, a byte a pixel, one after the other at its frame rate."""


class ImageSensor:
    """size: (width, height). track: a `track.Track` of frames of that size. world_us() is the surroundings' clock."""

    def __init__(self, size, track, world_us):
        self.size = size
        self.track = track
        self._world_us = world_us

    def new_frame(self):
        """A buffer for `read`. The camera of a board has such memory outside of the heap."""
        import _sim

        width, height = self.size
        _sim.add_heap(width * height)
        return bytearray(width * height)

    def read(self, frame):
        """Put in the frame of this moment; black before the first recording sets in."""
        self.track.read(self.track.frame_at(self._world_us()), 1, frame)
