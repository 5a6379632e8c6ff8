"""Streams without a network, for tests: what the broker says is given, what the device says is kept."""

import asyncio


class Streams:
    """Reader and writer in one. After the last bytes: end of file if `ends`, else silence."""

    def __init__(self, data=b"", ends=False):
        self.data = data
        self.ends = ends
        self.sent = b""
        self.closed = False
        self.stuck = False  # the peer takes no more

    async def read(self, size):
        while not self.data:
            if self.ends:
                return b""
            await asyncio.sleep(0.001)
        chunk, self.data = self.data[:size], self.data[size:]
        return chunk

    def write(self, data):
        self.sent += bytes(data)

    async def drain(self):
        while self.stuck:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)

    def close(self):
        self.closed = True

    async def wait_closed(self):
        await asyncio.sleep(0)
