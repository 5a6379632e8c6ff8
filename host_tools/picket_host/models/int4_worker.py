"""The process in which ai-edge-quantizer makes int4 weights for ``int4.quantize``; TensorFlow is not in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_quantizer import quantizer
from ai_edge_quantizer.qtyping import (
    ComputePrecision,
    OpQuantizationConfig,
    QuantGranularity,
    TensorQuantizationConfig,
    TFLOperationName,
)

from picket_host.errors import ModelError
from picket_host.models.worker import Blobs, Reply, serve
from picket_host.progress import Progress

_ACTIVATIONS = TensorQuantizationConfig(num_bits=8, symmetric=False, granularity=QuantGranularity.TENSORWISE)


def handle(header: dict[str, Any], blobs: Blobs, progress: Progress) -> Reply:
    """Quantise the one model of the request."""
    model, representative = blobs
    try:
        return {}, [np.frombuffer(_quantize(bytes(model), representative, progress), np.uint8)]
    except Exception as error:  # the quantiser raises whatever its parts raise
        raise ModelError(f"the int4 quantiser refuses the model: {str(error).splitlines()[0]}") from error


def _quantize(model: bytes, representative: np.ndarray, progress: Progress) -> bytes:
    work = quantizer.Quantizer(model)
    work.update_quantization_recipe(".*", TFLOperationName.ALL_SUPPORTED, _weights(8, QuantGranularity.CHANNELWISE))
    work.update_quantization_recipe(".*", TFLOperationName.CONV_2D, _weights(4, QuantGranularity.CHANNELWISE))
    # TFLM's dense kernel unpacks int4 only where all outputs share a scale.
    work.update_quantization_recipe(".*", TFLOperationName.FULLY_CONNECTED, _weights(4, QuantGranularity.TENSORWISE))
    return bytes(work.quantize(_ranges(model, representative, progress)).quantized_model)


def _weights(bits: int, granularity: QuantGranularity) -> OpQuantizationConfig:
    weights = TensorQuantizationConfig(num_bits=bits, symmetric=True, granularity=granularity)
    return OpQuantizationConfig(
        activation_tensor_config=_ACTIVATIONS,
        weight_tensor_config=weights,
        compute_precision=ComputePrecision.INTEGER,
        explicit_dequantize=False,
    )


def _ranges(model: bytes, representative: np.ndarray, progress: Progress) -> dict[str, dict[str, np.ndarray]]:
    """The least and the greatest value of every tensor over all inputs, as the quantiser takes them.

    Its own calibration averages the ranges of the inputs, which cuts off a tenth of them.
    """
    interpreter = Interpreter(
        model_content=model,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    tensors = [
        (detail["name"], detail["index"], detail["shape"])
        for detail in interpreter.get_tensor_details()
        if detail["dtype"] is np.float32 and detail["name"] and np.all(detail["shape"])
    ]
    source = interpreter.get_input_details()[0]["index"]
    ranges: dict[str, dict[str, np.ndarray]] = {}
    for done, sample in enumerate(representative):
        progress.step("calibrating for int4", done, len(representative))
        interpreter.set_tensor(source, sample[None])
        interpreter.invoke()
        for name, index, shape in tensors:
            values = interpreter.get_tensor(index)
            least, greatest = values.min(), values.max()
            if name in ranges:
                least, greatest = min(least, ranges[name]["min"].item()), max(greatest, ranges[name]["max"].item())
            whole = (1,) * len(shape)
            ranges[name] = {"min": np.full(whole, least, np.float32), "max": np.full(whole, greatest, np.float32)}
    return ranges


if __name__ == "__main__":
    serve(handle)
