"""The command line: what is typed becomes a picture, or one line that says why not, and nothing is overwritten."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from attn_lesson import eye_weights, heatmap_figure, rand_weights
from attn_lesson.__main__ import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("name", "weights"), [("eye", eye_weights()), ("rand", rand_weights())])
def test_the_two_experiments_are_written_by_name(name, weights, capsys):
    assert main([name]) == 0
    assert capsys.readouterr().out == f"{name}.svg\n"
    assert Path(f"{name}.svg").read_text() == heatmap_figure(weights, "Keys", "Queries").to_svg()


def grid():
    return torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))


def write_npy():
    np.save("weights.npy", grid().numpy())
    return ["weights.npy"]


def write_npz():
    np.savez("weights.npz", only=grid().numpy())
    return ["weights.npz"]


def write_npz_of_two():
    np.savez("weights.npz", one=np.eye(2), two=grid().numpy())
    return ["weights.npz", "--key", "two"]


def write_pt():
    torch.save(grid(), "weights.pt")
    return ["weights.pt"]


def write_pt_dict():
    torch.save({"layer 0": torch.eye(2), "layer 1": grid()}, "weights.pt")
    return ["weights.pt", "--key", "layer 1"]


def write_pt_of_counted_layers():
    torch.save({0: torch.eye(2), 1: grid()}, "weights.pt")
    return ["weights.pt", "--key", "1"]


def write_in_capitals():
    np.save("w.npy", grid().numpy())
    Path("w.npy").rename("W.NPY")
    return ["W.NPY"]


@pytest.mark.parametrize(
    "write",
    [
        write_npy, write_npz, write_npz_of_two, write_pt, write_pt_dict, write_pt_of_counted_layers, write_in_capitals,
    ],
)  # fmt: skip
def test_a_file_of_numbers_is_drawn(write):
    assert main([*write(), "-o", "heatmap.svg"]) == 0
    assert Path("heatmap.svg").read_text() == heatmap_figure(grid(), "Keys", "Queries").to_svg()


@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<?xml"), ("SVG", b"<?xml"), ("PNG", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_the_ending_chooses_the_format(kind, start):
    assert main(["eye", "-o", f"picture.{kind}"]) == 0
    assert Path(f"picture.{kind}").read_bytes().startswith(start)


def test_the_options_reach_the_picture():
    words = ["--xlabel", "k", "--ylabel", "q", "--titles", "t", "--figsize", "4", "3", "--cmap", "Blues"]
    assert main(["eye", *words]) == 0
    figure = heatmap_figure(eye_weights(), "k", "q", ["t"], (4, 3), "Blues")
    assert Path("eye.svg").read_text() == figure.to_svg()


class Trap:
    """An object whose unpickling would leave a trace."""

    def __reduce__(self):
        return (Path.touch, (Path("trapped"),))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["weights"], "what to draw is eye, rand or a .npy, .npz or .pt file, got 'weights'"),
        (["weights.npy"], "no such file: weights.npy"),
        (["junk.npy"], "junk.npy holds no plain numbers that NumPy can read"),
        (["junk.npz"], "junk.npz holds no plain numbers that NumPy can read"),
        (["junk.pt"], "junk.pt holds no plain tensors (objects are never unpickled)"),
        (["trap.npy"], "trap.npy holds no plain numbers that NumPy can read"),
        (["trap.pt"], "trap.pt holds no plain tensors (objects are never unpickled)"),
        (["two.npz"], "two.npz holds a, b: name one with --key, got None"),
        (["two.npz", "--key", "c"], "two.npz holds a, b: name one with --key, got c"),
        (["plain.npy", "--key", "zz"], "plain.npy names nothing that it holds: leave out --key, got zz"),
        (["plain.pt", "--key", "0"], "plain.pt names nothing that it holds: leave out --key, got 0"),
        (["eye", "--key", "zz"], "eye names nothing that it holds: leave out --key, got zz"),
        (["eye", "-o", "eye.bmp"], "the picture needs to end in .svg, .png, .pdf, got eye.bmp"),
        (["eye", "-o", "there.svg"], "there.svg exists: overwrite it with --force"),
        (["eye", "-o", "nowhere/eye.svg"], "[Errno 2] No such file or directory: 'nowhere/eye.svg'"),
        (["eye", "--figsize", "0", "1"], "figsize needs two positive numbers"),
        (["eye", "--figsize", "1e9", "1"], "figsize needs a width and a height of at most 60 inches, got ["),
        (["eye", "--cmap", "reds"], "cmap needs the name of a Matplotlib colour map, perhaps Reds"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(arguments, line, capsys):
    for name in ("junk.npy", "junk.npz", "junk.pt", "there.svg"):
        Path(name).write_text("junk")
    np.save("trap.npy", np.array([Trap()]), allow_pickle=True)
    torch.save(Trap(), "trap.pt")
    np.savez("two.npz", a=np.eye(2), b=np.eye(3))
    np.save("plain.npy", np.eye(2))
    torch.save(torch.eye(2), "plain.pt")
    before = sorted(Path().iterdir())
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"attn_lesson: {line}")
    assert said.err.count("\n") == 1
    assert sorted(Path().iterdir()) == before  # nothing unpickled, nothing half written
    assert Path("there.svg").read_text() == "junk"


def test_a_warning_is_a_note_of_one_line(capsys):
    np.save("nan.npy", np.array([[np.nan, 1.0], [0.5, np.inf]]))
    assert main(["nan.npy"]) == 0
    said = capsys.readouterr()
    assert said.out == "nan.svg\n"
    assert said.err == (
        "attn_lesson: note: 1 NaN among the matrices, drawn grey\n"
        "attn_lesson: note: 1 +inf among the matrices, drawn grey\n"
    )


def test_a_quantised_tensor_is_drawn(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch's own, that quantised tensors are to go
        given = torch.quantize_per_tensor(torch.tensor([[0.5, 1.0]]), 0.25, 0, torch.quint8)
        torch.save(given, "weights.pt")
    assert main(["weights.pt"]) == 0
    assert capsys.readouterr().err == ""
    assert Path("weights.svg").read_text() == heatmap_figure([[0.5, 1.0]], "Keys", "Queries").to_svg()


def test_force_overwrites():
    Path("eye.svg").write_text("old")
    assert main(["eye", "--force"]) == 0
    assert Path("eye.svg").read_text().startswith("<?xml")


def test_it_runs_as_a_module_and_explains_itself():
    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "attn_lesson", *words], capture_output=True, text=True, check=False
        )

    helped = run("--help")
    assert helped.returncode == 0
    assert all(word in helped.stdout for word in ("eye, rand, or a file", "--force", "weights.npy -o heatmap.svg"))
    wrong = run()
    assert (wrong.returncode, wrong.stderr) == (2, "attn_lesson: the following arguments are required: what\n")
    assert run("eye").stdout == "eye.svg\n"
