"""Checkpoint to `unbraid-mask/1` ONNX: one frame a call, int8 weights, metadata, golden vectors.

The graph is written node by node instead of traced: what is not in it cannot surprise tract, and
constants are folded where that saves nodes.

    python -m unbraid_training.export CHECKPOINT OUT.onnx [--name ...] [--version ...] --clip CLIP.flac
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from ..model.layout import LAYOUTS, STEMS, Layout
from ..model.network import CONTRAST_SPAN, CONV_WIDTH, FEATURES, FRONT_FRAMES, POWER_FLOOR, BandNetwork, GroupConv, Size
from ..model.stream import apply_shares
from ..model.transform import spectra

CONTRACT = "unbraid-mask/1"
MAX_ELEMENTS = 1_048_576
"""tract folds `DequantizeLinear` of constants up to this many elements; larger ones run every frame."""

PANELS = 256
"""Two panels of 128 rows, in which tract packs a matrix for one column."""

GOLDEN_FRAMES = 200


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
        """`x` (`K · in` values) times `weight` `[K, in, out]`, quantised per band and output channel, plus `bias` `[K, out]`: `[K, out]`.

        The vector stands on the right: there tract has kernels for one column, on the left it fills a tile with one row.
        """
        k, i, o = weight.shape
        rows = self.weight(weight.transpose(0, 2, 1).reshape(k * o, i), hint)
        matrix = self.op("Reshape", rows, self.ints(k, o, i), hint=hint)
        column = self.op("MatMul", matrix, self.op("Reshape", x, self.ints(k, i, 1)), hint=hint)
        if bias is not None:
            column = self.op("Add", column, self.constant(bias[:, :, None]))
        return self.op("Reshape", column, self.ints(k, o))

    def part(self, x: str, first: int, end: int, axis: int = 0) -> str:
        """Rows `first … end − 1` of an axis, copied by index: tract moves a `Slice` up through all that comes before it, and
        computes twice, in kernels for fewer rows, what stands on both sides of the cut."""
        return self.op("Gather", x, self.constant(np.arange(first, end, dtype=np.int64), "rows"), axis=axis)

    def group_conv(self, x: str, conv: GroupConv, hint: str) -> str:
        """Convolution over the groups of `x` `[1, channels, 1, groups]`, with a second row of weights for the row of zeros above.

        That row makes it a convolution over two axes, for which tract has a direct kernel; where one axis can be taken away,
        tract takes it, and copies every window out before it multiplies.
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

    def softmax(self, x: str, axis: int, length: int, rest: tuple[int, ...]) -> str:
        """Softmax over an outer axis of `length` values, out of element-wise operators: tract's own `Softmax` and its
        `ReduceMax` walk such an axis value by value and took half of a whole frame's time. Around the mean instead of
        below the maximum, and clipped where the smallest share is 1e-26 already, so that nothing overflows. `rest` is the
        shape that a sum over the axis has."""
        mean = self.op(
            "Mul", self.op("ReduceSum", x, self.ints(axis), keepdims=1), self.constant(np.full(rest, 1.0 / length))
        )
        above = self.op("Max", self.op("Sub", x, self.repeated(mean, length, axis)), self.constant([-60.0]))
        raised = self.op("Exp", self.op("Min", above, self.constant([60.0])))
        total = self.op("ReduceSum", raised, self.ints(axis), keepdims=1)
        return self.op("Div", raised, self.repeated(total, length, axis))

    def repeated(self, x: str, times: int, axis: int) -> str:
        """`x` that many times along an axis."""
        return self.op("Concat", *[x] * times, axis=axis)


def array(tensor: torch.Tensor) -> np.ndarray:
    """Parameter as float64 array."""
    return tensor.detach().double().numpy()


def build(network: BandNetwork, layout: Layout, metadata: dict[str, str], quantise: bool = True) -> onnx.ModelProto:
    """The streaming graph of `network`."""
    size, bins = network.size, layout.bins
    k, d, gpb, groups = size.bands, size.width, size.groups_per_band, size.groups
    if len(layout.group_widths()) != groups:
        raise ValueError(f"the layout has {len(layout.group_widths())} groups, the network {groups}")
    if size.cell != "recurrence":
        raise ValueError(
            f"time cell {size.cell}: only the gated recurrence can be exported; the others are for comparisons"
        )
    g = Graph(quantise)
    # Powers of left, right and side per bin, pooled to groups: [3, groups].
    planes = g.op("Reshape", "mixture", g.ints(2, 2, bins))
    left, right = g.op("Split", planes, outputs=2, axis=0, hint="channel")
    side = g.op("Mul", g.op("Sub", left, right), g.constant([0.5]))
    stacked = g.op("Concat", planes, side, axis=0)
    powers = g.op("ReduceSum", g.op("Mul", stacked, stacked), g.ints(1), keepdims=0)
    # First the first bins of a run's groups, then the second ones: sums over an outer axis are additions of whole rows.
    turned = [
        start + np.arange(width * count).reshape(count, width).T.reshape(-1)
        for start, width, count in layout.group_runs()
    ]
    powers = g.op("Gather", powers, g.constant(np.concatenate(turned), "bins"), axis=1)
    parts, first = [], 0
    for _, width, count in layout.group_runs():
        part = g.op("Slice", powers, g.ints(first), g.ints(first + width * count), g.ints(1))
        first += width * count
        if width > 1:
            part = g.op("Reshape", part, g.ints(3, width, count))
            part = g.op("ReduceSum", part, g.ints(1), keepdims=0)
        parts.append(part)
    pooled = g.part(g.op("Concat", *parts, axis=1), 0, 3)
    p_left, p_right, p_side = g.op("Split", pooled, outputs=3, axis=0, hint="power")
    total = g.op("Add", g.op("Add", p_left, p_right), g.constant([POWER_FLOOR]))
    level = g.op("Mul", g.op("Log", total), g.constant([1.0 / np.log(10.0)]))
    balance = g.op("Div", g.op("Sub", p_left, p_right), total)
    spread = g.op("Div", g.op("Mul", p_side, g.constant([2.0])), total)
    # A convolution with ones, over the number of groups that lie inside: tract's `AveragePool` takes a lock every frame.
    half, ones = CONTRAST_SPAN // 2, np.ones(CONTRAST_SPAN)
    around = g.op(
        "Conv",
        g.op("Reshape", level, g.ints(1, 1, 1, groups)),
        g.constant(np.stack([0.0 * ones, ones])[None, None]),
        kernel_shape=[2, CONTRAST_SPAN],
        pads=[1, half, 0, half],
    )
    inside = np.convolve(np.ones(groups), ones, mode="same")
    around = g.op("Mul", g.op("Reshape", around, g.ints(1, groups)), g.constant(1.0 / inside[None]))
    peaks = g.op("Mul", g.op("Sub", level, around), g.constant([2.0]))
    feats = g.op("Concat", level, balance, spread, axis=0)
    mean, scale = array(network.feature_mean).T, array(network.feature_scale).T
    feats = g.op("Mul", g.op("Sub", feats, g.constant(mean)), g.constant(scale))
    feats, count = g.op("Concat", feats, peaks, axis=0), FEATURES + 1
    states, following = [], []
    if size.front:
        c, kept = size.front, (FRONT_FRAMES - 1) * count
        states += [("state_0", [1, kept, groups]), ("state_1", [1, c, groups])]
        history = g.op("Concat", g.op("Reshape", feats, g.ints(1, count, groups)), "state_0", axis=1)
        wide = g.op("Reshape", history, g.ints(1, kept + count, 1, groups))
        y = g.silu(g.group_conv(wide, network.front.first, "front_first"))
        # Repeated for every group, since tract multiplies equal shapes much faster than it repeats one along an inner axis.
        forget = np.repeat(1.0 / (1.0 + np.exp(-array(network.front.forget)))[None, :, None, None], groups, axis=3)
        before = g.op("Reshape", "state_1", g.ints(1, c, 1, groups))
        h = g.op("Add", y, g.op("Mul", g.constant(forget), g.op("Sub", before, y)))
        following.append(("state_0_next", g.op("Slice", history, g.ints(0), g.ints(kept), g.ints(1))))
        following.append(("state_1_next", g.op("Reshape", h, g.ints(1, c, groups))))
        front = g.silu(g.group_conv(g.op("Concat", y, h, axis=1), network.front.second, "front_second"))
        linked = g.op(
            "MatMul", g.weight(array(network.front.link.weight), "link"), g.op("Reshape", front, g.ints(c, groups))
        )
        seen = g.op("Concat", feats, linked, axis=0)
    else:
        seen = feats

    def by_group(weight: np.ndarray, values: int) -> np.ndarray:
        """Inputs `[K, groups_per_band · values, …]` as they come here: value after value, not group after group as in training."""
        return weight[:, np.arange(gpb * values).reshape(gpb, values).T.reshape(-1)]

    # One product for both kinds of input: a vector's product costs what reading its matrix costs, in panels of 128 rows.
    weight = by_group(array(network.inward.weight), count)
    if size.front:
        weight = np.concatenate([weight, by_group(array(network.from_front), size.link)], axis=1)
    values = weight.shape[1] // gpb
    seen = g.op("Transpose", g.op("Reshape", seen, g.ints(values, k, gpb)), perm=[1, 0, 2])
    x = g.band_product(seen, weight, array(network.inward.bias), "inward")

    for n, block in enumerate(network.blocks):
        cell = block.cell
        past, hidden = f"state_{len(states)}", f"state_{len(states) + 1}"
        states += [(past, [1, size.taps - 1, k, d]), (hidden, [1, k, d])]
        weight = array(cell.inward.weight).T * array(cell.norm.scale)[:, None]
        bias = np.repeat(array(cell.inward.bias)[None], k, axis=0)
        bias[:, d : 2 * d] += array(cell.forget_bias)
        y = g.op("Add", g.op("MatMul", g.norm(x), g.matrix(weight, "cell_in")), g.constant(bias))
        u, f, gate = g.op("Split", y, outputs=3, axis=1, hint="ufg")
        history = g.op("Concat", past, g.op("Reshape", u, g.ints(1, 1, k, d)), axis=1)
        # One copy a band: tract multiplies equal shapes eight times as fast as it repeats one along an inner axis.
        taps = np.repeat(array(cell.taps)[::-1].reshape(1, size.taps, 1, d), k, axis=2)
        mixed = g.op("ReduceSum", g.op("Mul", history, g.constant(taps)), g.ints(1), keepdims=0)
        forget = g.op("Reshape", g.op("Sigmoid", f), g.ints(1, k, d))
        h = g.op("Add", mixed, g.op("Mul", forget, g.op("Sub", hidden, mixed)))
        following.append((f"{past}_next", g.op("Slice", history, g.ints(1), g.ints(size.taps), g.ints(1))))
        following.append((f"{hidden}_next", h))
        out = g.op("Mul", g.op("Reshape", h, g.ints(k, d)), g.silu(gate))
        out = g.op("MatMul", out, g.matrix(array(cell.outward.weight).T, "cell_out"))
        x = g.op("Add", x, g.op("Add", out, g.constant(array(cell.outward.bias)[None])))

        mixer = block.mixer
        y = g.norm(x, np.repeat(array(mixer.norm.scale)[None], k, axis=0))
        y = g.op("MatMul", g.weight(array(mixer.inward.weight), "mix_in"), y)
        y = g.silu(g.op("Add", y, g.constant(array(mixer.inward.bias)[:, None])))
        y = g.op("MatMul", g.weight(array(mixer.outward.weight), "mix_out"), y)
        x = g.op("Add", x, g.op("Add", y, g.constant(array(mixer.outward.bias)[:, None])))

        mlp = block.mlp
        weight = array(mlp.inward.weight).T * array(mlp.norm.scale)[:, None]
        normed = g.norm(x)
        y = g.op("Add", g.op("MatMul", normed, g.matrix(weight, "mlp_in")), g.constant(array(mlp.inward.bias)[None]))
        y = g.op("MatMul", g.silu(y), g.matrix(array(mlp.outward.weight).T, "mlp_out"))
        x = g.op("Add", x, g.op("Add", y, g.constant(array(mlp.outward.bias)[None])))
        if low := mlp.low_bands:
            weight = array(mlp.low_inward.weight) * array(mlp.norm.scale)[None, :, None]
            y = g.band_product(g.part(normed, 0, low), weight, array(mlp.low_inward.bias), "low_in")
            y = g.band_product(g.silu(y), array(mlp.low_outward.weight), array(mlp.low_outward.bias), "low_out")
            x = g.op("Add", x, g.op("Concat", y, g.constant(np.zeros((k - low, d))), axis=0))

    # Per band: logits of every stem and channel, every stem's factor on the contrast, and what detail is told; in one
    # product, as above.
    stems = len(STEMS)
    weight, bias = array(network.outward.weight), array(network.outward.bias)
    if size.front:
        told = by_group(array(network.detail.bands.weight).transpose(0, 2, 1), size.link).transpose(0, 2, 1)
        weight = np.concatenate([weight, told], axis=2)
        bias = np.concatenate([bias, by_group(array(network.detail.bands.bias), size.link)], axis=1)
    weight, normed = weight * array(network.norm.scale)[None, :, None], g.norm(x)
    rows = weight.shape[2] // gpb
    # In two parts that fill their panels: no node may take longer than the share of a hop that a small block brings.
    parts = [
        g.band_product(normed, part, None, "outward")
        for part in (weight[..., :PANELS], weight[..., PANELS:])
        if part.size
    ]
    y = g.op("Concat", *parts, axis=1)
    y = g.op("Transpose", g.op("Reshape", y, g.ints(k, rows, gpb)), perm=[1, 0, 2])
    # Of as many axes as tract gives the product: to a constant it would otherwise add one, and then go the general path.
    bias = bias.reshape(k, rows, gpb).transpose(1, 0, 2).reshape(1, rows, groups)
    y = g.op("Add", g.op("Reshape", y, g.ints(1, rows, groups)), g.constant(bias))
    factors, told = (
        g.part(y, 2 * stems, 3 * stems, axis=1),
        (g.part(y, 3 * stems, rows, axis=1) if size.front else None),
    )
    # Copies instead of broadcasts here and in `softmax`: tract adds and multiplies equal shapes ten times as fast.
    claimed = g.op(
        "Mul",
        g.op("Reshape", factors, g.ints(1, stems, 1, groups)),
        g.repeated(g.op("Reshape", peaks, g.ints(1, 1, 1, groups)), stems, axis=1),
    )
    logits = g.op("Reshape", g.part(y, 0, 2 * stems, axis=1), g.ints(1, stems, 2, groups))
    y = g.op("Add", logits, g.repeated(claimed, 2, axis=2))
    if size.front:
        detail = network.detail
        z = g.op("Concat", front, g.op("Reshape", told, g.ints(1, size.link, 1, groups)), axis=1)
        z = g.silu(g.group_conv(z, detail.first, "detail_first"))
        z = g.op("Add", z, g.silu(g.group_conv(z, detail.second, "detail_second")))
        z = g.op("Reshape", z, g.ints(size.detail, groups))
        z = g.op("MatMul", g.weight(array(detail.outward.weight), "detail_out"), z)
        z = g.op("Add", z, g.constant(np.repeat(array(detail.outward.bias)[:, None], groups, axis=1)))
        y = g.op("Add", y, g.op("Reshape", z, g.ints(1, stems, 2, groups)))
    y = g.softmax(y, axis=1, length=stems, rest=(1, 1, 2, groups))
    index = g.constant(layout.group_of_bin().astype(np.int64), "group_of_bin")
    g.nodes.append(helper.make_node("Gather", [y, index], ["shares"], name="shares", axis=3))
    for name, source in following:
        g.nodes.append(helper.make_node("Identity", [source], [name], name=name))

    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    inputs = [value("mixture", [1, 4, bins])] + [value(n, s) for n, s in states]
    outputs = [value("shares", [1, len(STEMS), 2, bins])] + [value(n + "_next", s) for n, s in states]
    graph = helper.make_graph(g.nodes, "unbraid", inputs, outputs, g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="unbraid_training")
    model.ir_version = 8
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model


def metadata_of(
    layout: Layout, size: Size, mode: str, name: str, version: str, licences: str, metrics: dict
) -> dict[str, str]:
    """The `metadata_props` that the contract asks for."""
    return {
        "contract": CONTRACT,
        "name": name,
        "version": version,
        "mode": mode,
        "stems": ",".join(STEMS),
        "sample_rates": "44100,48000",
        "fft": str(layout.fft),
        "hop": str(layout.hop),
        "window": layout.window,
        "lookahead_frames": str(layout.lookahead_frames),
        "pooled_groups": str(size.groups),
        "mmac_per_frame": f"{size.macs_per_frame() / 1e6:.2f}",
        "licences": licences,
        "metrics": json.dumps(metrics, sort_keys=True),
    }


class OnnxStreamer:
    """Runs a written file frame by frame in onnxruntime, optimisations off, one thread."""

    def __init__(self, path: Path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # The default rewrites dequantised weights to int8 arithmetic, which differs by 1e-2.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.state_names = [i.name for i in self.session.get_inputs() if i.name != "mixture"]
        self.shapes = {i.name: i.shape for i in self.session.get_inputs()}
        self.outputs = ["shares"] + [n + "_next" for n in self.state_names]

    def shares(self, x: np.ndarray, layout: Layout) -> tuple[np.ndarray, list[np.ndarray]]:
        """Group shares `[frames, 4, 2, groups]` and the last state, for mixture spectra `[2, frames, bins]`."""
        first_bin = np.searchsorted(layout.group_of_bin(), np.arange(len(layout.group_widths())))
        state = {n: np.zeros(self.shapes[n], dtype=np.float32) for n in self.state_names}
        out = []
        for t in range(x.shape[1]):
            frame = np.stack([x[0, t].real, x[0, t].imag, x[1, t].real, x[1, t].imag])[None].astype(np.float32)
            shares, *rest = self.session.run(self.outputs, {"mixture": frame, **state})
            state = dict(zip(self.state_names, rest))
            out.append(shares[0][..., first_bin])
        return np.stack(out), list(state.values())

    def separate(self, audio: np.ndarray, layout: Layout) -> np.ndarray:
        """Stems `[4, 2, samples]` of `audio` `[2, samples]`, in time with the input."""
        length = audio.shape[1]
        tail = layout.fft + (layout.lookahead_frames + 1) * layout.hop
        x = spectra(np.pad(audio, ((0, 0), (0, tail))), layout)
        return apply_shares(x, self.shares(x, layout)[0], layout)[..., :length]


def write_golden(streamer: OnnxStreamer, audio: np.ndarray, layout: Layout, path: Path) -> None:
    """Recorded sequence that the engine replays: audio, a few spectra, all shares, last state."""
    from safetensors.numpy import save_file

    samples = np.round(audio[:, : GOLDEN_FRAMES * layout.hop] * 32767).astype(np.int16)
    x = spectra(samples.astype(np.float32) / 32768.0, layout)
    shares, state = streamer.shares(x, layout)
    picked = np.array([0, 1, 7, 50, 101, 199], dtype=np.int64)
    planes = np.stack([x[0].real, x[0].imag, x[1].real, x[1].imag], axis=1)
    tensors = {
        "audio": samples,
        "spectra": np.ascontiguousarray(planes[picked]),
        "spectra_frames": picked,
        "shares": np.round(shares * 65535).astype(np.uint16),
        "group_of_bin": layout.group_of_bin().astype(np.int64),
    }
    tensors |= {f"state_{i}_last": np.ascontiguousarray(s) for i, s in enumerate(state)}
    # safetensors writes an array's memory as it lies, whatever its strides say.
    save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, str(path))


def write_demo(streamer: OnnxStreamer, audio: np.ndarray, layout: Layout, path: Path, seconds: float = 6.0) -> None:
    """The streamed stems of the demo clip's beginning, which the bundle's render is compared with."""
    from safetensors.numpy import save_file

    length = int(seconds * 44_100)
    # Silence follows, as it does when the comparison plays just this stretch: the last frames see it.
    stems = streamer.separate(audio[:, :length], layout)
    rounded = np.clip(np.round(stems * 32768), -32768, 32767).astype(np.int16)
    save_file({"stems": np.ascontiguousarray(rounded)}, str(path))


def load_checkpoint(path: Path) -> tuple[BandNetwork, Layout, dict]:
    """Network with its averaged weights, layout, and the whole checkpoint."""
    saved = torch.load(path, map_location="cpu", weights_only=False)
    network = BandNetwork(Size(**saved["size"]))
    network.load_state_dict(saved["ema"])
    return network.eval(), Layout(**saved["layout"]), saved


def main() -> None:
    """Command line."""
    import soundfile

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mode", choices=sorted(LAYOUTS), default="studio")
    parser.add_argument("--name", default="Braid Studio")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--clip", type=Path, required=True, help="demo clip for golden vectors")
    parser.add_argument("--metrics", type=Path, help="JSON of scores that goes into the metadata")
    parser.add_argument("--float", action="store_true", help="float32 weights, for comparison")
    args = parser.parse_args()
    network, layout, saved = load_checkpoint(args.checkpoint)
    metrics = json.loads(args.metrics.read_text()) if args.metrics else {}
    metadata = metadata_of(layout, network.size, args.mode, args.name, args.version, saved.get("licences", ""), metrics)
    model = build(network, layout, metadata, quantise=not args.float)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(args.out))
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB, {network.size.macs_per_frame() / 1e6:.2f} MMAC/frame")
    clip, rate = soundfile.read(args.clip, dtype="float32", always_2d=True)
    if rate != 44_100:
        raise SystemExit(f"{args.clip}: {rate} Hz; the golden clip must be 44,100 Hz")
    streamer = OnnxStreamer(args.out)
    write_golden(streamer, clip.T, layout, args.out.with_suffix(".golden.safetensors"))
    write_demo(streamer, clip.T, layout, args.out.with_suffix(".demo.safetensors"))
    print("golden vectors and demo stems written beside it")


if __name__ == "__main__":
    main()
