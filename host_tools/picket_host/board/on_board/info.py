# Runs on the board, behind slot.py: what the board is and how it is. Secrets of the configuration stay there.
# ruff: noqa: F821  (names of slot.py, which stands before this in the same program)
import gc


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def listed(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def unproven_starts():
    try:
        import machine

        kept = machine.RTC().memory()
        return kept[3] if kept[:3] == b"PKB" and kept[3:4] != b"\xff" else 0
    except (ImportError, AttributeError):
        return None


def unique_id():
    try:
        import machine

        return binascii.hexlify(machine.unique_id()).decode()
    except (ImportError, AttributeError):
        return None


def boots():
    try:
        with open("/state/boot") as f:
            return int(f.read(32).split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def info():
    gc.collect()
    now = pointer()
    mpy = getattr(sys.implementation, "_mpy", 0)
    stat = os.statvfs("/")
    config = read_json("/config.json")
    device = config.get("device", {}) if isinstance(config, dict) else {}
    release = read_json(slot(now["app"]) + "/release.json") or {}
    model = read_json(slot(now["model"]) + "/model/model.json") or {}
    return {
        "platform": sys.platform,
        "machine": getattr(sys.implementation, "_machine", sys.platform),
        "micropython": "%d.%d.%d" % tuple(sys.implementation.version[:3]),
        "mpy": "%d.%d" % (mpy & 0xFF, mpy >> 8 & 3),
        "arch": architecture(),
        "unique_id": unique_id(),
        "unproven_starts": unproven_starts(),
        "heap_free": gc.mem_free(),
        "heap_bytes": gc.mem_free() + gc.mem_alloc(),
        "flash_free": stat[0] * stat[3],
        "flash_bytes": stat[1] * stat[2],
        "group": device.get("group"),
        "device": device.get("id"),
        "configured": config is not None or exists("/config.json"),
        "application": exists(slot(now["app"]) + "/main.py"),
        "safe_boot": exists("/boot.py"),
        "app": now["app"],
        "model": now["model"],
        "state": now["state"],
        "rolled_back": now["rolled_back"],
        "version": release.get("version"),
        "model_name": model.get("name"),
        "model_version": model.get("version"),
        "boots": boots(),
        "crash": crash(),
        "outbox": len(listed("/outbox")),
    }


print(json.dumps(info()))
