# Runs on the board while files are brought to it. The host sends it through the raw REPL, then calls serve().
# docs/contracts.md, "Cable", has the frames, the inventory and the tape.
import binascii
import gc
import hashlib
import io
import json
import os
import struct
import sys

from guard import feeder

_MAGIC = b"\xa5\x5a"
_HEADER = "<2sBBHI"  # magic, kind, number, bytes of the payload, CRC-32 of all that but the magic
_HEADER_BYTES = 10
_RECORD = "<BHII32s"  # kind, bytes of the path, offset to go on at, bytes of the file, its SHA-256
_RECORD_BYTES = 43
_COPY = 1
_WINDOW_BITS = 13
_LARGE_HEAP = 65536
_SILENCE_MS = 30000  # between frames: the cable is pulled; within one, the watchdog notices
_LEAVE = b"\x03" * _HEADER_BYTES
_FLUSH_BYTES = 32768  # what a power cut may cost of a large file
_FOLDER = 0x4000


class Silence(Exception):
    pass


class Line:
    """Frames from and to the host. Whatever else comes in between is skipped; a damaged frame is asked for again."""

    def __init__(self, source, sink, payload_bytes, poller, feed):
        self._source = source
        self._sink = sink
        self._poller = poller
        self._feed = feed
        self.buffer = memoryview(bytearray(payload_bytes))
        self._header = memoryview(bytearray(_HEADER_BYTES))

    def send(self, kind, number, payload=b""):
        head = struct.pack("<BBH", ord(kind), number, len(payload))
        crc = binascii.crc32(payload, binascii.crc32(head)) & 0xFFFFFFFF
        self._sink.write(_MAGIC + head + struct.pack("<I", crc))
        self._sink.write(payload)

    def receive(self):
        """(kind, number, payload) of the next whole frame; None when the host gave up and sent many Ctrl-C instead."""
        header = self._header
        kept = 0
        while True:
            if self._poller and not kept and not self._poller.poll(_SILENCE_MS):
                raise Silence
            self._fill(header[kept:])
            magic, kind, number, length, crc = struct.unpack(_HEADER, header)
            if magic != _MAGIC or length > len(self.buffer):
                if header == _LEAVE:
                    return None
                at = bytes(header).find(_MAGIC[:1], 1)
                kept = 0 if at < 0 else _HEADER_BYTES - at
                if kept:
                    header[:kept] = bytes(header[at:])
                continue
            payload = self.buffer[:length]
            self._fill(payload)
            kept = 0
            self._feed()
            if binascii.crc32(payload, binascii.crc32(header[2:6])) & 0xFFFFFFFF == crc:
                return chr(kind), number, payload
            self.send("n", number)

    def _fill(self, view):
        at = 0
        while at < len(view):
            count = self._source.readinto(view[at:])
            if not count:
                raise Silence
            at += count


class Tape:
    """Writes the files of the tape; each is read back, and must have the hash that was announced."""

    def __init__(self, root, feed):
        self.files = 0
        self._root = root
        self._buffer = memoryview(bytearray(2048))
        self._feed = feed
        self._head = bytearray()
        self._wanted = _RECORD_BYTES
        self._file = None

    def take(self, data):
        at = 0
        while at < len(data):
            if self._file:
                part = data[at : at + self._left]
                self._file.write(part)
                at += len(part)
                self._left -= len(part)
                self._unsafe += len(part)
                if self._unsafe >= _FLUSH_BYTES:
                    self._file.flush()
                    self._unsafe = 0
            else:
                part = data[at : at + self._wanted - len(self._head)]
                self._head += part
                at += len(part)
                if len(self._head) == self._wanted:
                    self._begin()
            if self._file and not self._left:
                self._end()

    def _begin(self):
        kind, length, offset, size, self._digest = struct.unpack(_RECORD, self._head)
        if self._wanted == _RECORD_BYTES:
            self._wanted += length
            return
        path, _, source = bytes(self._head[_RECORD_BYTES:]).decode().partition("\t")
        self._head = bytearray()
        self._wanted = _RECORD_BYTES
        self._path = self._root + path
        make_parents(self._root, path)
        self._left = size - offset
        self._unsafe = 0
        self._file = open(self._path, "ab" if offset else "wb")  # noqa: SIM115, closed by _end
        if kind == _COPY:
            self._copy(self._root + source)

    def _copy(self, source):
        with open(source, "rb") as f:
            while True:
                count = f.readinto(self._buffer)
                if not count:
                    break
                self._file.write(self._buffer[:count])
                self._feed()
        self._left = 0

    def _end(self):
        self._file.close()
        self._file = None
        if digest(self._path, self._buffer, self._feed) != self._digest:
            raise ValueError("%s does not lie on the flash as it was sent" % self._path)
        self.files += 1


def make_parents(root, path):
    at = path.find("/", 1)
    while at >= 0:
        try:
            os.mkdir(root + path[:at])
        except OSError:
            pass  # it is there, or opening the file fails in a moment
        at = path.find("/", at + 1)


def digest(path, buffer, feed):
    sha = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            count = f.readinto(buffer)
            if not count:
                return sha.digest()
            sha.update(buffer[:count])
            feed()


def content(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def names(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def remove(path):
    """Remove a file, or a folder with all that is in it; either may be absent."""
    for name in names(path) if is_folder(path) else ():
        remove(path + "/" + name)
    try:
        if is_folder(path):
            os.rmdir(path)
        else:
            os.remove(path)
    except OSError as error:
        if error.errno != 2:
            raise


def is_folder(path):
    try:
        return bool(os.stat(path)[0] & _FOLDER)
    except OSError:
        return False


class Agent:
    """Does what the host's frames say, below `root` ("" on a board)."""

    def __init__(self, line, root, tops, slots, feed):
        self._line = line
        self._root = root
        self._tops = tops
        self._slots = slots
        self._feed = feed
        self._plain = memoryview(bytearray(2048))
        self._tape = Tape(root, feed)

    def serve(self):
        self._inventory()
        last = -1
        while True:
            frame = self._line.receive()
            if frame is None:
                return
            kind, number, payload = frame
            if number != last:
                try:
                    answer = "k", number, self._obey(kind, payload)
                except (OSError, ValueError, MemoryError) as error:
                    answer = "x", number, repr(error).encode()
                last = number
            self._line.send(*answer)
            if kind == "Q":
                return

    def _obey(self, kind, payload):
        if kind == "T":
            self._tape.take(payload)
        elif kind == "Z":
            from deflate import RAW, DeflateIO

            plain = DeflateIO(io.BytesIO(payload), RAW, _WINDOW_BITS)
            while True:
                count = plain.readinto(self._plain)
                if not count:
                    break
                self._tape.take(self._plain[:count])
        elif kind == "M":
            for path in bytes(payload).decode().split("\n"):
                make_parents(self._root, path + "/")
        elif kind == "R":
            for path in bytes(payload).decode().split("\n"):
                remove(self._root + path)
                self._feed()
        elif kind == "I":
            self._inventory()
        return b"%d" % self._tape.files

    def _inventory(self):
        """What the board is ("i"), files with their hashes ("f" ...), and how many frames that were ("e")."""
        manifest = content(self._root + "/.picket/manifest")
        pointer = content(self._root + "/slots/active.json") or content(self._root + "/slots/active.new")
        info = self._info(manifest, pointer)
        self._line.send("i", 0, json.dumps(info).encode())
        self._parts = 0
        self._text = b""
        for path in self._roots(manifest, pointer):
            self._walk(path)
        self._flush()
        self._line.send("e", 0, b"%d" % self._parts)

    def _info(self, manifest, pointer):
        stat = os.statvfs(self._root or "/")
        gc.collect()
        info = {
            "platform": sys.platform,
            "version": list(sys.implementation.version[:3]),
            "mpy": getattr(sys.implementation, "_mpy", 0),
            "machine": getattr(sys.implementation, "_machine", ""),
            "heap_free": gc.mem_free(),
            "block_bytes": stat[0],
            "blocks": stat[2],
            "blocks_free": stat[4],
            "payload_bytes": len(self._line.buffer),
            "deflate": has("deflate"),
            "native_built_in": has("picket_native"),
            "manifest": manifest.decode(),
            "pointer": pointer.decode(),
            "pending": ".picket" in names(self._root + "/") and "switch" in names(self._root + "/.picket"),
            "slots": names(self._root + "/slots"),
        }
        info.update(configured(self._root))
        return info

    def _roots(self, manifest, pointer):
        tops = set(self._tops)
        for line in manifest.decode().split("\n")[1:-1]:
            tops.add(line.split(" ", 2)[2][1:].split("/")[0])
        roots = ["/" + top for top in tops] + ["/.picket/stage"]
        if self._slots:
            try:
                active = json.loads(pointer)
                wanted = {str(active["app"]), str(active["model"])} - {"0"}
            except (ValueError, KeyError):
                wanted = set()
            roots += ["/slots/" + name for name in wanted | set(self._slots)]
        return sorted(roots)

    def _walk(self, path):
        full = self._root + path
        if is_folder(full):
            for name in sorted(names(full)):
                self._walk(path + "/" + name)
            return
        try:
            size = os.stat(full)[6]
            sha = digest(full, self._line.buffer, self._feed)
        except OSError:
            return  # not there
        self._text += b"%d %s %s\n" % (size, binascii.hexlify(sha), path.encode())
        if len(self._text) > 1024:
            self._flush()

    def _flush(self):
        if self._text:
            self._line.send("f", self._parts & 0xFF, self._text)
            self._parts += 1
            self._text = b""


def has(module):
    """Whether the firmware itself has a module."""
    path = sys.path[:]
    sys.path[:] = [".frozen"]
    try:
        __import__(module)
        return True
    except ImportError:
        return False
    finally:
        sys.path[:] = path


def configured(root):
    """Who the board is and whose releases it takes; nothing secret leaves it."""
    try:
        config = json.loads(content(root + "/config.json") or b"null")
        return {
            "device": config["device"]["id"],
            "public_key": config.get("update", {}).get("public_key", ""),
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"device": None, "public_key": ""}


def poller():
    try:
        from select import POLLIN, poll

        waiting = poll()
        waiting.register(sys.stdin, POLLIN)
        return waiting
    except (ImportError, OSError):
        return None


def interrupts(character):
    try:
        from micropython import kbd_intr

        kbd_intr(character)
    except ImportError:
        pass


def serve(root, tops, slots, guarded):
    """Serve the host until it says that it is done; start the board anew when nothing comes from it any more."""
    gc.collect()
    feed = feeder(guarded)
    line = Line(
        sys.stdin.buffer, sys.stdout.buffer, 8192 if gc.mem_free() > _LARGE_HEAP else 2048, poller(), feed
    )
    interrupts(-1)
    try:
        Agent(line, root, tops, slots, feed).serve()
    except Silence:
        import machine

        machine.reset()
    finally:
        interrupts(3)
