"""Real recordings into the dataset: songs as stems, instrumentals, guitars, loops."""
