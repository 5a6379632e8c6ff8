# Runs on the board, behind slot.py: records the vibration sensor in bursts. The host calls the functions by further
# programs: begin(note), then take(count) again and again, each answered by lines of base64 and one of JSON.
# ruff: noqa: F821  (names of slot.py, which stands before this in the same program)
import binascii
import gc
import time
from array import array

_LOG = "/state/captures.log"
_LOG_BYTES = 2048  # the newest half is kept beyond that
_CHUNK = 512  # samples
_RESERVE_BYTES = 2048  # pieces of the heap, left for sending
_RESERVES = 6
_STALL_MS = 2000


def log(note):
    """Keep a record on the device of what was taken from it. OSError: it can't be kept."""
    try:
        os.mkdir("/state")
    except OSError:
        pass  # it is there; if not, open() says so
    try:
        if os.stat(_LOG)[6] > _LOG_BYTES:
            with open(_LOG) as f:
                lines = f.read().splitlines()
            with open(_LOG + ".new", "w") as f:
                for line in lines[len(lines) // 2 :]:
                    f.write(line + "\n")
            os.rename(_LOG + ".new", _LOG)
    except OSError:
        pass  # there is none yet
    with open(_LOG, "a") as f:
        f.write(note + "\n")


def describe(section):
    return {name: section.get(name) for name in ("driver", "rate_hz", "range_g")}


def look():
    """Say what would be recorded."""
    from picket import config

    print(json.dumps(describe(config.load("/config.json")["vibration"])))


def begin(note):
    global source, chunks
    from picket import config
    from picket.sensors import open_source

    section = config.load("/config.json")["vibration"]
    del sys.modules["picket.config"]
    source = open_source(section)
    log(note)
    source.start()
    gc.collect()
    reserve = [bytearray(_RESERVE_BYTES) for _ in range(_RESERVES)]
    empty = bytes(2 * _CHUNK)
    chunks = []
    try:
        while True:
            chunks.append(array("h", empty))
    except MemoryError:
        del reserve
    gc.collect()
    print(json.dumps({"rate_hz": source.rate_hz, "room": len(chunks) * _CHUNK}))


def fill(count):
    """Samples read into the chunks, and whether any were lost since the last call."""
    lost = False
    done = 0
    last = time.ticks_ms()
    while done < count:
        chunk = chunks[done // _CHUNK]
        got = source.read_into(chunk, done % _CHUNK)
        if got < 0:
            lost, done = True, 0
        elif got:
            done += got
            last = time.ticks_ms()
        elif time.ticks_diff(time.ticks_ms(), last) > _STALL_MS:
            raise OSError("the sensor gives no samples")
        else:
            time.sleep_ms(1)
    return done, lost


def take(count):
    """count: a multiple of 512, at most the room."""
    done, lost = fill(count)
    crc = 0
    for i in range(done // _CHUNK):
        crc = binascii.crc32(chunks[i], crc)
        sys.stdout.buffer.write(binascii.b2a_base64(chunks[i]))
    print(json.dumps({"count": done, "lost": lost, "crc": crc}))
