"""Writes small Keras models and a SavedModel into the folder given as argument; run in a process of its own.

plain.keras, saved/   two dense layers
sine.keras            a function that TensorFlow Lite has, but not for int8
arctan.keras          a function that TensorFlow Lite does not have
gelu.keras            an operator that the engine lacks, in the layer ``curved``
memory.keras          an LSTM as a loop
open.keras            an input with a size left open
own.keras             a layer of a class of its own, ``doubling``
"""

import sys
from pathlib import Path

import keras
from keras import layers, ops

FEATURES = 8


@keras.saving.register_keras_serializable("somebody")
class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


def main(folder: Path) -> None:
    keras.utils.set_random_seed(1)
    out = layers.Dense(3, activation="softmax", name="out")
    plain = sequential((FEATURES,), layers.Dense(6, activation="relu", name="hidden"), out)
    plain.save(folder / "plain.keras")
    plain.export(folder / "saved", verbose=False)
    for name, function in (("sine", ops.sin), ("arctan", ops.arctan)):
        source = keras.Input((FEATURES,))
        target = layers.Dense(3, name="last")(function(layers.Dense(6, name="first")(source)))
        keras.Model(source, target).save(folder / f"{name}.keras")
    sequential((FEATURES,), layers.Dense(6, activation="gelu", name="curved")).save(folder / "gelu.keras")
    sequential((5, FEATURES), layers.LSTM(4, name="memory")).save(folder / "memory.keras")
    sequential((None, FEATURES), layers.Conv1D(2, 3, name="slide")).save(folder / "open.keras")
    sequential((FEATURES,), layers.Dense(3, name="first"), Doubled(name="doubling")).save(folder / "own.keras")


def sequential(shape: tuple[int | None, ...], *stack: layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
