"""Metadata of the contract `unbraid-mask/1`."""

from __future__ import annotations

import json

from ..model.layout import STEMS, Layout
from ..model.size import Size

CONTRACT = "unbraid-mask/1"


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
