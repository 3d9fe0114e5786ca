"""How fast, how large and how frugal the heatmaps are, against d2l's and seaborn's, in one run.

All draw the same tensors to SVG as a notebook would: d2l and seaborn with the "tight" box of the inline backend.
The table is what the closing words of a change to the drawer should quote; nothing here is asserted.
"""

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import seaborn
import torch
from matplotlib import pyplot as plt
from timing import interleaved, ratios, report, table
from torch import Tensor

from attn_lesson import heatmap_figure

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Failed to load image Python extension")  # torchvision's, unused
    from d2l import torch as d2l

# name: shape, rounds, whether seaborn (minutes a picture on the large grids) takes part
CASES: dict[str, tuple[tuple[int, ...], int, bool]] = {
    "1×1 of 10²": ((1, 1, 10, 10), 15, True),
    "1×4 of 64²": ((1, 4, 64, 64), 9, True),
    "12×12 of 64²": ((12, 12, 64, 64), 3, False),
    "1×1 of 4096²": ((1, 1, 4096, 4096), 3, False),
    "16×16 of 128²": ((16, 16, 128, 128), 1, False),
}


def tight_svg(figure: plt.Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight")
    plt.close(figure)
    return buffer.getvalue()


def draw_ours(matrices: Tensor) -> str:
    figure = heatmap_figure(matrices, "Keys", "Queries")
    return figure.to_svg(bbox_inches=figure.content)


def draw_d2l(matrices: Tensor) -> str:
    d2l.show_heatmaps(matrices, "Keys", "Queries")
    return tight_svg(plt.gcf())


def draw_seaborn(matrices: Tensor) -> str:
    rows, columns = matrices.shape[:2]
    figure, axes = plt.subplots(rows, columns, figsize=(2.5, 2.5), squeeze=False)
    for i in range(rows):
        for j in range(columns):
            seaborn.heatmap(matrices[i, j].numpy(), cmap="Reds", ax=axes[i, j])
    return tight_svg(figure)


def compare(name: str) -> list[str]:
    shape, rounds, with_seaborn = CASES[name]
    matrices = torch.softmax(torch.randn(shape, generator=torch.Generator().manual_seed(0)), -1)
    sizes: dict[str, int] = {}

    def run(who: str, draw: Callable[[Tensor], str]) -> Callable[[], None]:
        def once() -> None:
            sizes[who] = len(draw(matrices).encode())

        return once

    rivals = {"ours": run("ours", draw_ours), "d2l": run("d2l", draw_d2l)}
    if with_seaborn:
        rivals["seaborn"] = run("seaborn", draw_seaborn)
    seconds = interleaved(rivals, rounds)
    beside = ratios(seconds, "seaborn", "ours") if with_seaborn else "not run"
    ours = f"{1000 * min(seconds['ours']):.0f}"
    return [name, ratios(seconds, "d2l", "ours"), beside, f"{sizes['ours'] / sizes['d2l']:.2f}", ours, str(rounds)]


def resident(field: str) -> int:
    """Read VmRSS (now) or VmHWM (the peak), in bytes; Linux only."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def memory_cases() -> dict[str, Callable[[Tensor], Tensor]]:
    """Name what is done to 4096² random numbers before they are drawn."""
    return {
        "clean": lambda x: x,
        "signed, causal mask": lambda x: (x - 0.5).masked_fill(
            torch.ones(4096, 4096, dtype=torch.bool).triu(1), -torch.inf
        ),
        "one NaN": lambda x: x.index_put(
            (torch.tensor(0), torch.tensor(0), torch.tensor(3), torch.tensor(3)), torch.tensor(torch.nan)
        ),
        "float8": lambda x: x.to(torch.float8_e4m3fn),
    }


def extra_memory(name: str) -> str:
    """Measure, in a fresh process, how far a 4096² picture raises the peak above what is held before it is drawn."""
    if not Path("/proc/self/clear_refs").exists():
        return "not measured on this system"
    if "--memory" not in sys.argv:
        command = [sys.executable, __file__, "--memory", name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    draw_ours(torch.rand(1, 1, 64, 64))
    matrices = memory_cases()[name](torch.rand(1, 1, 4096, 4096))
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = resident("VmRSS")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the NaN is meant
        draw_ours(matrices)
    return f"{(resident('VmHWM') - before) / matrices.nbytes:.3f}"


def import_times() -> str:
    """Time imports in fresh processes, interleaved, by their CPU time."""

    def run(code: str) -> Callable[[], None]:
        return lambda: subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, capture_output=True)

    codes = {"torch": "import torch", "ours": "import attn_lesson", "d2l": "from d2l import torch"}
    seconds: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(7):
        for name, code in codes.items():
            before = os.times()
            run(code)()
            after = os.times()
            used = after.children_user + after.children_system - before.children_user - before.children_system
            seconds[name].append(used)
    ours, theirs = ratios(seconds, "ours", "torch"), ratios(seconds, "d2l", "torch")
    return f"`import attn_lesson` / `import torch`: {ours}; `from d2l import torch` / `import torch`: {theirs}"


def main() -> None:
    if "--memory" in sys.argv:
        print(extra_memory(sys.argv[-1]))
        return
    draw_ours(torch.rand(1, 1, 3, 3)), draw_d2l(torch.rand(1, 1, 3, 3)), draw_seaborn(torch.rand(1, 1, 3, 3))  # warm
    memory = ", ".join(f"{name} {extra_memory(name)}" for name in memory_cases())
    head = ["SVG", "d2l / ours, CPU time", "seaborn / ours", "bytes, ours / d2l", "ours, ms", "rounds"]
    report(
        "heatmaps",
        f"{table(head, [compare(name) for name in CASES])}\n\n"
        f"Extra memory of a 4096² picture / its input: {memory}\n\n{import_times()}\n",
    )


if __name__ == "__main__":
    main()
