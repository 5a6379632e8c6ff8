"""A folder of the host as a file system that can be mounted, or be used without a mount.

MicroPython's own VfsPosix, given a root, renames a file to itself (both paths are built in one buffer) and lets "../"
out of the root. Here names are resolved first, and a VfsPosix without a root gets the host's path.
"""

import vfs


class HostFolder:
    """path: the folder, as the host names it."""

    def __init__(self, path):
        self._root = path
        self._cwd = "/"
        self._host = vfs.VfsPosix()

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def chdir(self, path):
        path = self._resolved(path)
        self._host.ilistdir(self._root + path)  # ENOENT, ENOTDIR
        self._cwd = path

    def getcwd(self):
        return self._cwd

    def open(self, path, mode="r"):
        return self._host.open(self._path(path), mode)

    def stat(self, path):
        return self._host.stat(self._path(path))

    def statvfs(self, path):
        return self._host.statvfs(self._path(path))

    def ilistdir(self, path=""):
        return self._host.ilistdir(self._path(path))

    def mkdir(self, path):
        self._host.mkdir(self._path(path))

    def remove(self, path):
        self._host.remove(self._path(path))

    def rmdir(self, path):
        self._host.rmdir(self._path(path))

    def rename(self, old, new):
        self._host.rename(self._path(old), self._path(new))

    def _path(self, path):
        return self._root + self._resolved(path)

    def _resolved(self, path):
        """The absolute path in this folder, without "." and ".."; the root's parent is the root."""
        if not path.startswith("/"):
            path = self._cwd + "/" + path
        parts = []
        for part in path.split("/"):
            if part == "..":
                del parts[-1:]
            elif part not in ("", "."):
                parts.append(part)
        return "/" + "/".join(parts)
