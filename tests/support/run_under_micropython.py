# Runs under MicroPython: imports a test file and calls every test_* function, printing one line each.
# Usage: <simulator> run_under_micropython.py DEVICE_DIR TEST_FILE
import gc
import io
import sys


def _flat(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _run(name, function):
    gc.collect()
    try:
        function()
    except Exception as error:
        report = io.StringIO()
        sys.print_exception(error, report)
        print("RESULT FAIL %s %s" % (name, _flat(report.getvalue())))
    else:
        print("RESULT PASS %s -" % name)


device, test_file = sys.argv[1], sys.argv[2]
folder, _, module_name = test_file[:-3].rpartition("/")
sys.path[:] = [folder, device, device + "/lib", device + "/../tests/device", ".frozen"]
module = __import__(module_name)
for name in sorted(dir(module)):
    if name.startswith("test_"):
        _run(name, getattr(module, name))
print("RESULT DONE %s -" % module_name)
