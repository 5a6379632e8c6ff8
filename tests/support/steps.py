"""A Progress that keeps what it was told."""


class Steps:
    """seen: (text, done, total) of all steps, in their order."""

    def __init__(self):
        self.seen = []

    @property
    def texts(self):
        return [text for text, _, _ in self.seen]

    def step(self, text, done=None, total=None):
        self.seen.append((text, done, total))
