"""The process in which TensorFlow trains, converts and evaluates models for ``keras_bench.KerasBench``."""

from __future__ import annotations

import functools
import json
import re
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from picket_host.errors import InputError, ModelError, PicketError
from picket_host.models import keras_distillation as distillation
from picket_host.models import keras_fitting as fitting
from picket_host.models import keras_pruning as pruning
from picket_host.models import recipes
from picket_host.models.dataset import Dataset
from picket_host.models.recipes import Variant
from picket_host.models.tflite_file import layer_of
from picket_host.models.worker import Blobs, Reply, serve
from picket_host.progress import Progress

_HDF5 = b"\x89HDF\r\n\x1a\n"  # how older files of Keras begin
_ROUGH_SAMPLES = 20  # inputs for the scales of a model that only shows its cost
_THREADS = 2  # results must not depend on the machine's number of cores
_OPERATORS = {
    "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
    "int16": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
}
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
    variant, epochs, dataset = _plan(arguments)
    keras.utils.set_random_seed(arguments["seed"])
    model = _build(arguments, dataset)
    fitting.compile_model(model, variant.learning_rate, epochs * variant.steps)
    report = fitting.EpochReport(f"training {arguments['variant']}", epochs, progress)
    samples = fitting.samples_of(dataset, variant.augmented)
    return _fitted(model, fitting.fit(model, samples, variant, epochs, arguments["seed"], [report]), arguments)


def _prune(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    variant, epochs, dataset = _plan(arguments)
    keras.utils.set_random_seed(arguments["seed"])
    model = _load_keras(Path(arguments["parent"]), dataset)
    targets = pruning.targets(model, arguments["sparsity"], arguments["layers"])
    steps = epochs * variant.steps
    fitting.compile_model(model, arguments["learning_rate"], steps)
    callbacks = [
        pruning.MagnitudePruning(targets, steps=steps * 2 // 3, every=10),
        fitting.EpochReport("pruning", epochs, progress),
    ]
    samples = fitting.samples_of(dataset, variant.augmented)
    reply, _ = _fitted(model, fitting.fit(model, samples, variant, epochs, arguments["seed"], callbacks), arguments)
    return {**reply, "sparsity": pruning.sparsities(model)}, []


def _distill(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    variant, epochs, dataset = _plan(arguments)
    teacher = _load_keras(Path(arguments["teacher"]), dataset)
    keras.utils.set_random_seed(arguments["seed"])
    model = _build(arguments, dataset)
    samples = fitting.samples_of(dataset, variant.augmented)
    progress.step("asking the teacher")

    def taught(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return distillation.targets(y, teacher.predict(x, verbose=0))

    held_back, classes = samples.validation
    samples = replace(samples, y=taught(samples.x, samples.y), validation=(held_back, taught(held_back, classes)))
    loss = distillation.DistillationLoss(arguments["temperature"], arguments["alpha"])
    fitting.compile_model(model, variant.learning_rate, epochs * variant.steps, loss, distillation.accuracy)
    report = fitting.EpochReport("distilling", epochs, progress)
    return _fitted(model, fitting.fit(model, samples, variant, epochs, arguments["seed"], [report]), arguments)


def _trial_open(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    """Build a model of the search space: its int8 file with random weights shows what it costs."""
    variant, epochs, dataset = _plan(arguments)
    keras.utils.set_random_seed(arguments["seed"])
    model = _build(arguments, dataset)
    fitting.compile_model(model, variant.learning_rate, epochs * variant.steps)
    _trials[arguments["trial"]] = model
    representative = dataset.representative(_ROUGH_SAMPLES)
    return {"weights": model.count_params()}, [_quantised(model, representative, "int8", "a model of the search space")]


def _trial_step(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    """Train a model of ``_trial_open`` for one more epoch."""
    variant, _, dataset = _plan(arguments)
    model, epoch, seed = _trials[arguments["trial"]], arguments["epoch"], arguments["seed"]
    samples = fitting.samples_of(dataset, variant.augmented)
    curves = fitting.fit(model, samples, variant, epoch + 1, seed + epoch, initial_epoch=epoch)
    return {name: values[-1] for name, values in curves.items()}, []


def _trial_close(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    model = _trials.pop(arguments["trial"])
    if arguments["model"]:
        model.save(arguments["model"])
    return {}, []


def _plan(arguments: dict[str, Any]) -> tuple[Variant, int, Dataset]:
    """How to train, for how many epochs, and on what."""
    _, variant = recipes.variant_of(recipes.find(arguments["recipe"]), arguments["variant"])
    epochs = arguments.get("epochs") or (variant.quick_epochs if arguments["quick"] else variant.epochs)
    file = Path(arguments["dataset"])
    return variant, epochs, _dataset(file, file.stat().st_mtime_ns if file.exists() else 0)


@functools.lru_cache(maxsize=2)
def _dataset(file: Path, changed: int) -> Dataset:
    return Dataset.load(file)


def _build(arguments: dict[str, Any], dataset: Dataset) -> keras.Model:
    recipe = recipes.find(arguments["recipe"])
    return recipe.build(arguments["variant"], dataset, **arguments["hyperparameters"])


def _load_keras(file: Path, dataset: Dataset) -> keras.Model:
    """A Keras model that takes the data set's samples and knows its classes."""
    model = _load(file)
    if not isinstance(model, keras.Model):
        raise InputError("a SavedModel can't be trained", file, "give a .keras file")
    wanted = (dataset.train.x.shape[1:], (len(dataset.labels),))
    found = tuple(tuple(tensors[0].shape[1:]) for tensors in (model.inputs, model.outputs))
    if found != wanted:
        what = f"the model goes from {found[0]} to {found[1]}, the data from {wanted[0]} to {wanted[1]}"
        raise InputError(what, file)
    return model


def _fitted(model: keras.Model, curves: dict[str, list[float]], arguments: dict[str, Any]) -> Reply:
    model.save(arguments["model"])
    return {"curves": curves, "weights": model.count_params()}, []


def _convert(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    (representative,) = blobs
    progress.step(f"quantising to {arguments['activations']}")
    model = Path(arguments["model"])
    return {}, [_quantised(_load(model), representative, arguments["activations"], model)]


def _sample(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    """An int8 model of a few layers with random weights, for measuring what they cost."""
    keras.utils.set_random_seed(arguments["seed"])
    source = target = keras.Input(arguments["shape"])
    for name, options in arguments["stack"]:
        target = getattr(keras.layers, name)(**options)(target)
    if arguments["merge"]:
        target = getattr(keras.layers, arguments["merge"])()([source, target])
    values = np.random.default_rng(arguments["seed"]).normal(size=(20, *arguments["shape"])).astype(np.float32)
    return {}, [_quantised(keras.Model(source, target), values, "int8", "sample model")]


def _quantised(loaded: Any, representative: np.ndarray, activations: str, where: object) -> np.ndarray:
    """The bytes of the ``.tflite``."""
    shape, frozen, keep_alive = _frozen_function(loaded, where)
    if representative.shape[1:] != shape[1:]:
        raise InputError(
            f"representative samples have the shape {representative.shape[1:]}, the model takes {shape[1:]}", where
        )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], keep_alive)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in representative)
    # Float operators are let through here and refused afterwards, where their layer can be named.
    converter.target_spec.supported_ops = [_OPERATORS[activations], tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.inference_input_type = converter.inference_output_type = tf.as_dtype(activations)
    return _converted(converter, frozen, where)


def _convert_float(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    progress.step("converting to TensorFlow Lite")
    model = Path(arguments["model"])
    shape, frozen, keep_alive = _frozen_function(_load(model), model)
    module = tf.Module()
    module.keep_alive = keep_alive
    serve = tf.function(lambda x: frozen(x)[0], input_signature=[tf.TensorSpec(shape, tf.float32, name="x")])
    with tempfile.TemporaryDirectory(prefix="picket-saved-") as folder:  # the converter takes a signature from there
        tf.saved_model.save(module, folder, signatures=serve.get_concrete_function())
        return {}, [_converted(tf.lite.TFLiteConverter.from_saved_model(folder), frozen, model)]


def _converted(converter: Any, frozen: Any, where: object) -> np.ndarray:
    try:
        model = converter.convert()
    except Exception as error:
        raise _conversion_error(error, frozen.graph, where) from error
    return np.frombuffer(model, np.uint8)


def _frozen_function(loaded: Any, where: object) -> tuple[tuple[int, ...], Any, Any]:
    """``_concrete_function`` with its weights as constants, and what must live as long."""
    shape, concrete = _concrete_function(loaded, where)
    return shape, convert_variables_to_constants_v2(concrete), loaded


def _concrete_function(loaded: Any, where: object) -> tuple[tuple[int, ...], Any]:
    """A function with a fixed batch of 1: a dynamic one would bring shape operators into the graph."""
    _refuse_rolled_loops(loaded)
    if isinstance(loaded, keras.Model):
        if len(loaded.inputs) != 1:
            raise ModelError(f"the model has {len(loaded.inputs)} inputs, only one is supported", where)
        shape = (1, *loaded.inputs[0].shape[1:])
        function = tf.function(lambda x: loaded(x, training=False))
    else:
        function = loaded.signatures["serving_default"]
        (name, spec), *others = function.structured_input_signature[1].items()
        if others:
            raise ModelError(f"the model has {len(others) + 1} inputs, only one is supported", where)
        shape = (1, *spec.shape[1:])
        signature = function
        function = tf.function(lambda x: next(iter(signature(**{name: x}).values())))
    if None in shape:
        raise ModelError(f"the input has the shape {shape}, with a size left open", where, "fix it in keras.Input")
    return shape, function.get_concrete_function(tf.TensorSpec(shape, tf.float32))


def _load(model: Path) -> Any:
    try:
        if model.is_dir():
            loaded = tf.saved_model.load(model)
            if "serving_default" not in loaded.signatures:
                raise InputError("a SavedModel without serving_default", model, "export it with model.export(folder)")
            return loaded
        _check_archive(model)
        return keras.models.load_model(model, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise (
            _unknown_class(model)
            or InputError(f"not a Keras file or SavedModel ({_gist(error).split('. ')[0]})", model)
        ) from error


def _check_archive(model: Path) -> None:
    """Say of a file that is none of Keras what it is not: Keras itself says that it was not found."""
    if not model.exists():
        raise InputError("no such file", model, "give a .keras file or the folder of a SavedModel")
    with model.open("rb") as file:
        older = file.read(len(_HDF5)) == _HDF5
    if not older and not zipfile.is_zipfile(model):
        raise InputError("not a Keras file: it is no archive", model, "the file that model.save('model.keras') writes")


def _unknown_class(model: Path) -> InputError | None:
    """What to say of a Keras file with a layer of somebody's own class, which is not in the file; None without one."""
    try:
        with zipfile.ZipFile(model) as archive:
            found = _foreign(json.loads(archive.read("config.json")))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    if found is None:
        return None
    what = f"its class {found['class_name']} is in no module of Keras, so the file alone does not say what it does"
    layer = found.get("config", {}).get("name", found["class_name"])
    hint = "model.export(FOLDER) and give the SavedModel, or the module that registers the class on PYTHONPATH"
    return InputError(what, f"{model}, layer {layer}", hint)


def _foreign(value: Any) -> dict[str, Any] | None:
    """The first object in a model's configuration whose class is not one of Keras and can't be found."""
    if isinstance(value, dict):
        name, module = value.get("registered_name"), str(value.get("module"))
        own = "class_name" in value and name and module.partition(".")[0] != "keras"
        if own and keras.saving.get_registered_object(name) is None:
            return value
    elif not isinstance(value, list):
        return None
    inner = value.values() if isinstance(value, dict) else value
    return next((found for found in map(_foreign, inner) if found is not None), None)


def _conversion_error(error: Exception, graph: Any, where: object) -> ModelError:
    match = _OPERATOR_IN_ERROR.search(str(error))
    if match is None:
        return ModelError(f"the converter refuses the model: {_gist(error)}", where)
    name = match.group(1)
    layers = [layer_of(operator.name) for operator in graph.get_operations() if operator.type == name]
    place = f"layer {layers[0]}" if layers else where
    return ModelError(f"operator {name} has no counterpart in TensorFlow Lite", place, "replace the layer")


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
    model = Path(arguments["model"])
    _, function = _concrete_function(_load(model), model)
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


def _tensors(arguments: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    """The values of some tensors of a float model inside TensorFlow's interpreter, for each of its inputs."""
    model, x = blobs
    progress.step("evaluating the float model layer by layer")
    interpreter = tf.lite.Interpreter(
        model_content=bytes(model),
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    values: list[list[np.ndarray]] = [[] for _ in arguments["tensors"]]
    for sample in x:
        interpreter.set_tensor(source, sample[None].astype(np.float32))
        interpreter.invoke()
        for collected, index in zip(values, arguments["tensors"], strict=True):
            collected.append(interpreter.get_tensor(index).astype(np.float32))
    return {}, [np.stack(collected) for collected in values]


def _gist(error: Exception) -> str:
    """The telling line of an error that may carry a whole trace in its text."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.lstrip().startswith("[[")]
    if not lines:
        return type(error).__name__
    return lines[-1] if lines[0].startswith("Graph execution error") else lines[0]


_trials: dict[int, keras.Model] = {}
_COMMANDS = {
    "train": _train,
    "prune": _prune,
    "distill": _distill,
    "trial_open": _trial_open,
    "trial_step": _trial_step,
    "trial_close": _trial_close,
    "convert": _convert,
    "convert_float": _convert_float,
    "sample": _sample,
    "predict": _predict,
    "litert": _litert,
    "tensors": _tensors,
}


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(_THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    serve(handle)
