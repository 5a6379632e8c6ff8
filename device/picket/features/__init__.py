"""From samples to what a model takes: one module for each kind of pipeline, of which only the kind in use is loaded.

`from_params(params)` of module `<kind>` takes the bytes of pipeline.bin and returns the features (ValueError: what is
wrong with them). docs/contracts.md, "Pipelines", says what features have.
"""
