# Runs on the emulated board: imports a test file and calls its test_* functions, printing one line for each.
import gc
import io
import json
import sys

with open("/rom/run.json") as file:
    run = json.load(file)
sys.path[:] = [run["folder"], "/rom/device", "/rom/device/lib", "/rom/tests/device", "/rom", ".frozen"]
module = __import__(run["module"])
for name in sorted(dir(module)):
    if name.startswith("test_") and name not in run["left_out"]:
        gc.collect()
        report = io.StringIO()
        try:
            getattr(module, name)()
        except Exception as error:
            sys.print_exception(error, report)
        print("RESULT " + json.dumps([name, report.getvalue()]))
