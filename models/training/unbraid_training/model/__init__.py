"""The network: layout, transform, features, layers, streaming, checkpoints."""
