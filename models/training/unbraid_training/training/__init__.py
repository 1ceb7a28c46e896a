"""Loss, trainer, development songs, and networks made from networks."""
