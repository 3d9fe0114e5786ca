"""Weights made without a model (eye, rand), and the six-word example of the book."""

import torch
from torch import Tensor

SIX_WORDS = ("the", "thirsty", "cat", "drinks", "warm", "milk")
FEATURES = ("animal", "drink", "action")


def eye_weights(n: int = 10) -> Tensor:
    """Make the weights of perfect one-to-one attention: the identity matrix.

    Args:
        n: Number of queries and of keys, at least 1.

    Returns:
        `(n, n)`; query i attends to key i alone. Each row sums to 1.

    >>> eye_weights(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    _check_number("n", n)
    return torch.eye(n)


def rand_weights(num_queries: int = 10, num_keys: int = 10, seed: int = 0) -> Tensor:
    """Draw a matrix uniformly from [0, 1): it looks like attention, but is *not* a distribution.

    Args:
        num_queries: Rows, at least 1.
        num_keys: Columns, at least 1.
        seed: The same seed gives the same matrix; torch's global generator is left alone.

    Returns:
        `(num_queries, num_keys)`. Its rows sum to about num_keys / 2, not to 1.

    >>> bool((rand_weights(4, 10).sum(dim=-1) > 1.5).all())
    True
    """
    _check_number("num_queries", num_queries)
    _check_number("num_keys", num_keys)
    return torch.rand(num_queries, num_keys, generator=torch.Generator().manual_seed(seed))


def six_word_vectors() -> Tensor:
    """Return the book's example, "the thirsty cat drinks warm milk": a vector of three numbers a word.

    Returns:
        `(6, 3)`: one row for each of `SIX_WORDS`, one column for each of `FEATURES`. Small whole
        numbers, so that every score can be worked out by hand.

    >>> dict(zip(SIX_WORDS, six_word_vectors().tolist()))["cat"]
    [2.0, 0.0, 0.0]
    """
    return torch.tensor(
        [
            # animal drink action
            [0.0, 0.0, 0.0],  # the: says nothing by itself
            [1.0, 0.0, 0.0],  # thirsty: describes the animal
            [2.0, 0.0, 0.0],  # cat
            [0.0, 1.0, 2.0],  # drinks: an action, and something drinkable is near
            [0.0, 1.0, 0.0],  # warm: describes the drink
            [0.0, 2.0, 0.0],  # milk
        ]
    )


def _check_number(name: str, number: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{name} needs to be a whole number, got {type(number).__name__}")
    if number < 1:
        raise ValueError(f"{name} needs to be at least 1, got {number}")
