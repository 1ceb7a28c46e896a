"""The catalogue of sources, a module for each sort of them."""
