"""The gate's settings: one table for the configuration and for model packages. Loaded only to check them."""

# Name, default, lowest and highest value.
TABLE = (
    # A condition begins when a class has had threshold_pct for min_windows, and ends when it has stayed
    # below release_pct for release_windows.
    ("threshold_pct", 80, 1, 100),
    ("release_pct", 50, 0, 100),
    ("min_windows", 2, 1, 255),
    ("release_windows", 8, 1, 255),
    ("uncertain_pct", 60, 0, 100),
    ("anomaly", 1000, 1, 1000000),
)


def complete(given):
    """All settings: those given (`gate` of a package), the defaults of the others. ValueError: what is wrong."""
    if not isinstance(given, dict):
        raise ValueError("gate: not an object")
    result = {}
    for name, default, low, high in TABLE:
        value = given.get(name, default)
        if type(value) is not int or not low <= value <= high:
            raise ValueError("gate.%s: %s is no whole number of %d to %d" % (name, value, low, high))
        result[name] = value
    for name in given:
        if name not in result:
            raise ValueError("gate.%s: unknown; known are %s" % (name, ", ".join([row[0] for row in TABLE])))
    return result
