"""The exported file computes what the network computes."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from unbraid_training.export.metadata import metadata_of
from unbraid_training.export.onnx_file import build
from unbraid_training.export.streamer import OnnxStreamer
from unbraid_training.model.checkpoint import Checkpoint
from unbraid_training.model.layout import STUDIO
from unbraid_training.model.stft import spectra
from unbraid_training.model.stream import stream_masks

MODELS = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("front", "dense"), [(0, 0), (6, 0), (6, 9)])
@pytest.mark.parametrize("quantise", [False, True])
def test_the_exported_graph_equals_the_network(tmp_path, small_network, front, dense, quantise):
    network = small_network(front=front, dense=dense)
    metadata = metadata_of(STUDIO, network.size, "studio", "Test", "0.0.1", "none", {})
    path = tmp_path / "net.onnx"
    onnx.save(build(network, STUDIO, metadata, quantise), str(path))
    audio = np.random.default_rng(3).standard_normal((2, 24 * 1024)).astype(np.float32) * 0.1
    x = spectra(audio, STUDIO)
    expected = stream_masks(network, x, STUDIO)
    actual, _ = OnnxStreamer(path).masks(x, STUDIO)
    np.testing.assert_allclose(actual.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(actual, expected, atol=5e-2 if quantise else 2e-5)


@pytest.mark.parametrize("mode", ["studio", "live"])
def test_the_shipped_checkpoints_export_to_the_shipped_files_to_the_bit(mode):
    checkpoint = Checkpoint.load(MODELS / "checkpoints" / f"{mode}.pt")
    shipped = onnx.load(str(MODELS / f"{mode}.onnx"))
    metadata = {one.key: one.value for one in shipped.metadata_props}
    assert metadata["licences"] == "; ".join(sorted(checkpoint.licences))
    assert build(checkpoint.network(), checkpoint.layout, metadata).SerializeToString() == shipped.SerializeToString()
