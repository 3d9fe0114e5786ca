"""Attention, step by step: score, distribute, average, look.

The shape legend. `...` stands for any leading axes (batch, heads); they broadcast as in `@`.

| name      | shape                            | meaning                                             |
|-----------|----------------------------------|-----------------------------------------------------|
| `queries` | `(..., num_queries, query_size)` | what is asked                                       |
| `keys`    | `(..., num_keys, key_size)`      | what each item offers to be found by                |
| `values`  | `(..., num_keys, value_size)`    | what each item hands over when it is found          |
| `scores`  | `(..., num_queries, num_keys)`   | how well each key answers each query; any number    |
| `weights` | `(..., num_queries, num_keys)`   | the attention distribution; each row sums to 1      |
| `mask`    | broadcasts to the scores         | boolean, `True` = may attend                        |
| `context` | `(..., num_queries, value_size)` | the average of the values under the weights         |
| `items`   | `(..., num_items, item_size)`    | the things in one scene (`attn_lesson.saliency`)    |

`d` is written only where sizes are equal. Learned matrices keep the letters of their formula:
`W_q (hidden_size, query_size)`, `W_k (hidden_size, key_size)`, `w_v (hidden_size,)`,
`W (query_size, key_size)`.

Rooms, in the order of the story: `scores`, `attention`, `saliency`, `experiments`, `heatmaps`, `steps`,
`learning`, `explorables`; `python -m attn_lesson` draws from the command line. Beyond the names of `__all__`:

- `attention`: `entropy`, how spread out a row of weights is, in nats;
- `saliency`: `mean_pool`, `max_pool`, `softmax_pool` (the dial between them), `gate`, `contrast`;
- `experiments`: `SIX_WORDS`, `FEATURES`, `six_word_vectors`, the running example of the book;
- `steps`: `steps_figure`, the way of one query, drawn with all its numbers;
- `learning`: `PositionalAttention` and `train`, a model that learns to copy, reverse or shift, and
  `fetch_next`, which trains one scoring function to find the next item on a ring;
- `explorables`: `explore_dial`, `explore_softmax`, `explore_arrows`, `explore_root_d`, `explore_average`,
  `explore_eye_rand`, `explore_reading`, `explore_training`, charts that a reader moves on the page (extra `book`).
"""

from typing import TYPE_CHECKING

from attn_lesson.attention import attention_distribution, hard_attention, soft_attention
from attn_lesson.experiments import eye_weights, rand_weights
from attn_lesson.scores import (
    AdditiveScore,
    BilinearScore,
    additive_score,
    bilinear_score,
    dot_product_score,
    scaled_dot_product_score,
)

if TYPE_CHECKING:
    from attn_lesson.heatmaps import heatmap_figure, show_heatmaps

__all__ = [
    "AdditiveScore",
    "BilinearScore",
    "additive_score",
    "attention_distribution",
    "bilinear_score",
    "dot_product_score",
    "eye_weights",
    "hard_attention",
    "heatmap_figure",
    "rand_weights",
    "scaled_dot_product_score",
    "show_heatmaps",
    "soft_attention",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load the heatmap names on first use (PEP 562): Matplotlib costs as much as torch to import."""
    if name in {"heatmap_figure", "show_heatmaps"}:
        from attn_lesson import heatmaps

        return getattr(heatmaps, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
