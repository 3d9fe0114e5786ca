"""What the four scores cost, counted by hand in chapter 3 and here as they run: operations, memory, and time.

Operations are counted by torch's own counter at each call into it, memory from the allocations of the CPU. A hand count
that is not met, to the last operation and number, stops the script. Time is reported beside it, as ratios.
"""

from collections.abc import Callable

import torch
from timing import interleaved, ratios, report, table
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from attn_lesson import additive_score, bilinear_score, dot_product_score, scaled_dot_product_score

NUM_KEYS = (16, 64, 256, 1024)
SIZE, HIDDEN = 64, 32  # two sizes, so that a count cannot mistake one for the other

aten = torch.ops.aten
ELEMENTWISE = (aten.add, aten.mul, aten.div, aten.tanh)


def by_hand(n: int, m: int, d: int, h: int) -> dict[str, tuple[int, int, int]]:
    """Return the chapter's count: multiply-adds, other operations, numbers held at once."""
    return {
        "dot product": (n * m * d, 0, n * m),
        "scaled dot product": (n * m * d, n * d, n * m + n * d),
        "bilinear": (n * m * d + n * d * d, 0, n * m + n * d),
        "additive": (n * m * h + (n + m) * h * d, 2 * n * m * h, 2 * n * m * h),
    }


def operations(score: Callable[[], Tensor]) -> tuple[int, int]:
    """Count multiply-adds, and the operations that are done number by number, while `score` runs."""

    def matrix_vector(matrix: tuple[int, ...], *_: object, **__: object) -> int:
        return 2 * matrix[0] * matrix[1]  # a multiply-add counts as two, as torch counts a matrix product

    def one_each(*_: object, out_shape: tuple[int, ...], **__: object) -> int:
        return torch.Size(out_shape).numel()

    mapping = {aten.mv: matrix_vector, **dict.fromkeys(ELEMENTWISE, one_each)}
    with FlopCounterMode(display=False, custom_mapping=mapping) as counter:
        score()
    counts = counter.get_flop_counts()["Global"]
    other = sum(count for operation, count in counts.items() if operation in ELEMENTWISE)
    return (sum(counts.values()) - other) // 2, other


def numbers_held(score: Callable[[], Tensor]) -> int:
    """Return the most 32-bit numbers that exist at one moment, beside those that existed before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        score()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    held = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most // 4


def scores(n: int, m: int, d: int, h: int) -> dict[str, Callable[[], Tensor]]:
    queries, keys = torch.randn(n, d), torch.randn(m, d)
    W, W_q, W_k, w_v = torch.randn(d, d), torch.randn(h, d), torch.randn(h, d), torch.randn(h)
    return {
        "dot product": lambda: dot_product_score(queries, keys),
        "scaled dot product": lambda: scaled_dot_product_score(queries, keys),
        "bilinear": lambda: bilinear_score(queries, keys, W),
        "additive": lambda: additive_score(queries, keys, W_q, W_k, w_v),
    }


def measure(m: int) -> list[list[str]]:
    """Check the counts for `m` keys, and time the scores."""
    n = m // 2
    rivals = scores(n, m, SIZE, HIDDEN)
    for name, expected in by_hand(n, m, SIZE, HIDDEN).items():
        found = (*operations(rivals[name]), numbers_held(rivals[name]))
        if found != expected:
            raise SystemExit(f"{name}, {m} keys: counted {found}, by hand {expected}")
    interleaved(rivals, 3)
    seconds = interleaved(rivals, 11)
    dot = by_hand(n, m, SIZE, HIDDEN)["dot product"]
    rows = []
    for name, counts in by_hand(n, m, SIZE, HIDDEN).items():
        over_dot = [f"{(counts[0] + counts[1]) / dot[0]:.3g}", f"{counts[2] / dot[2]:.3g}"]
        rows.append([str(m), name, *(f"{count:,}" for count in counts), *over_dot])
        rows[-1].append(ratios(seconds, name, "dot product"))
    return rows


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    head = ["keys", "score", "multiply-adds", "other", "numbers held", "work / dot", "held / dot", "CPU time / dot"]
    rows = [row for m in NUM_KEYS for row in measure(m)]
    title = f"Half as many queries as keys, of size {SIZE}; hidden size {HIDDEN}. Every count was also met by hand."
    report("scores", f"{title}\n\n{table(head, rows)}\n")


if __name__ == "__main__":
    with torch.inference_mode():
        main()
