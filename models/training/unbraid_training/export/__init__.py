"""Checkpoint to `unbraid-mask/1` ONNX, with golden vectors."""
