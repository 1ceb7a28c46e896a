"""Times one frame of a network file in onnxruntime, on one thread: what `cargo xtask bench` compares with.

Usage: onnxruntime_frame.py NETWORK.onnx. Prints JSON: version, and the median processor time of a frame in the
fastest round, in µs.

Rounds and frames are those of the engine's example `cost`. Inputs and outputs are bound once, and states swap places
between two bindings, so that Python adds a few microseconds a frame and no copies. onnxruntime would by default compute
the weights' `DequantizeLinear` as int8 arithmetic; our runtime computes in f32, and so does this session: its handling
of quantised nodes is off, and they are folded into f32 constants at load.
"""

import json
import statistics
import sys
import time

import numpy
import onnxruntime

ROUNDS = 6
FRAMES = 250


def session(file: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    # Small values are flushed to zero in the plug-in, too.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def bindings(run: onnxruntime.InferenceSession) -> list:
    """Two bindings: what one writes as states, the other reads."""
    values = onnxruntime.OrtValue.ortvalue_from_numpy
    shapes = {argument.name: argument.shape for argument in run.get_inputs()}
    bins = shapes["mixture"][2]
    mixture = values(numpy.sin(0.37 * numpy.arange(4 * bins, dtype=numpy.float32)).reshape(1, 4, bins))
    masks = values(numpy.zeros((1, 4, 2, bins), numpy.float32))
    states = [
        {name: values(numpy.zeros(shape, numpy.float32)) for name, shape in shapes.items() if name != "mixture"}
        for _ in range(2)
    ]
    both = []
    for read, write in ((0, 1), (1, 0)):
        binding = run.io_binding()
        binding.bind_ortvalue_input("mixture", mixture)
        binding.bind_ortvalue_output("shares", masks)
        for name in states[0]:
            binding.bind_ortvalue_input(name, states[read][name])
            binding.bind_ortvalue_output(f"{name}_next", states[write][name])
        both.append(binding)
    return both


def main() -> None:
    run = session(sys.argv[1])
    both = bindings(run)
    for frame in range(100):
        run.run_with_iobinding(both[frame % 2])
    best = float("inf")
    for _ in range(ROUNDS):
        times = []
        for frame in range(FRAMES):
            start = time.thread_time()
            run.run_with_iobinding(both[frame % 2])
            times.append(time.thread_time() - start)
        best = min(best, 1e6 * statistics.median(times))
    print(json.dumps({"version": onnxruntime.__version__, "median_us": best}))


main()
