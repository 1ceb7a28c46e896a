"""Checkpoint to `unbraid-mask/1` ONNX: one frame a call, int8 weights, metadata, golden vectors.

python -m unbraid_training.export CHECKPOINT OUT.onnx [--name ...] [--version ...] --clip CLIP.flac
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import onnx
import soundfile

from ..data.dataset import SAMPLE_RATE
from ..errors import run
from ..model.checkpoint import Checkpoint
from ..model.layout import LAYOUTS
from .golden import write_demo, write_golden
from .metadata import metadata_of
from .onnx_file import build
from .streamer import OnnxStreamer


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="unbraid_training.export", description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mode", choices=sorted(LAYOUTS), default="studio")
    parser.add_argument("--name", default="Braid Studio")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--clip", type=Path, required=True, help="demo clip for golden vectors")
    parser.add_argument("--metrics", type=Path, help="JSON of scores that goes into the metadata")
    parser.add_argument("--float", action="store_true", help="float32 weights, for comparison")
    args = parser.parse_args()
    clip, rate = soundfile.read(args.clip, dtype="float32", always_2d=True)
    if rate != SAMPLE_RATE:
        raise SystemExit(f"{args.clip}: {rate} Hz; the golden clip must be 44,100 Hz")
    checkpoint = Checkpoint.load(args.checkpoint)
    size, layout = checkpoint.size, checkpoint.layout
    metrics = json.loads(args.metrics.read_text()) if args.metrics else {}
    licences = "; ".join(sorted(checkpoint.licences))
    metadata = metadata_of(layout, size, args.mode, args.name, args.version, licences, metrics)
    model = build(checkpoint.network(), layout, metadata, quantise=not args.float)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(args.out))
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB, {size.macs_per_frame() / 1e6:.2f} MMAC/frame")
    streamer = OnnxStreamer(args.out)
    write_golden(streamer, clip.T, layout, args.out.with_suffix(".golden.safetensors"))
    write_demo(streamer, clip.T, layout, args.out.with_suffix(".demo.safetensors"))
    print("golden vectors and demo stems written beside it")


if __name__ == "__main__":
    run(main)
