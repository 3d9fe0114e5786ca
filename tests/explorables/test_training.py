"""The slider moves through the training that was run when the chart was made, and shows what it recorded."""

import math
import re

import pytest
import torch

from attn_lesson.explorables import explore_training, training

STEP, TASK, OUTLINE = "Training step", "Task", "Outline the wanted places"
TASKS = ["copy", "reverse", "shift by one"]


@pytest.fixture(scope="module")
def made():
    """The chart, and the trainings that it made: each source with its record."""
    runs, threads = [], torch.get_num_threads()

    def remember(model, source, **options):
        runs.append((source, train(model, source, **options)))
        return runs[-1][1]

    train = training.train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train", remember)
        torch.set_num_threads(1)  # the matrices are tiny: more threads only wait for each other
        explorable = explore_training()
    torch.set_num_threads(threads)
    return explorable, runs


def weights(chart):
    cells = chart.marks("cell")
    assert [(cell["query"], cell["key"]) for cell in cells] == [(str(q), str(k)) for q in range(10) for k in range(10)]
    return torch.tensor([float(cell["weight"]) for cell in cells]).reshape(10, 10)


def test_it_trains_for_each_task(made):
    places = torch.arange(10)
    for (source, run), expected in zip(made[1], [places, places.flip(0), places.roll(1)], strict=True):
        assert torch.equal(source, expected)
        assert run.weights.shape == (101, 10, 10)
        assert run.weights[-1][places, source].min() > 0.95  # each task is learned


@pytest.mark.parametrize("task", TASKS)
def test_the_page_shows_what_the_training_recorded(open_chart, made, task):
    explorable, runs = made
    source, run = runs[TASKS.index(task)]
    chart = open_chart(explorable)
    chart.choose(TASK, task)
    for step in range(0, 101, 4):
        chart.slide(STEP, step)
        torch.testing.assert_close(weights(chart), run.weights[step], rtol=0, atol=1e-4)
        recorded = {"loss": run.losses[step].item(), "entropy": run.entropies[step].item()}
        points = chart.marks("circle")
        assert {point["curve"]: float(point["nats"]) for point in points} == pytest.approx(recorded, abs=1e-4)
        assert {point["training step"] for point in points} == {str(step)}
        wanted = run.weights[step][torch.arange(10), source]
        said = next(words for words in chart.words() if words.startswith("step "))
        numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", said)]
        assert numbers == pytest.approx(
            [step, *recorded.values(), math.log(10), wanted.mean().item(), wanted.min().item()], abs=6e-4
        )


def test_it_starts_where_the_diagonal_appears_and_moves_by_keyboard(open_chart, made):
    explorable, runs = made
    chart = open_chart(explorable)
    assert chart.control(STEP).input_value() == "24"
    chart.press(STEP, "ArrowRight", "ArrowRight")
    assert chart.control(STEP).input_value() == "32"
    chart.press(TASK, "ArrowDown")
    torch.testing.assert_close(weights(chart), runs[1][1].weights[32], rtol=0, atol=1e-4)
    chart.press(STEP, "End")
    assert weights(chart).argmax(dim=-1).tolist() == list(range(9, -1, -1))


def test_the_wanted_places_are_outlined_on_demand(open_chart, made):
    chart = open_chart(made[0])
    chart.choose(TASK, "shift by one")
    frames = f".live path[stroke='{training.BLUE}'][d$='Z']"
    assert chart.boxes(frames) == []
    chart.press(OUTLINE, "Space")
    cells = chart.boxes(".live [aria-roledescription='cell']")
    wanted = [cells[10 * query + (query - 1) % 10] for query in range(10)]
    assert sorted(map(tuple, chart.boxes(frames))) == [
        pytest.approx(box, abs=0.1) for box in sorted(map(tuple, wanted))
    ]
