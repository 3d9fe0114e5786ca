"""The tests that every student has: worked examples and laws, on inputs that are new each time."""

import pytest
import torch

from attn_classroom.testing import assert_shape, assert_tensor


@pytest.mark.question("row_means", points=1, hint="The mean of 1, 2 and 6 is 3.")
def test_a_row_by_hand(student):
    assert_tensor(student.row_means(torch.tensor([[1.0, 2.0, 6.0]])), torch.tensor([3.0]), "the mean of 1, 2, 6")


@pytest.mark.question("row_means", points=1, hint="One number for each row.")
def test_one_number_a_row(student, generator):
    assert_shape(student.row_means(torch.randn(3, 5, generator=generator)), (3,), "the means of three rows")
