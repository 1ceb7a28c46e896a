"""Training code of Unbraid: builds its dataset, trains, scores and exports the networks.

The commands, in the order in which they are used::

    python -m unbraid_training.build     # sources -> dataset of stems (memory-mapped int16)
    python -m unbraid_training.train     # dataset -> checkpoint, resumes exactly
    python -m unbraid_training.export    # checkpoint -> int8 ONNX + golden vectors

`README.md` beside this package says what each needs and how long it takes.
"""
