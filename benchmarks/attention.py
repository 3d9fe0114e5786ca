"""What `soft_attention` costs beside `F.scaled_dot_product_attention`, and what memory each score takes."""

import torch
from timing import interleaved, ratios, report, table
from torch import Tensor
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from attn_lesson import (
    additive_score,
    bilinear_score,
    dot_product_score,
    scaled_dot_product_score,
    soft_attention,
)

SHAPES = {"2-D, n = 1024, d = 64": (1024, 64), "4-D, (2, 8, 512, 64)": (2, 8, 512, 64)}
NUM_KEYS, SIZE, HIDDEN = 512, 64, 64


def torch_with_weights(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return torch's own context, and the weights that it does not give, computed after it."""
    context = F.scaled_dot_product_attention(queries, keys, values)
    weights = torch.softmax(queries @ keys.mT / queries.shape[-1] ** 0.5, dim=-1)
    return context, weights


def compare(shape: tuple[int, ...]) -> str:
    queries, keys, values = torch.randn(3, *shape)
    with torch.inference_mode():
        rivals = {
            "ours": lambda: soft_attention(queries, keys, values),
            "torch": lambda: torch_with_weights(queries, keys, values),
        }
        interleaved(rivals, 20)
        return ratios(interleaved(rivals, 101), "ours", "torch")


def memory_of_scores() -> list[list[str]]:
    """Add up what each score allocates, in units of the scores it returns."""
    queries, keys = torch.randn(2, NUM_KEYS, SIZE)
    W, w_v = torch.randn(HIDDEN, SIZE), torch.randn(HIDDEN)
    scores = {
        "dot product": lambda: dot_product_score(queries, keys),
        "scaled dot product": lambda: scaled_dot_product_score(queries, keys),
        "bilinear": lambda: bilinear_score(queries, keys, W),
        "additive": lambda: additive_score(queries, keys, W, W, w_v),
    }
    rows = []
    for name, score in scores.items():
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            result = score()
        allocated = sum(max(event.self_cpu_memory_usage, 0) for event in profiler.events())
        rows.append([name, f"{allocated / 2**20:.1f}", f"{allocated / result.nbytes:.1f}"])
    return rows


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rows = [[name, compare(shape)] for name, shape in SHAPES.items()]
    speed = table(["forward, unmasked", "soft_attention / (F.sdpa, then the same weights)"], rows)
    memory = table(["score", "allocated, MiB", "times its result"], memory_of_scores())
    title = f"{NUM_KEYS} queries and keys of size {SIZE}, hidden size {HIDDEN}:"
    report("attention", f"{speed}\n\n{title}\n\n{memory}\n")


if __name__ == "__main__":
    main()
