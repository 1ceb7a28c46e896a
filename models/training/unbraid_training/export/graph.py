"""Nodes and constants of an ONNX graph, in the forms that tract runs fastest."""

from __future__ import annotations

import numpy as np
import torch
from onnx import helper, numpy_helper

from ..model.layers import GroupConv
from ..model.size import CONV_WIDTH

MAX_ELEMENTS = 1_048_576
"""tract folds `DequantizeLinear` of constants up to this many elements; larger ones run every frame."""


class Graph:
    """Collects nodes and initialisers; every method returns the name of its output."""

    def __init__(self, quantise: bool):
        self.nodes, self.constants, self.quantise = [], [], quantise
        self.count = 0
        self.sizes: dict[str, int] = {}

    def name(self, hint: str) -> str:
        self.count += 1
        return f"{hint}_{self.count}"

    def op(self, kind: str, *inputs: str, outputs: int = 1, hint: str | None = None, **attributes):
        """Adds one node."""
        names = [self.name(hint or kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value, hint: str = "c") -> str:
        """An initialiser, float32 unless it is an integer array."""
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(np.float32)
        name = self.name(hint)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def ints(self, *values: int) -> str:
        return self.constant(np.asarray(values, dtype=np.int64), "shape")

    def weight(self, rows: np.ndarray, hint: str) -> str:
        """`rows` `[out, in]`, quantised symmetrically with one scale per row (output channel)."""
        rows = rows.astype(np.float32)
        if not self.quantise:
            return self.constant(rows, hint)
        if rows.size > MAX_ELEMENTS:
            raise ValueError(f"{hint}: {rows.size} elements; tract folds at most {MAX_ELEMENTS}, split the layer")
        scale = np.maximum(np.abs(rows).max(axis=1), 1e-8) / 127.0
        values = np.clip(np.round(rows / scale[:, None]), -127, 127).astype(np.int8)
        quantised = self.name(hint + "_int8")
        self.constants.append(numpy_helper.from_array(values, quantised))
        zero = self.constant(np.zeros(len(rows), dtype=np.int8), hint + "_zero")
        return self.op("DequantizeLinear", quantised, self.constant(scale, hint + "_scale"), zero, axis=0, hint=hint)

    def matrix(self, weight: np.ndarray, hint: str) -> str:
        """`weight` `[in, out]` for `x · W`, quantised per output channel."""
        return self.op("Transpose", self.weight(weight.T, hint), perm=[1, 0], hint=hint)

    def band_product(self, x: str, weight: np.ndarray, bias: np.ndarray | None, hint: str) -> str:
        """`x` (`K · in` values) times `weight` `[K, in, out]`, quantised per band and output channel, plus `bias` `[K,
        out]`: `[K, out]`.

        The vector stands on the right: there tract has kernels for one column, on the left it fills a tile with one
        row.
        """
        k, i, o = weight.shape
        rows = self.weight(weight.transpose(0, 2, 1).reshape(k * o, i), hint)
        matrix = self.op("Reshape", rows, self.ints(k, o, i), hint=hint)
        column = self.op("MatMul", matrix, self.op("Reshape", x, self.ints(k, i, 1)), hint=hint)
        if bias is not None:
            column = self.op("Add", column, self.constant(bias[:, :, None]))
        return self.op("Reshape", column, self.ints(k, o))

    def part(self, x: str, first: int, end: int, axis: int = 0) -> str:
        """Rows `first … end − 1` of an axis, copied by index: tract moves a `Slice` up through all that comes before
        it, and computes twice, in kernels for fewer rows, what stands on both sides of the cut."""
        return self.op("Gather", x, self.constant(np.arange(first, end, dtype=np.int64), "rows"), axis=axis)

    def group_conv(self, x: str, conv: GroupConv, hint: str) -> str:
        """Convolution over the groups of `x` `[1, channels, 1, groups]`, with a second row of weights for the row of
        zeros above.

        That row makes it a convolution over two axes, for which tract has a direct kernel; where one axis can be taken
        away, tract takes it, and copies every window out before it multiplies.
        """
        weight = array(conv.weight)
        weight = np.concatenate([np.zeros_like(weight), weight], axis=2)
        rows = self.op(
            "Reshape", self.weight(weight.reshape(len(weight), -1), hint), self.ints(*weight.shape), hint=hint
        )
        half, bias = CONV_WIDTH // 2, self.constant(array(conv.bias))
        return self.op("Conv", x, rows, bias, kernel_shape=[2, CONV_WIDTH], pads=[1, half, 0, half])

    def norm(self, x: str, scale: np.ndarray | None = None) -> str:
        """RMS normalisation over the last axis; the scale is usually folded into the next matrix."""
        mean = self.op("ReduceMean", self.op("Mul", x, x), axes=[-1], keepdims=1)
        root = self.op("Sqrt", self.op("Add", mean, self.constant([1e-5])))
        y = self.op("Div", x, root)
        return y if scale is None else self.op("Mul", y, self.constant(scale))

    def silu(self, x: str) -> str:
        return self.op("Mul", x, self.op("Sigmoid", x))

    def softmax(self, x: str, axis: int, length: int, total: tuple[int, ...]) -> str:
        """Softmax over an outer axis of `length` values, out of element-wise operators: tract's own `Softmax` and its
        `ReduceMax` walk such an axis value by value and took half of a whole frame's time. Around the mean instead of
        below the maximum, and clipped where the smallest mask is 1e-26 already, so that nothing overflows. `total` is
        the shape that a sum over the axis has."""
        mean = self.op(
            "Mul", self.op("ReduceSum", x, self.ints(axis), keepdims=1), self.constant(np.full(total, 1.0 / length))
        )
        above = self.op("Max", self.op("Sub", x, self.repeated(mean, length, axis)), self.constant([-60.0]))
        raised = self.op("Exp", self.op("Min", above, self.constant([60.0])))
        summed = self.op("ReduceSum", raised, self.ints(axis), keepdims=1)
        return self.op("Div", raised, self.repeated(summed, length, axis))

    def repeated(self, x: str, times: int, axis: int) -> str:
        """`x` that many times along an axis."""
        return self.op("Concat", *[x] * times, axis=axis)


def array(tensor: torch.Tensor) -> np.ndarray:
    """Parameter as float64 array."""
    return tensor.detach().double().numpy()
