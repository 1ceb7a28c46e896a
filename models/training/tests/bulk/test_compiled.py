"""What was compiled on one machine is not compiled again on the next."""

import json
import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]

PROGRAM = """
import json, sys
from pathlib import Path
from unbraid_training.bulk.compiled import CompiledCode
code = CompiledCode(Path(sys.argv[1]) if sys.argv[1] else None)
import torch
from torch._dynamo.utils import counters
def f(x, y):
    return (torch.sin(x) * y).square().sum(-1)
x = torch.ones(7, 33, requires_grad=True)
torch.compile(f, dynamic=False)(x, x + 1).sum().backward()
found = {name: dict(counters[name]) for name in ("inductor", "aot_autograd")}
print(json.dumps({"files": code.files, "packed": code.pack(Path(sys.argv[2])), "counters": found}))
"""


def compiled(archive, out):
    command = [sys.executable, "-c", PROGRAM, str(archive), str(out)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TORCHINDUCTOR", "TRITON"))}
    done = subprocess.run(command, cwd=PACKAGE, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def hits(found):
    return sum(n for part in found["counters"].values() for name, n in part.items() if name.endswith("cache_hit"))


def test_the_next_machine_finds_what_this_one_compiled(tmp_path):
    first = compiled("", tmp_path / "one.zip")
    assert first["files"] == 0 and first["packed"] > 1000 and hits(first) == 0
    second = compiled(tmp_path / "one.zip", tmp_path / "two.zip")
    assert second["files"] > 0 and hits(second) > 0
    assert hits(compiled(tmp_path / "absent.zip", tmp_path / "three.zip")) == 0
