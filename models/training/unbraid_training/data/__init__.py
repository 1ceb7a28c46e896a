"""The dataset on disk: its format, its sources, songs, and packed excerpts."""
