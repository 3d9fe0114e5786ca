"""A class in which everybody tries something. Each student: what is handed in, and what must come of it.

The assignment is `distribution`, of 20 points, of which `top_k_weights` is worth 5. Whoever spoils that answer alone gets
15; whoever does something odd in a cell of its own, and answers rightly, gets 20.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attn_classroom.assignment import Assignment
from attn_classroom.releasing import notebook

Notebook = dict[str, Any]
Change = Callable[[Notebook], None]
FULL, SPOILT = 20.0, 15.0


@dataclass(frozen=True)
class Attack:
    """A student of the class.

    Args:
        student: the ID.
        score: what must come of it.
        flag: a part of one of the flags; empty when there must be none, `?` where the machine decides.
        why: a part of the reason why there is nothing to grade.
        says: a part of what is kept of the output.
        change: what is done to the notebook with all the right answers.
        raw: the bytes handed in instead of a notebook.
        answers: code in place of the right answer, by the name of the cell.
    """

    student: str
    score: float
    flag: str = ""
    why: str = ""
    says: str = ""
    change: Change | None = None
    raw: bytes | None = None
    answers: dict[str, str] | None = None


def code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": "added",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
    }


def cell(source: str, *, last: bool = False) -> Change:
    """Add a cell of the student's own, after the given setup or at the end."""

    def change(made: Notebook) -> None:
        made["cells"].insert(len(made["cells"]) if last else place(made, "setup") + 1, code(source))

    return change


def place(made: Notebook, name: str) -> int:
    """Find a named cell."""
    return next(n for n, c in enumerate(made["cells"]) if name in c["metadata"].get("attn_classroom", {}).values())


def at(name: str, do: Callable[[Notebook, int], Any]) -> Change:
    """Do something to a named cell."""
    return lambda made: do(made, place(made, name))


def in_cell(student: str, source: str, flag: str = "", says: str = "", score: float = FULL, **more: Any) -> Attack:
    return Attack(student, score, flag, says=says, change=cell(source), **more)


def in_call(student: str, body: str, flag: str = "", score: float = SPOILT) -> Attack:
    """Spoil the answer `top_k_weights` with these lines."""
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    return Attack(student, score, flag, answers={"top_k_weights": f"def top_k_weights(scores, k):\n{lines}"})


def wrong_and(student: str, source: str, flag: str = "", says: str = "") -> Attack:
    """Give a wrong answer, and try to be marked right by a cell."""
    wrong = {"top_k_weights": "def top_k_weights(scores, k):\n    return torch.softmax(scores, dim=-1)"}
    return Attack(student, SPOILT, flag, says=says, change=cell(source), answers=wrong)


def retype(made: Notebook, index: int) -> None:
    made["cells"][index] = {"cell_type": "markdown", "id": "retyped", "metadata": made["cells"][index]["metadata"],
                            "source": made["cells"][index]["source"]}  # fmt: skip


def rename(made: Notebook, index: int) -> None:
    made["cells"][index]["metadata"] = {"attn_classroom": {"answer": "mine"}}


def forget_names(made: Notebook) -> None:
    for each in made["cells"]:
        each["metadata"] = {}


def reorder(made: Notebook) -> None:
    made["cells"].reverse()


def copy_cell(made: Notebook, index: int) -> None:
    made["cells"].insert(index, dict(made["cells"][index], id="copy"))


def rewrite(source: str) -> Callable[[Notebook, int], None]:
    def do(made: Notebook, index: int) -> None:
        made["cells"][index]["source"] = source

    return do


HANDED_IN = [
    Attack("perfect", FULL),
    Attack("partial", 9, answers={
        "temperature_for_entropy": "def temperature_for_entropy(scores, wanted):\n    return 1.0",
        "top_k_weights": "def top_k_weights(scores, k):\n    return scores",
    }),
    Attack("untouched", 0),
    Attack("not a notebook", 0, why="not a notebook", raw=b"My homework: see attached."),
    Attack("json but no notebook", 0, why="not a notebook", raw=b'{"cells": 7}'),
    Attack("binary", 0, why="not a notebook", raw=bytes(range(256)) * 10),
    Attack("deep json", 0, why="not a notebook", raw=b"[" * 100_000),
    Attack("empty", 0, why="the file is empty", raw=b""),
    Attack("large", 0, why="MB", raw=b'{"cells": "' + b"x" * (30 * 2**20) + b'"}'),
    Attack("with spaces", FULL),
    Attack("中文", FULL),
    Attack("=1+1", FULL),
    Attack("<script>alert(1)<script>", FULL),
    Attack("a..b", FULL),
    Attack("run", FULL),
]  # fmt: skip

CELLS = [
    Attack(
        "answer deleted",
        SPOILT,
        "missing cell: top_k_weights",
        change=at("top_k_weights", lambda m, i: m["cells"].pop(i)),
    ),
    Attack("answer renamed", FULL, "missing cell: top_k_weights", change=at("top_k_weights", rename)),
    Attack("names lost", FULL, "missing cell: setup", change=forget_names),
    Attack("reordered", FULL, "cells in another order", change=reorder),
    Attack("duplicated", FULL, "repeated cell: top_k_weights", change=at("top_k_weights", copy_cell)),
    Attack("retyped", SPOILT, "retyped cell: top_k_weights", change=at("top_k_weights", retype)),
    Attack("given changed", FULL, "changed given cell: setup", change=at("setup", rewrite("entropy = max"))),
    Attack("given deleted", FULL, "missing cell: setup", change=at("setup", lambda m, i: m["cells"].pop(i))),
    Attack("given twice", FULL, "repeated cell: setup", change=at("setup", copy_cell)),
    Attack("given retyped", FULL, "retyped cell: setup", change=at("setup", retype)),
    wrong_and("checks replaced", "check = print"),
    in_cell("magics without end", "x = 1 + 2\n" * 2000 + "%pwd\n" * 490, "error in cell 3: SyntaxError"),
    in_cell("a wide cell", "s = '" + "é" * 6_000_000 + "'"),  # as ASCII it would be more than a frame holds
]

ENDS = [
    Attack("syntax error", SPOILT, "error in top_k_weights: SyntaxError", answers={"top_k_weights": "def top_k_weights(:"}),
    in_cell("missing module", "import tensorflow", "ModuleNotFoundError"),
    in_cell("loop at import", "while True: pass", "time limit in cell"),
    in_call("loop in a call", "while True: pass", "time limit in top_k_weights"),
    in_call("loop that swallows", "while True:\n    try:\n        while True: pass\n    except BaseException: pass", "time limit"),
    in_call("sleep", "import time\ntime.sleep(1000)", "time limit in top_k_weights"),
    in_cell("exit in a cell", "import os; os._exit(0)", "process ended in cell"),
    in_call("exit in a call", "import os; os._exit(0)", "process ended in top_k_weights"),
    in_cell("sys exit in a cell", "import sys; sys.exit()", "SystemExit"),
    in_call("sys exit in a call", "import sys; sys.exit()"),
    in_call("segfault", "import ctypes; ctypes.string_at(0)", "process ended in top_k_weights"),
    in_call("recursion", "return top_k_weights(scores, k)"),
    in_call("deep recursion", "import sys\nsys.setrecursionlimit(10**9)\nreturn sorted([scores], key=lambda s: top_k_weights(s, k))",
            "in top_k_weights"),
    in_cell("stop signals ignored", "import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: pass", "time limit"),
]  # fmt: skip

HUNGER = [
    in_call("3 GB at once", "return torch.zeros(3 * 2**28) + 1"),
    in_call("3 GB gradually", "kept = []\nfor _ in range(30): kept.append(torch.ones(25 * 2**20))", "?"),
    in_cell("3 GB in three processes",
            "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        kept = bytearray(b'x') * (3 * 2**29)\n"
            "        time.sleep(60)\ntime.sleep(60)", " limit in cell"),
    in_cell("50 MB printed", "for _ in range(50): print('x' * 10**6)", "printed 50"),
    in_cell("disk filled", "for n in range(9):\n    open(f'/tmp/{n}', 'wb').write(bytes(30 * 2**20))", "No space left"),
    in_cell("shared memory filled", "for n in range(9):\n    open(f'/dev/shm/{n}', 'wb').write(bytes(30 * 2**20))", "No space left"),
    in_cell("200 processes", "import os, time\nfor _ in range(200):\n    if os.fork() == 0: time.sleep(60)", "BlockingIOError"),
    in_cell("fork bomb", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", " in cell"),
    in_cell("daemon", "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(3600)\n    os._exit(0)"),
    in_cell("kill all", "import os, signal\nos.kill(-1, signal.SIGKILL)", "ProcessLookupError"),
    in_cell("kill the parent", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", " in cell"),
    # Hashing leaves the interpreter to the answers: threads that held it would make calls slow, and the clock the judge.
    in_cell("busy threads", "import hashlib, threading\nblock = bytes(2**26)\n"
            "def burn():\n    while True: hashlib.sha256(block)\n"
            "for _ in range(4): threading.Thread(target=burn, daemon=True).start()"),
    in_cell("files closed", "import os; os.closerange(0, 3)"),
    in_cell("line closed", "import os; os.closerange(3, 200)", "process ended in cell"),
]  # fmt: skip

COLLIDING = """
from attn_classroom.inside import worker
send = worker.pack
def pack(message):
    worker.pack = send
    return send(message | {"value": {"dict": [[(2**61 - 1) * n, 0] for n in range(50_000)]}})
worker.pack = pack
return scores
"""
LIES = [
    wrong_and("torch patched", "torch.allclose = torch.equal = torch.isclose = lambda *a, **k: torch.tensor(True)\n"
              "torch.testing.assert_close = lambda *a, **k: None\ntorch.Tensor.__eq__ = lambda *a: True"),
    wrong_and("numpy patched", "import numpy\nnumpy.allclose = numpy.array_equal = lambda *a, **k: True"),
    wrong_and("builtins patched", "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.AssertionError = Warning\n"
              "builtins.sum = lambda *a: 1"),
    in_cell("builtins broken", "import builtins\nbuiltins.isinstance = lambda *a: True", "process ended in cell"),
    wrong_and("pytest patched", "import sys, types\nsys.modules['pytest'] = types.ModuleType('pytest')\n"
              "sys.modules['attn_classroom.testing'] = types.ModuleType('testing')"),
    wrong_and("transformer", "get_ipython().input_transformers_post.append(lambda lines: ['pass'])", "AttributeError"),
    wrong_and("frames read", "import sys\ndef spy(frame, event, arg): return spy\nsys.settrace(spy)"),
    in_call("fake eq", "class Yes:\n    shape = scores.shape\n    def __eq__(self, other): return True\nreturn Yes()"),
    in_call("fake tensor", "class Yes(torch.Tensor):\n    shape = scores.shape\n    def __eq__(self, other): return True\n"
            "return torch.zeros(1).as_subclass(Yes)"),
    in_call("nan", "return torch.full_like(scores, float('nan'))"),
    in_call("wrong dtype", "best, places = scores.topk(k, dim=-1)\n"
            "return torch.zeros_like(scores).scatter(-1, places, torch.softmax(best, -1)).double()", score=16),
    in_call("0-d", "return torch.tensor(1.0)"),
    in_call("huge answer", "return torch.zeros(10**8)"),
    in_call("huge number", "return 10**100_000"),
    in_call("endless nesting", "nest = []\nnest.append(nest)\nreturn nest"),
    in_call("wrong axis", "return torch.softmax(scores, 0)"),
    in_call("forged frame", "import gc, socket\nfor each in gc.get_objects():\n    if isinstance(each, socket.socket):\n"
            "        each.sendall(b'\\0\\0\\0\\2{}')\nreturn scores", "garbled answer in top_k_weights"),
    in_call("forged nonce", "import gc, socket, json, struct\n"
            "worker = next(o for o in gc.get_objects() if type(o).__name__ == 'Worker')\n"
            "body = json.dumps({'nonce': worker.nonce, 'value': {'points': 20}}).encode()\n"
            "worker.channel.sendall(struct.pack('>I', len(body)) + body)\nreturn scores", "garbled answer", score=12),
    in_call("frame of 4 GB", "import gc, socket\nfor each in gc.get_objects():\n    if isinstance(each, socket.socket):\n"
            "        each.sendall(b'\\xff\\xff\\xff\\xff' + bytes(1000))\nreturn scores", "garbled answer in top_k_weights"),
    in_call("colliding keys", COLLIDING),
    in_call("pickle", "class Bomb:\n    def __reduce__(self): return (print, ('boom',))\nreturn Bomb()"),
    in_call("surrogates", "raise ValueError('\\ud800 \\x1b[31m')"),
    in_call("markup", "print('\\x1b[31m<script>alert(1)</script>')\nraise ValueError('<script>alert(2)</script>\\x1b[2J')"),
    in_call("return 0", "return 0"),
    in_call("constant", "return torch.tensor([0.5, 0.5])"),
    in_call("hard-coded", "import math\nif scores.tolist() == [-2.0, 1.0, 0.0, -1.0]:\n"
            "    return torch.tensor([0.0, math.e, 1.0, 0.0]) / (math.e + 1)\nreturn torch.tensor([[0.5, 0.5]])", score=16),
]  # fmt: skip

LOOK = """
import os
wanted = ("test_hidden.py", "wrong_answers.toml", "scores.csv", "run.json", "rubric.md", "perfect.ipynb")
found = []
for top, folders, names in os.walk("/"):
    if top == "/":
        folders.remove("proc")
    found += [os.path.join(top, name) for name in names if name in wanted]
print("found", found)
"""
CURIOSITY = [
    in_cell("looks around", LOOK, says="found []"),
    in_cell("reads the environment", "import os\nprint('secret' in str(dict(os.environ)).lower(), len(os.environ) < 12)", says="False True"),
    in_cell("reads other processes", "import os\npids = [int(p) for p in os.listdir('/proc') if p.isdigit()]\nprint(max(pids) < 99)", says="True"),
    in_cell("becomes root", "import ctypes\nlibc = ctypes.CDLL(None)\nprint(libc.unshare(0x10000000), libc.setuid(0))", says="-1 -1"),
    in_cell("network", "import socket\nfor host in ('127.0.0.1', '1.1.1.1'):\n    try:\n"
            "        socket.create_connection((host, 9), 2)\n        print('open')\n    except OSError as e: print('shut')",
            says="shut\nshut"),
    in_cell("writes outside", "for place in ('/usr/x', '/packages/torch/x', '/judge/x', '/x'):\n    try:\n        open(place, 'w')\n"
            "        print('written')\n    except OSError: print('no')", says="no\nno\nno\nno"),
    in_cell("input", "answer = input('Well? ')", "EOFError"),
    in_cell("magics", "%matplotlib inline\n!touch /tmp/x\n%timeit 1 + 1\nfiles = !ls\nprint('still here')", says="still here"),
    in_cell("cell magic", "%%time\nprint('run all the same')", says="run all the same"),
    in_cell("the lesson", "import attn_lesson", "No module named 'attn_lesson'"),
    in_cell("d2l", "from d2l import torch as d2l", "No module named 'd2l'"),
    in_cell("the judge's modules", "import attn_classroom.judging", "No module named 'attn_classroom.judging'"),
]  # fmt: skip

FOLDERS = [
    Attack("one folder", FULL),
    Attack("two files", 0, why="2 notebooks, and none is called distribution.ipynb"),
    Attack("two files, one named", FULL, "2 notebooks"),
    Attack("no file", 0, why="no notebook"),
    Attack("another kind", 0, why="no notebook"),
    Attack("a link", 0, why="a link"),
    Attack("a linked folder", 0, why="a link"),
    Attack("tests edited", SPOILT),
]

CLASS = [*HANDED_IN, *CELLS, *ENDS, *HUNGER, *LIES, *CURIOSITY]


def hand_in(assignment: Assignment, attack: Attack, folder: Path) -> None:
    """Write what a student hands in."""
    made = json.loads(notebook(assignment, attack.answers, solved=attack.student != "untouched"))
    if attack.change:
        attack.change(made)
    data = json.dumps(made, ensure_ascii=False).encode() if attack.raw is None else attack.raw
    (folder / f"{attack.student}.ipynb").write_bytes(data)


def hand_in_folders(assignment: Assignment, folder: Path) -> None:
    """Write what the students of `FOLDERS` hand in."""
    right = notebook(assignment, solved=True)
    wrong = notebook(assignment, {"top_k_weights": "top_k_weights = lambda scores, k: scores"}, solved=True)
    for place, text in {
        "one folder/mine/my answers.ipynb": right,
        "one folder/.ipynb_checkpoints/my answers-checkpoint.ipynb": wrong,
        "two files/a.ipynb": right,
        "two files/b.ipynb": right,
        "two files, one named/distribution.ipynb": right,
        "two files, one named/old.ipynb": wrong,
        "another kind.pdf": "%PDF",
        "tests edited/distribution.ipynb": wrong,
        "tests edited/tests/test_public.py": "def test_all():\n    pass\n",
        "tests edited/tests/test_hidden.py": "def test_all():\n    pass\n",
        "tests edited/conftest.py": "raise SystemExit\n",
    }.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "no file").mkdir()
    (folder / "a link.ipynb").symlink_to(folder / "perfect.ipynb")
    (folder / "a linked folder").symlink_to(folder / "one folder")
