"""The streaming graph of a network: one frame a call, states in and out, int8 weights.

Written node by node instead of traced: what is not in it cannot surprise tract, and constants are folded where that
saves nodes.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from ..model.features import CONTRAST_SPAN, FEATURES, POWER_FLOOR
from ..model.layout import STEMS, Layout
from ..model.network import BandNetwork, Block
from ..model.size import FRONT_FRAMES
from .graph import Graph, array

PANELS = 256
"""Two panels of 128 rows, in which tract packs a matrix for one column."""

INPUTS = FEATURES + 1
"""Values of a group that the first layers see: the features and the contrast."""


def build(network: BandNetwork, layout: Layout, metadata: dict[str, str], quantise: bool = True) -> onnx.ModelProto:
    """The streaming graph of `network`. Raises `ValueError` where it cannot be written for `layout`."""
    groups, size = len(layout.group_widths()), network.size
    if groups != size.groups:
        raise ValueError(f"the layout has {groups} groups, the network {size.groups}")
    if size.cell != "recurrence":
        raise ValueError(
            f"time cell {size.cell}: only the gated recurrence can be exported; the others are for comparisons"
        )
    writer = Writer(network, layout, quantise)
    writer.write()
    return writer.model(metadata)


class Writer:
    """Writes the parts of a network in the order in which they are computed. `[…]` are the shapes of what they
    return."""

    def __init__(self, network: BandNetwork, layout: Layout, quantise: bool):
        self.network, self.size, self.layout = network, network.size, layout
        self.g = Graph(quantise)
        self.states: list[tuple[str, list[int]]] = []
        """Inputs that carry state, and their shapes."""
        self.following: list[tuple[str, str]] = []
        """Outputs that carry state, and the names of their values in the graph."""

    def write(self) -> None:
        """All nodes, from `mixture` to `shares` and the states."""
        feats, peaks = self.features()
        seen, front = feats, None
        if self.size.front:
            front = self.front(feats)
            seen = self.with_links(feats, front)
        x = self.bands_in(seen)
        for block in self.network.blocks:
            x = self.block(block, x)
        logits, factors, links = self.bands_out(x)
        y = self.with_contrast(logits, factors, peaks)
        if self.size.front:
            y = self.g.op("Add", y, self.detail(front, links))
        self.masks(y)
        for name, source in self.following:
            self.g.nodes.append(helper.make_node("Identity", [source], [name], name=name))

    def model(self, metadata: dict[str, str]) -> onnx.ModelProto:
        """The checked model."""

        def value(name, shape):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        bins = self.layout.bins
        inputs = [value("mixture", [1, 4, bins])] + [value(n, s) for n, s in self.states]
        # The masks' tensor is called `shares` in `unbraid-mask/1`.
        outputs = [value("shares", [1, len(STEMS), 2, bins])] + [value(n + "_next", s) for n, s in self.states]
        graph = helper.make_graph(self.g.nodes, "unbraid", inputs, outputs, self.g.constants)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, producer_name="unbraid_training")
        model.ir_version = 8
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        return model

    def pooled_powers(self) -> str:
        """Powers of left, right and side, pooled to groups: `[3, groups]`."""
        g = self.g
        planes = g.op("Reshape", "mixture", g.ints(2, 2, self.layout.bins))
        left, right = g.op("Split", planes, outputs=2, axis=0, hint="channel")
        side = g.op("Mul", g.op("Sub", left, right), g.constant([0.5]))
        stacked = g.op("Concat", planes, side, axis=0)
        powers = g.op("ReduceSum", g.op("Mul", stacked, stacked), g.ints(1), keepdims=0)
        # First the first bins of a run's groups, then the second ones: sums over an outer axis are additions of whole
        # rows.
        runs = self.layout.group_runs()
        turned = [start + np.arange(width * n).reshape(n, width).T.reshape(-1) for start, width, n in runs]
        powers = g.op("Gather", powers, g.constant(np.concatenate(turned), "bins"), axis=1)
        parts, first = [], 0
        for _, width, count in runs:
            part = g.op("Slice", powers, g.ints(first), g.ints(first + width * count), g.ints(1))
            first += width * count
            if width > 1:
                part = g.op("Reshape", part, g.ints(3, width, count))
                part = g.op("ReduceSum", part, g.ints(1), keepdims=0)
            parts.append(part)
        return g.part(g.op("Concat", *parts, axis=1), 0, 3)

    def features(self) -> tuple[str, str]:
        """Normalised features with the contrast `[4, groups]`, and the contrast `[1, groups]`."""
        g, groups = self.g, self.size.groups
        p_left, p_right, p_side = g.op("Split", self.pooled_powers(), outputs=3, axis=0, hint="power")
        total = g.op("Add", g.op("Add", p_left, p_right), g.constant([POWER_FLOOR]))
        level = g.op("Mul", g.op("Log", total), g.constant([1.0 / np.log(10.0)]))
        balance = g.op("Div", g.op("Sub", p_left, p_right), total)
        width = g.op("Div", g.op("Mul", p_side, g.constant([2.0])), total)
        # A convolution with ones, over the number of groups inside: tract's `AveragePool` takes a lock every frame.
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
        feats = g.op("Concat", level, balance, width, axis=0)
        mean, scale = array(self.network.feature_mean).T, array(self.network.feature_scale).T
        feats = g.op("Mul", g.op("Sub", feats, g.constant(mean)), g.constant(scale))
        return g.op("Concat", feats, peaks, axis=0), peaks

    def front(self, feats: str) -> str:
        """`[1, front, 1, groups]`."""
        g, layers, groups = self.g, self.network.front, self.size.groups
        c, kept = self.size.front, (FRONT_FRAMES - 1) * INPUTS
        self.states += [("state_0", [1, kept, groups]), ("state_1", [1, c, groups])]
        history = g.op("Concat", g.op("Reshape", feats, g.ints(1, INPUTS, groups)), "state_0", axis=1)
        wide = g.op("Reshape", history, g.ints(1, kept + INPUTS, 1, groups))
        y = g.silu(g.group_conv(wide, layers.first, "front_first"))
        # Repeated for every group: tract multiplies equal shapes much faster than it repeats one along an inner axis.
        forget = np.repeat(1.0 / (1.0 + np.exp(-array(layers.forget)))[None, :, None, None], groups, axis=3)
        before = g.op("Reshape", "state_1", g.ints(1, c, 1, groups))
        h = g.op("Add", y, g.op("Mul", g.constant(forget), g.op("Sub", before, y)))
        self.following.append(("state_0_next", g.op("Slice", history, g.ints(0), g.ints(kept), g.ints(1))))
        self.following.append(("state_1_next", g.op("Reshape", h, g.ints(1, c, groups))))
        y = g.silu(g.group_conv(g.op("Concat", y, h, axis=1), layers.second, "front_second"))
        return self.dense(layers.dense, y, c)

    def dense(self, dense, x: str, channels: int) -> str:
        """Products along frequency, `[1, channels, 1, groups]` as `x`; `x` itself where there are none."""
        g, groups = self.g, self.size.groups
        if not self.size.dense:
            return x
        flat = g.op("Reshape", x, g.ints(channels, groups))
        y = g.op("MatMul", flat, g.matrix(array(dense.in_proj.weight).T, "dense_in"))
        y = g.silu(g.op("Add", y, g.constant(np.repeat(array(dense.in_proj.bias)[None], channels, axis=0))))
        y = g.op("MatMul", y, g.matrix(array(dense.out_proj.weight).T, "dense_out"))
        y = g.op("Add", y, g.constant(np.repeat(array(dense.out_proj.bias)[None], channels, axis=0)))
        return g.op("Reshape", g.op("Add", flat, y), g.ints(1, channels, 1, groups))

    def with_links(self, feats: str, front: str) -> str:
        """Features and the front's link sums, `[4 + link, groups]`."""
        g = self.g
        weight = g.weight(array(self.network.front.link.weight), "link")
        linked = g.op("MatMul", weight, g.op("Reshape", front, g.ints(self.size.front, self.size.groups)))
        return g.op("Concat", feats, linked, axis=0)

    def by_value(self, weight: np.ndarray, values: int) -> np.ndarray:
        """Inputs `[K, groups_per_band · values, …]` as they lie here: value after value; in training group after
        group."""
        gpb = self.size.groups_per_band
        return weight[:, np.arange(gpb * values).reshape(gpb, values).T.reshape(-1)]

    def bands_in(self, seen: str) -> str:
        """`[K, D]`. One product for both kinds of input: a vector's product costs what reading its matrix costs."""
        g, size = self.g, self.size
        weight = self.by_value(array(self.network.in_proj.weight), INPUTS)
        if size.front:
            weight = np.concatenate([weight, self.by_value(array(self.network.from_front), size.link)], axis=1)
        values = weight.shape[1] // size.groups_per_band
        seen = g.op("Reshape", seen, g.ints(values, size.bands, size.groups_per_band))
        seen = g.op("Transpose", seen, perm=[1, 0, 2])
        return g.band_product(seen, weight, array(self.network.in_proj.bias), "inward")

    def block(self, block: Block, x: str) -> str:
        """`[K, D]`."""
        return self.mlp(block.mlp, self.mixer(block.mixer, self.cell(block.cell, x)))

    def cell(self, cell, x: str) -> str:
        """Time cell, and its two states."""
        g, size, k, d = self.g, self.size, self.size.bands, self.size.width
        past, hidden = f"state_{len(self.states)}", f"state_{len(self.states) + 1}"
        self.states += [(past, [1, size.taps - 1, k, d]), (hidden, [1, k, d])]
        weight = array(cell.in_proj.weight).T * array(cell.norm.scale)[:, None]
        bias = np.repeat(array(cell.in_proj.bias)[None], k, axis=0)
        bias[:, d : 2 * d] += array(cell.forget_bias)
        y = g.op("Add", g.op("MatMul", g.norm(x), g.matrix(weight, "cell_in")), g.constant(bias))
        u, f, gate = g.op("Split", y, outputs=3, axis=1, hint="ufg")
        history = g.op("Concat", past, g.op("Reshape", u, g.ints(1, 1, k, d)), axis=1)
        # One copy a band: tract multiplies equal shapes eight times as fast as it repeats one along an inner axis.
        taps = np.repeat(array(cell.taps)[::-1].reshape(1, size.taps, 1, d), k, axis=2)
        mixed = g.op("ReduceSum", g.op("Mul", history, g.constant(taps)), g.ints(1), keepdims=0)
        forget = g.op("Reshape", g.op("Sigmoid", f), g.ints(1, k, d))
        h = g.op("Add", mixed, g.op("Mul", forget, g.op("Sub", hidden, mixed)))
        kept = g.op("Slice", history, g.ints(1), g.ints(size.taps), g.ints(1))
        self.following += [(f"{past}_next", kept), (f"{hidden}_next", h)]
        out = g.op("Mul", g.op("Reshape", h, g.ints(k, d)), g.silu(gate))
        out = g.op("MatMul", out, g.matrix(array(cell.out_proj.weight).T, "cell_out"))
        return g.op("Add", x, g.op("Add", out, g.constant(array(cell.out_proj.bias)[None])))

    def mixer(self, mixer, x: str) -> str:
        """Products over the band axis."""
        g = self.g
        y = g.norm(x, np.repeat(array(mixer.norm.scale)[None], self.size.bands, axis=0))
        y = g.op("MatMul", g.weight(array(mixer.in_proj.weight), "mix_in"), y)
        y = g.silu(g.op("Add", y, g.constant(array(mixer.in_proj.bias)[:, None])))
        y = g.op("MatMul", g.weight(array(mixer.out_proj.weight), "mix_out"), y)
        return g.op("Add", x, g.op("Add", y, g.constant(array(mixer.out_proj.bias)[:, None])))

    def mlp(self, mlp, x: str) -> str:
        """Products over channels, and those of the lowest bands."""
        g = self.g
        weight = array(mlp.in_proj.weight).T * array(mlp.norm.scale)[:, None]
        normed = g.norm(x)
        y = g.op("MatMul", normed, g.matrix(weight, "mlp_in"))
        y = g.op("Add", y, g.constant(array(mlp.in_proj.bias)[None]))
        y = g.op("MatMul", g.silu(y), g.matrix(array(mlp.out_proj.weight).T, "mlp_out"))
        x = g.op("Add", x, g.op("Add", y, g.constant(array(mlp.out_proj.bias)[None])))
        if not (low := mlp.low_bands):
            return x
        weight = array(mlp.low_in_proj.weight) * array(mlp.norm.scale)[None, :, None]
        y = g.band_product(g.part(normed, 0, low), weight, array(mlp.low_in_proj.bias), "low_in")
        y = g.band_product(g.silu(y), array(mlp.low_out_proj.weight), array(mlp.low_out_proj.bias), "low_out")
        nothing = g.constant(np.zeros((self.size.bands - low, self.size.width)))
        return g.op("Add", x, g.op("Concat", y, nothing, axis=0))

    def bands_out(self, x: str) -> tuple[str, str, str | None]:
        """Logits `[1, 8, groups]`, every stem's factor on the contrast `[1, 4, groups]`, and what goes on to detail
        `[1, link, groups]`: one product, as in `bands_in`."""
        g, size, network = self.g, self.size, self.network
        stems, k, gpb = len(STEMS), size.bands, size.groups_per_band
        weight, bias = array(network.out_proj.weight), array(network.out_proj.bias)
        if size.front:
            links = self.by_value(array(network.detail.bands.weight).transpose(0, 2, 1), size.link).transpose(0, 2, 1)
            weight = np.concatenate([weight, links], axis=2)
            bias = np.concatenate([bias, self.by_value(array(network.detail.bands.bias), size.link)], axis=1)
        weight, normed = weight * array(network.norm.scale)[None, :, None], g.norm(x)
        rows = weight.shape[2] // gpb
        # In two parts that fill their panels: no node may take longer than the fraction of a hop that a small block
        # brings.
        halves = (weight[..., :PANELS], weight[..., PANELS:])
        parts = [g.band_product(normed, part, None, "outward") for part in halves if part.size]
        y = g.op("Concat", *parts, axis=1)
        y = g.op("Transpose", g.op("Reshape", y, g.ints(k, rows, gpb)), perm=[1, 0, 2])
        # As many axes as tract gives the product: to a constant it would otherwise add one, and then go the general
        # path.
        bias = bias.reshape(k, rows, gpb).transpose(1, 0, 2).reshape(1, rows, size.groups)
        y = g.op("Add", g.op("Reshape", y, g.ints(1, rows, size.groups)), g.constant(bias))
        factors = g.part(y, 2 * stems, 3 * stems, axis=1)
        links = g.part(y, 3 * stems, rows, axis=1) if size.front else None
        return y, factors, links

    def with_contrast(self, y: str, factors: str, peaks: str) -> str:
        """Logits `[1, 4, 2, groups]`: the first rows of `y` and the factors times the contrast."""
        g, stems, groups = self.g, len(STEMS), self.size.groups
        # Copies instead of broadcasts here and in `softmax`: tract adds and multiplies equal shapes ten times as fast.
        factors = g.op("Reshape", factors, g.ints(1, stems, 1, groups))
        repeated = g.repeated(g.op("Reshape", peaks, g.ints(1, 1, 1, groups)), stems, axis=1)
        claimed = g.op("Mul", factors, repeated)
        logits = g.op("Reshape", g.part(y, 0, 2 * stems, axis=1), g.ints(1, stems, 2, groups))
        return g.op("Add", logits, g.repeated(claimed, 2, axis=2))

    def detail(self, front: str, links: str) -> str:
        """Correction of the logits, `[1, 4, 2, groups]`."""
        g, size, detail = self.g, self.size, self.network.detail
        z = g.op("Concat", front, g.op("Reshape", links, g.ints(1, size.link, 1, size.groups)), axis=1)
        z = self.dense(detail.dense, g.silu(g.group_conv(z, detail.first, "detail_first")), size.detail)
        z = g.op("Add", z, g.silu(g.group_conv(z, detail.second, "detail_second")))
        z = g.op("Reshape", z, g.ints(size.detail, size.groups))
        z = g.op("MatMul", g.weight(array(detail.out_proj.weight), "detail_out"), z)
        z = g.op("Add", z, g.constant(np.repeat(array(detail.out_proj.bias)[:, None], size.groups, axis=1)))
        return g.op("Reshape", z, g.ints(1, len(STEMS), 2, size.groups))

    def masks(self, logits: str) -> None:
        """The output `shares`, `[1, 4, 2, bins]`: every bin has its group's."""
        g = self.g
        y = g.softmax(logits, axis=1, length=len(STEMS), total=(1, 1, 2, self.size.groups))
        index = g.constant(self.layout.group_of_bin().astype(np.int64), "group_of_bin")
        g.nodes.append(helper.make_node("Gather", [y, index], ["shares"], name="shares", axis=3))
