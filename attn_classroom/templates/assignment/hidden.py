"""The tests that decide the rest: a reference, and the inputs on which shortcuts go wrong."""

import pytest
import torch

from attn_classroom.testing import assert_tensor


@pytest.mark.question("row_means", points=2, hint="Rows lie on the last axis, whatever stands before it.")
def test_batches_of_rows(student, generator):
    scores = torch.randn(2, 3, 5, generator=generator)
    expected = torch.tensor([[sum(row) / 5 for row in batch] for batch in scores.tolist()])
    assert_tensor(student.row_means(scores), expected, "the means")
