"""Charts that a reader can move on the static page, without a kernel: one function each, called by one short cell.

Each draws with Altair, computes in the page what the package computes in Python, and starts from the package's numbers.
"""

from attn_lesson.explorables.arrows import explore_arrows
from attn_lesson.explorables.average import explore_average
from attn_lesson.explorables.dial import explore_dial
from attn_lesson.explorables.eye_rand import explore_eye_rand
from attn_lesson.explorables.reading import explore_reading
from attn_lesson.explorables.root_d import explore_root_d
from attn_lesson.explorables.softmax import explore_softmax
from attn_lesson.explorables.training import explore_training

__all__ = [
    "explore_arrows",
    "explore_average",
    "explore_dial",
    "explore_eye_rand",
    "explore_reading",
    "explore_root_d",
    "explore_softmax",
    "explore_training",
]
