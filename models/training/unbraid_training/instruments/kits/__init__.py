"""Drum kits, and how a part is played on them."""
