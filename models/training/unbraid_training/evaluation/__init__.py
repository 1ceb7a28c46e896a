"""Scores of separated songs, a baseline, a peer, pictures."""
