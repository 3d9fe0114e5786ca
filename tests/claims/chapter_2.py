"""Chapter 2: the numbers in its prose, by hand, in plain Python."""

import math

from scipy.optimize import minimize_scalar

from attn_lesson import rand_weights
from attn_lesson.experiments import FEATURES, SIX_WORDS, six_word_vectors

ANIMALS = [0.0, 1.0, 2.0, 0.0, 0.0, 0.0]  # the scores of "which animal?"
RAISED = [0.0, 3.0, 2.0, 0.0, 0.0, 0.0]
RAND = rand_weights().tolist()


def softmax(scores: list[float]) -> list[float]:
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def entropy(weights: list[float]) -> float:
    return -sum(weight * math.log(weight) for weight in weights)


def weight(word: str) -> float:
    return softmax(ANIMALS)[SIX_WORDS.index(word)]


def context(feature: str) -> float:
    column = [vector[FEATURES.index(feature)] for vector in six_word_vectors().tolist()]
    return sum(alpha * number for alpha, number in zip(softmax(ANIMALS), column, strict=True))


def thirsty(temperature: float) -> float:
    return softmax([score / temperature for score in ANIMALS])[1]


def best_temperature() -> float:
    return minimize_scalar(lambda T: -thirsty(T), bounds=(1, 20), method="bounded").x


CLAIMS = {
    "c2_e1": (lambda: math.e, 1e-6),
    "c2_e2": (lambda: math.e**2, 1e-5),
    "c2_sum": (lambda: 4 + math.e + math.e**2, 1e-5),
    **{f"c2_w_{word}": (lambda word=word: weight(word), 1e-6) for word in SIX_WORDS},
    **{f"c2_context_{feature}": (lambda feature=feature: context(feature), 1e-6) for feature in FEATURES},
    "c2_cat_before": (lambda: softmax(ANIMALS)[2], 1e-6),
    "c2_cat_after": (lambda: softmax(RAISED)[2], 1e-6),
    "c2_shrink": (lambda: (4 + math.e + math.e**2) / (4 + math.e**3 + math.e**2), 1e-6),  # the sums, old over new
    "c2_thirsty_peak": (lambda: thirsty(best_temperature()), 1e-4),
    "c2_thirsty_peak_at": (best_temperature, 0.2),  # the chapter looks at 61 temperatures
    "c2_spread_animal": (lambda: math.exp(entropy(softmax(ANIMALS))), 1e-5),
    "c2_rand_low": (lambda: min(map(math.fsum, RAND)), 1e-5),
    "c2_rand_high": (lambda: max(map(math.fsum, RAND)), 1e-5),
    "c2_rand_entropy": (lambda: math.fsum(entropy(softmax(row)) for row in RAND) / 10, 1e-5),
    "c2_ln10": (lambda: math.log(10), 1e-6),
}
