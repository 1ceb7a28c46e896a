"""The kernels for GPUs compile for one, on machines without one. Their results are tested by Triton's interpreter."""

import pytest
from triton import compile as compiled
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from unbraid_training.mixing import interpolation_triton
from unbraid_training.mixing.interpolation import PHASES, TAPS
from unbraid_training.model import scan_triton

HOPPER = GPUTarget("cuda", 90, 32)

LOOK_UP = {
    "sound": "*i16", "table": "*fp32", "offset": "*i64", "length": "*i64", "start": "*fp64", "speed": "*fp64",
    "level": "*fp32", "out": "*fp32", "samples": "i32",
    "LAYERS": 2, "TAPS": TAPS, "PHASES": PHASES, "BLOCK": interpolation_triton.SAMPLES,
}  # fmt: skip

FORWARD = {"f": "*bf16", "u": "*bf16", "h0": "*fp32", "h": "*bf16", "steps": "i32", "channels": "i32", "BLOCK": 256}

BACKWARD = {
    "g": "*bf16", "f": "*bf16", "u": "*bf16", "h0": "*fp32", "h": "*bf16", "df": "*bf16", "du": "*bf16", "dh0": "*fp32",
    "steps": "i32", "channels": "i32", "BLOCK": 256,
}  # fmt: skip


def assembly(kernel, arguments: dict) -> str:
    """PTX of a kernel whose constants are the integers among `arguments`."""
    constants = {(n,): value for n, value in enumerate(arguments.values()) if isinstance(value, int)}
    signature = {name: "constexpr" if isinstance(value, int) else value for name, value in arguments.items()}
    made = compiled(ASTSource(fn=kernel, signature=signature, constexprs=constants), target=HOPPER)
    assert len(made.asm["cubin"]) > 1000
    return made.asm["ptx"]


@pytest.mark.filterwarnings("ignore:TRITON_DEFAULT_FP_FUSION")
def test_the_look_up_compiles_and_adds_up_addresses_of_64_bits():
    text = assembly(interpolation_triton.kernel, LOOK_UP)
    assert "ld.global" in text and "add.s64" in text


@pytest.mark.filterwarnings("ignore:TRITON_DEFAULT_FP_FUSION")
@pytest.mark.parametrize(
    "kernel, arguments", [(scan_triton.forward_kernel, FORWARD), (scan_triton.backward_kernel, BACKWARD)]
)
def test_the_recurrence_compiles(kernel, arguments):
    assert "ld.global" in assembly(kernel, arguments)
