"""The process in which TensorFlow trains, converts and evaluates models for ``keras_bench.KerasBench``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from picket_host.errors import InputError, ModelError, PicketError
from picket_host.models import recipes
from picket_host.models.dataset import Dataset
from picket_host.models.tflite_file import layer_of
from picket_host.models.worker import Blobs, Reply, serve
from picket_host.progress import Progress

_THREADS = 2  # results must not depend on the machine's number of cores
_OPERATOR_IN_ERROR = re.compile(r"'tf\.(\w+)' op")


def handle(header: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    """Serve one command; what TensorFlow raises becomes a ModelError."""
    try:
        return _COMMANDS[header["command"]](header["arguments"], blobs, progress)
    except PicketError:
        raise
    except Exception as error:
        raise ModelError(f"TensorFlow: {_gist(error)}", header["arguments"].get("model")) from error


def _train(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    recipe = recipes.find(arguments["recipe"])
    name, variant = recipes.variant_of(recipe, arguments["variant"])
    dataset = Dataset.load(Path(arguments["dataset"]))
    epochs = variant.quick_epochs if arguments["quick"] else variant.epochs
    x, y = dataset.train.x, dataset.train.y
    if variant.augmented:
        x, y = np.concatenate([x, dataset.augmented.x]), np.concatenate([y, dataset.augmented.y])

    keras.utils.set_random_seed(arguments["seed"])
    model = recipe.build(name, dataset)
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(variant.learning_rate, epochs * variant.steps)
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    # Every class weighs the same, however many recordings there are of it.
    weights = (len(y) / (len(dataset.labels) * np.bincount(y, minlength=len(dataset.labels))))[y].astype(np.float32)
    samples = tf.data.Dataset.from_tensor_slices((x, y, weights))
    history = model.fit(
        samples.shuffle(len(y), seed=arguments["seed"]).repeat().batch(variant.batch),
        epochs=epochs,
        steps_per_epoch=variant.steps,
        validation_data=(dataset.validation.x, dataset.validation.y),
        callbacks=[_EpochReport(name, epochs, progress)],
        verbose=0,
    )
    model.save(arguments["model"])
    return {
        "curves": {key: _floats(values) for key, values in history.history.items()},
        "weights": model.count_params(),
    }, []


class _EpochReport(keras.callbacks.Callback):
    def __init__(self, variant: str, epochs: int, progress: Progress):
        super().__init__()
        self._text = f"training {variant}"
        self._epochs = epochs
        self._progress = progress

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._progress.step(self._text, epoch + 1, self._epochs)


def _convert(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    (representative,) = blobs
    progress.step("quantising to int8")
    shape, concrete, keep_alive = _concrete_function(Path(arguments["model"]))
    if representative.shape[1:] != shape[1:]:
        raise InputError(
            f"representative samples have the shape {representative.shape[1:]}, the model takes {shape[1:]}",
            arguments["model"],
        )
    frozen = convert_variables_to_constants_v2(concrete)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], keep_alive)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in representative)
    # Float operators are let through here and refused afterwards, where their layer can be named.
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    try:
        model = converter.convert()
    except Exception as error:
        raise _conversion_error(error, frozen.graph, arguments["model"]) from error
    return {}, [np.frombuffer(model, np.uint8)]


def _concrete_function(model: Path) -> tuple[tuple[int, ...], Any, Any]:
    """A function with a fixed batch of 1: a dynamic one would bring shape operators into the graph."""
    loaded = _load(model)
    _refuse_rolled_loops(loaded)
    if isinstance(loaded, keras.Model):
        if len(loaded.inputs) != 1:
            raise ModelError(f"the model has {len(loaded.inputs)} inputs, only one is supported", model)
        shape = (1, *loaded.inputs[0].shape[1:])
        function = tf.function(lambda x: loaded(x, training=False))
    else:
        function = loaded.signatures["serving_default"]
        (name, spec), *others = function.structured_input_signature[1].items()
        if others:
            raise ModelError(f"the model has {len(others) + 1} inputs, only one is supported", model)
        shape = (1, *spec.shape[1:])
        signature = function
        function = tf.function(lambda x: next(iter(signature(**{name: x}).values())))
    if None in shape:
        raise ModelError(f"the input has the shape {shape}, with a size left open", model, "fix it in keras.Input")
    return shape, function.get_concrete_function(tf.TensorSpec(shape, tf.float32)), loaded


def _load(model: Path) -> Any:
    try:
        if model.is_dir():
            loaded = tf.saved_model.load(model)
            if "serving_default" not in loaded.signatures:
                raise InputError("a SavedModel without serving_default", model, "export it with model.export(folder)")
            return loaded
        return keras.models.load_model(model, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"not a Keras file or SavedModel ({_gist(error).split('. ')[0]})", model) from error


def _conversion_error(error: Exception, graph: Any, model: str) -> ModelError:
    match = _OPERATOR_IN_ERROR.search(str(error))
    if match is None:
        return ModelError(f"the converter refuses the model: {_gist(error)}", model)
    name = match.group(1)
    layers = [layer_of(operator.name) for operator in graph.get_operations() if operator.type == name]
    where = f"layer {layers[0]}" if layers else model
    return ModelError(f"operator {name} has no counterpart in TensorFlow Lite", where, "replace the layer")


def _refuse_rolled_loops(model: Any) -> None:
    """A recurrent layer as a loop crashes the converter: no message would come of it."""
    if isinstance(model, keras.Model):
        for layer in model.layers:
            if isinstance(layer, keras.layers.RNN) and not layer.unroll:
                raise ModelError(
                    "a recurrent layer that is a loop can't be quantised", f"layer {layer.name}", "unroll=True"
                )


def _predict(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    (x,) = blobs
    progress.step("evaluating the float model")
    shape, function, _ = _concrete_function(Path(arguments["model"]))
    samples = (tf.constant(x[i : i + 1].astype(np.float32)) for i in range(len(x)))
    return {}, [np.concatenate([np.asarray(function(sample)) for sample in samples])]


def _litert(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    model, quantised = blobs
    progress.step("evaluating with LiteRT")
    interpreter = tf.lite.Interpreter(
        model_content=model, experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for sample in quantised:
        interpreter.set_tensor(source, sample)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(target)[0].copy())
    return {}, [np.stack(outputs)]


def _gist(error: Exception) -> str:
    """The telling line of an error that may carry a whole trace in its text."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.lstrip().startswith("[[")]
    if not lines:
        return type(error).__name__
    return lines[-1] if lines[0].startswith("Graph execution error") else lines[0]


def _floats(values: list[Any]) -> list[float]:
    return [float(value) for value in values]


_COMMANDS = {"train": _train, "convert": _convert, "predict": _predict, "litert": _litert}

if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(_THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    serve(handle)
