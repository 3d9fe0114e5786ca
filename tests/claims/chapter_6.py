"""Chapter 6: its trainings once more in NumPy, float64, every gradient written by hand; its floors by other means.

Of torch only the random starts and sequences are used, of the package only the starts of its models.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import torch
from scipy.optimize import brentq, minimize

from attn_lesson import AdditiveScore, BilinearScore, rand_weights
from attn_lesson.learning import PositionalAttention

Array = np.ndarray
Arrays = list[Array]

WORDS = np.array([(0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 2), (0, 1, 0), (0, 2, 0)], dtype=float)
PLACES = np.arange(10)
TASKS = {"copy": PLACES, "reverse": 9 - PLACES, "shift": (PLACES - 1) % 10}


def softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def entropy(weights: Array) -> float:
    return float(-(weights * np.log(weights)).sum(axis=-1).mean())


def numpy_of(*tensors: torch.Tensor) -> Arrays:
    return [tensor.detach().numpy().astype(float) for tensor in tensors]


def adam(start: Arrays, gradients: Callable[[Arrays], Arrays], rate: float) -> Iterator[Arrays]:
    """Yield the parameters before the first step, then after each (Kingma and Ba 2015, algorithm 1)."""
    theta, m, v = start, [np.zeros_like(x) for x in start], [np.zeros_like(x) for x in start]
    for t in itertools.count(1):
        yield theta
        g = gradients(theta)
        m = [0.9 * a + 0.1 * b for a, b in zip(m, g, strict=True)]
        v = [0.999 * a + 0.001 * b**2 for a, b in zip(v, g, strict=True)]
        theta = [
            x - rate * (a / (1 - 0.9**t)) / (np.sqrt(b / (1 - 0.999**t)) + 1e-8)
            for x, a, b in zip(theta, m, v, strict=True)
        ]


def after(steps: int, states: Iterator[Arrays]) -> Arrays:
    return next(itertools.islice(states, steps, None))


# The sentence ---------------------------------------------------------------------------------------


@cache
def sentence() -> tuple[Array, Array]:
    """W after 200 steps, and the weights of the six words."""
    torch.manual_seed(0)
    asking, wanted = WORDS[[1, 4, 3]], np.eye(6)[[2, 5, 2]]
    (W,) = after(
        200,
        adam(
            numpy_of(BilinearScore(3, 3).W),
            lambda W: [asking.T @ (softmax(asking @ W[0] @ WORDS.T) - wanted) @ WORDS / 3],
            rate=0.1,
        ),
    )
    return W, softmax(WORDS @ W @ WORDS.T)


# Copy, reverse, shift -------------------------------------------------------------------------------


def attend(theta: Arrays, tokens: Array) -> tuple[Array, Array]:
    """The keys and the weights."""
    queries, places, vectors = theta
    keys = vectors[tokens] + places
    return keys, softmax(queries @ keys.swapaxes(-1, -2) / math.sqrt(32))


def sequences(seed: int) -> Iterator[Array]:
    """The one that is never trained on, then 64 for each step."""
    generator = torch.Generator().manual_seed(seed)
    yield torch.randint(12, (1, 10), generator=generator).numpy()
    while True:
        yield torch.randint(12, (64, 10), generator=generator).numpy()


def model_states(source: Array, seed: int) -> Iterator[Arrays]:
    batches = itertools.islice(sequences(seed), 1, None)

    def gradients(theta: Arrays) -> Arrays:
        tokens = next(batches)
        keys, weights = attend(theta, tokens)
        right = tokens[:, None, :] == tokens[:, source, None]  # keys that hold the wanted token
        fetched = (weights * right).sum(axis=-1, keepdims=True)
        by_score = (weights - weights * right / fetched) / tokens.size / math.sqrt(32)
        by_key = by_score.swapaxes(-1, -2) @ theta[0]
        by_vector = np.zeros_like(theta[2])
        np.add.at(by_vector, tokens, by_key)
        return [np.einsum("bij,bjd->id", by_score, keys), by_key.sum(axis=0), by_vector]

    model = PositionalAttention(seed=seed)
    return adam(numpy_of(model.queries, model.places, model.tokens), gradients, rate=0.02)


@cache
def run(task: str, seed: int, steps: int) -> list[Arrays]:
    return list(itertools.islice(model_states(TASKS[task], seed), steps + 1))


def probed(task: str, step: int) -> Array:
    """The weights on the sequence that is never trained on."""
    return attend(run(task, 0, 100)[step], next(sequences(0)))[1][0]


def copy_loss(step: int) -> float:
    tokens = next(sequences(0))[0]
    return float(-np.log((probed("copy", step) * (tokens[:, None] == tokens)).sum(axis=-1)).mean())


def map_error() -> float:
    return max(np.abs(probed(task, 100) - np.eye(10)[TASKS[task]]).max() for task in ("reverse", "shift"))


def other_sequences() -> float:
    tokens = torch.randint(12, (1000, 10), generator=torch.Generator().manual_seed(1)).numpy()
    return float(np.abs(attend(run("copy", 0, 100)[100], tokens)[1] - probed("copy", 100)).max())


@cache
def steps_needed(task: str, seed: int) -> int:
    probe = next(sequences(seed))
    for step, theta in enumerate(model_states(TASKS[task], seed)):
        if attend(theta, probe)[1][0][PLACES, TASKS[task]].min() >= 0.9:
            return step
    raise AssertionError("unreachable")


def needed() -> list[int]:
    return [steps_needed(task, seed) for task in TASKS for seed in range(8)]


def copy_minus_reverse() -> list[int]:
    return [steps_needed("copy", seed) - steps_needed("reverse", seed) for seed in range(8)]


# The ring -------------------------------------------------------------------------------------------

NEXT = np.eye(10)[(PLACES + 1) % 10]
TABLES: dict[str, tuple[list[tuple[int, ...]], Callable[..., Array], Callable[..., Arrays]]] = {
    # shapes of the parameters; the table of scores; its gradients, given the one by the table
    "positive": ([()], lambda b: np.exp(b) * np.eye(10), lambda G, b: [np.exp(b) * np.trace(G)]),
    "any": ([()], lambda c: c * np.eye(10), lambda G, c: [np.trace(G)]),
    "shared": ([(10, 10)], lambda E: E.T @ E, lambda G, E: [E @ (G + G.T)]),
    "symmetric": ([(10, 10)], lambda U: U + U.T, lambda G, U: [G + G.T]),
    "rank 2": ([(2, 10), (2, 10)], lambda Q, K: Q.T @ K, lambda G, Q, K: [K @ G.T, Q @ G]),
    "bilinear": ([(10, 10)], lambda W: W, lambda G, W: [G]),
}


def ring_loss(table: Array) -> float:
    return float(-np.log((softmax(table) * NEXT).sum(axis=-1)).mean())


@cache
def ring(name: str, seed: int) -> tuple[Arrays, Array]:
    """The parameters after 500 steps, and the table of scores."""
    shapes, table, gradients = TABLES[name]
    torch.manual_seed(seed)
    start = numpy_of(*(0.3 * torch.randn(shape) for shape in shapes))
    theta = after(500, adam(start, lambda theta: gradients((softmax(table(*theta)) - NEXT) / 10, *theta), rate=0.05))
    return theta, table(*theta)


@cache
def additive_ring(seed: int, hidden_size: int = 16) -> Array:
    """The additive table of scores after 500 steps."""

    def hidden(W_q: Array, W_k: Array) -> Array:
        return np.tanh(W_q.T[:, None] + W_k.T)

    def gradients(theta: Arrays) -> Arrays:
        W_q, W_k, w_v = theta
        H = hidden(W_q, W_k)
        G = (softmax(H @ w_v) - NEXT) / 10
        before_tanh = G[..., None] * w_v * (1 - H**2)
        return [before_tanh.sum(axis=1).T, before_tanh.sum(axis=0).T, np.einsum("ij,ijh->h", G, H)]

    torch.manual_seed(seed)
    score = AdditiveScore(10, 10, hidden_size)
    W_q, W_k, w_v = after(500, adam(numpy_of(score.W_q, score.W_k, score.w_v), gradients, rate=0.05))
    return hidden(W_q, W_k) @ w_v


def ring_excess() -> float:
    floors = dict(zip(TABLES, (math.log(10), math.log(9), shared_floor(), math.log(2), 0, 0), strict=True))
    above = [ring_loss(ring(name, seed)[1]) - floor for name, floor in floors.items() for seed in range(5)]
    return max(above + [ring_loss(additive_ring(seed)) for seed in range(5)])


@cache
def best_strength(num_items: int = 10) -> float:
    """The squared radius at which Σ α cos, the slope of the circle's loss, is 0."""
    wave = np.cos(2 * np.pi * np.arange(num_items) / num_items)
    return float(brentq(lambda t: softmax(t * wave) @ wave - wave[1], 0, 50))


@cache
def shared_floor(num_items: int = 10) -> float:
    """The least loss over *all* tables E.T @ E that depend on the distance only: their eigenvalues are not negative."""
    eigenvalues = num_items // 2 + 1
    waves = np.cos(2 * np.pi * np.outer(np.arange(eigenvalues), np.arange(num_items)) / num_items)
    found = minimize(
        lambda t: np.log(np.exp(t @ waves).sum()) - t @ waves[:, 1],
        jac=lambda t: waves @ softmax(t @ waves) - waves[:, 1],
        x0=np.ones(eigenvalues),
        bounds=[(0, None)] * eigenvalues,
        method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    return float(found.fun)


def circle_weights() -> Array:
    return softmax(best_strength() * np.cos(2 * np.pi * PLACES / 10))


def circle_radius() -> float:
    """From the largest eigenvalue of the learned table: ten points on a circle of radius r give 5 r², twice."""
    return math.sqrt(np.linalg.eigvalsh(ring("shared", 0)[1])[-1] / 5)


CLAIMS = {
    "c6_drinks_dot": (lambda: softmax(WORDS @ WORDS.T / math.sqrt(3))[3, 3], 1e-5),
    "c6_drinks_cat": (lambda: sentence()[1][3, 2], 1e-4),
    "c6_thirsty_cat": (lambda: sentence()[1][1, 2], 1e-4),
    "c6_cat_cat": (lambda: sentence()[1][2, 2], 1e-5),
    "c6_action_animal": (lambda: sentence()[0][2, 0], 1e-3),
    "c6_entropy_rand": (lambda: entropy(softmax(rand_weights().numpy().astype(float))), 1e-5),
    "c6_entropy_start": (lambda: entropy(probed("copy", 0)), 1e-5),
    "c6_diagonal_start": (lambda: probed("copy", 0).diagonal().mean(), 1e-5),
    "c6_diagonal_end": (lambda: probed("copy", 100).diagonal().min(), 1e-4),
    "c6_loss_start": (lambda: copy_loss(0), 1e-5),
    "c6_loss_20": (lambda: copy_loss(20), 1e-3),
    "c6_entropy_20": (lambda: entropy(probed("copy", 20)), 1e-3),
    "c6_diagonal_20": (lambda: probed("copy", 20).diagonal().mean(), 1e-3),
    "c6_ln_10": (lambda: entropy(np.full((1, 10), 0.1)), 1e-12),  # of a uniform row
    "c6_other_sequences": (other_sequences, 1e-4),
    "c6_map_error": (map_error, 1e-4),
    "c6_steps_least": (lambda: min(needed()), 0),
    "c6_steps_most": (lambda: max(needed()), 0),
    "c6_copy_slower": (lambda: sum(d > 0 for d in copy_minus_reverse()), 0),
    "c6_copy_faster": (lambda: sum(d < 0 for d in copy_minus_reverse()), 0),
    "c6_copy_same": (lambda: sum(d == 0 for d in copy_minus_reverse()), 0),
    "c6_ln_9": (lambda: 2 * math.log(3), 1e-12),
    "c6_ln_2": (lambda: -math.log(0.5), 1e-12),
    "c6_shared_floor": (shared_floor, 1e-6),
    "c6_shared_self": (lambda: circle_weights()[0], 1e-4),
    "c6_shared_next": (lambda: circle_weights()[1], 1e-4),
    "c6_ring_excess": (ring_excess, 1e-4),
    "c6_symmetric_next": (lambda: softmax(ring("symmetric", 0)[1]).diagonal(1).min(), 1e-4),
    "c6_circle_predicted": (lambda: math.sqrt(best_strength()), 1e-3),
    "c6_circle_measured": (circle_radius, 1e-4),
}
