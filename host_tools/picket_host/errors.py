"""The one exception tree of the host library.

    PicketError                 anything a user can do something about; exit status 1
    ├── InputError              a file, recording, key or value that is missing or of the wrong kind
    ├── ModelError              a model that the engine or the runtime refuses
    ├── ReleaseError            a release, signature or manifest that does not hold
    ├── BuildError              a compiler or build step failed
    ├── BoardError              a board, or the line to it, that does not do what it should
    └── EnvironmentError_       something this machine lacks: a tool, a package, a free port
"""

from __future__ import annotations


class PicketError(Exception):
    """An error for a person: what failed, where, and what to try.

    Args:
        what: one clause that says what is wrong.
        where: the file, field, address or layer it concerns.
        hint: what to try, as an imperative.
    """

    def __init__(self, what: str, where: object | None = None, hint: str | None = None):
        super().__init__(what)
        self.what = what
        self.where = None if where is None else str(where)
        self.hint = hint

    def __str__(self) -> str:
        text = self.what if self.where is None else f"{self.where}: {self.what}"
        return text if self.hint is None else f"{text} (try: {self.hint})"

    def as_dict(self) -> dict[str, str | None]:
        """The error as ``--json`` shows it."""
        return {"error": self.what, "where": self.where, "hint": self.hint, "kind": type(self).__name__}


class InputError(PicketError):
    """A file, recording, key or value that is missing or of the wrong kind."""


class ModelError(PicketError):
    """A model that the engine or the runtime refuses."""


class ReleaseError(PicketError):
    """A release, signature or manifest that does not hold."""


class BuildError(PicketError):
    """A compiler or build step failed."""


class BoardError(PicketError):
    """A board, or the line to it, that does not do what it should."""


class EnvironmentError_(PicketError):
    """Something this machine lacks: a tool, a package, a free port."""
