"""Why an update does not go on: apart from those who raise and catch it, for these come and go during an update."""


class Refused(Exception):
    """A release that this device does not take; the text is the reason, as people read it."""


class FetchError(Exception):
    """Trying again can't help; the text is the reason, as people read it."""


class Interrupted(Exception):
    """The connection or the server failed for now; what has arrived stays, and the next try goes on from there."""
