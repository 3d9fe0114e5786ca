"""One SVG a call, wherever it stands; the same bytes every time; nothing global is changed, nothing is left open."""

import io
import os
import subprocess
import sys
import warnings
from xml.etree import ElementTree

import matplotlib as mpl
import nbformat
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.patheffects import Normal, Stroke
from nbclient import NotebookClient

from attn_lesson import heatmap_figure, show_heatmaps
from attn_lesson.heatmaps import HeatmapFigure
from attn_lesson.heatmaps.showing import INK

SVG = "{http://www.w3.org/2000/svg}"
HEADS = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))


def figure(**options):
    return heatmap_figure(HEADS, "Keys & <more>", "Queries", **options)


# --- the SVG -----------------------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_bytes_through_savefig_too(tmp_path):
    first, again, text = tmp_path / "a.svg", io.BytesIO(), io.StringIO()
    figure().savefig(first)
    figure().savefig(again, format="svg")
    figure().savefig(text, format="svg")
    assert first.read_bytes() == again.getvalue() == text.getvalue().encode() == figure().to_svg().encode()
    assert "date" not in first.read_text().lower().replace("validate", "")


def test_the_svg_is_valid_and_speaks():
    root = ElementTree.fromstring(figure(alt="Six heads & <one> story").to_svg())
    assert root.get("role") == "img"
    assert [child.tag for child in root][:3] == [SVG + "title", SVG + "desc", SVG + "style"]
    assert root.find(SVG + "title").text == root.find(SVG + "desc").text == "Six heads & <one> story"


def test_without_alt_the_picture_describes_itself():
    assert figure().alt == (
        f"2 × 3 heatmaps of 5 × 7 cells, Queries (down) by Keys & <more> (across); "
        f"values from {HEADS.min():.3g} to {HEADS.max():.3g}."
    )
    assert heatmap_figure(torch.eye(3), "", "").alt.startswith(
        "Heatmap of 3 × 3 cells, rows (down) by columns (across)"
    )


def test_text_stays_text_and_follows_the_theme():
    root = ElementTree.fromstring(figure(titles=["one", "two", "three"]).to_svg())
    words = {text.text for text in root.iter(SVG + "text")}
    assert {"one", "two", "three", "Keys & <more>", "Queries"} <= words
    assert "prefers-color-scheme:dark" in root.find(SVG + "style").text
    assert all("var(--ink)" in text.get("style") for text in root.iter(SVG + "text"))


def test_a_label_that_names_the_ink_keeps_its_words():
    root = ElementTree.fromstring(figure(titles=[INK, "two", "three"], figsize=(9, 4)).to_svg())
    assert INK in {text.text for text in root.iter(SVG + "text")}


def test_a_notebook_gets_the_picture_without_its_margins():
    drawn = figure(figsize=(3, 9))
    root = ElementTree.fromstring(drawn.to_svg(bbox_inches=drawn.content))
    assert float(root.get("height").removesuffix("pt")) == pytest.approx(drawn.content.height * 72, abs=0.1)
    assert float(ElementTree.fromstring(drawn.to_svg()).get("height").removesuffix("pt")) == pytest.approx(9 * 72)


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("jpg", b"\xff\xd8")])
def test_other_formats_are_matplotlibs_own(kind, start, tmp_path):
    figure().savefig(tmp_path / f"a.{kind}")
    assert (tmp_path / f"a.{kind}").read_bytes().startswith(start)


def test_nothing_global_is_changed():
    before = (dict(mpl.rcParams), list(warnings.filters), plt.get_fignums())
    figure().to_svg()
    assert (dict(mpl.rcParams), list(warnings.filters), plt.get_fignums()) == before


def test_a_users_style_does_not_break_the_layout(tmp_path):
    style = {"figure.constrained_layout.use": True, "axes.grid": True, "font.size": 30, "text.parse_math": True}
    with mpl.rc_context(style):
        figure().savefig(tmp_path / "a.png")
        assert figure().axes[0].get_position().bounds == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text.usetex", True), ("path.sketch", (1, 100, 2)), ("path.effects", [Stroke(linewidth=9), Normal()]),
        ("savefig.bbox", "tight"), ("svg.image_inline", False), ("svg.id", "mine"), ("svg.fonttype", "none"),
        ("svg.hashsalt", "mine"), ("figure.frameon", False),
    ],
)  # fmt: skip
def test_a_users_settings_do_not_change_the_bytes(name, value, tmp_path, monkeypatch):
    if name not in mpl.rcParams:  # svg.id came with Matplotlib 3.10
        return
    monkeypatch.chdir(tmp_path)
    as_usual = figure(annotate=True, titles=["a", "b", "c"]).to_svg()
    with mpl.rc_context({name: value}):
        assert figure(annotate=True, titles=["a", "b", "c"]).to_svg() == as_usual
    assert list(tmp_path.iterdir()) == []


def corner(drawn, **options):
    """Return the colour of the paper in a PNG, four numbers from 0 to 1."""
    saved = io.BytesIO()
    drawn.savefig(saved, format="png", **options)
    saved.seek(0)
    return tuple(mpl.image.imread(saved)[0, 0].tolist())


def test_dark_letters_stand_on_white_paper_in_any_style_unless_asked_otherwise():
    white, black, clear = (1, 1, 1, 1), (0, 0, 0, 1), (1, 1, 1, 0)
    with plt.style.context("dark_background"):
        drawn = figure()
        assert corner(drawn) == corner(drawn, transparent=False) == white
        assert corner(drawn, facecolor="black") == black
        assert corner(drawn, transparent=True) == clear
        with mpl.rc_context({"savefig.transparent": True}):
            assert corner(drawn) == corner(drawn, transparent=None) == clear
            assert corner(drawn, transparent=False) == white
        with mpl.rc_context({"savefig.facecolor": "black"}):
            assert corner(drawn) == white
        drawn.set_facecolor("black")
        assert corner(drawn) == black
    assert corner(figure()) == white


@pytest.mark.parametrize("size", [64, 100, 1024, 4096])
@pytest.mark.parametrize("density", [1, 2])
def test_a_lone_peak_is_seen_in_a_browser(size, density, browser, tmp_path):
    matrix = torch.full((size, size), 0.001)
    matrix[size // 3, size - 2] = 1.0
    drawn = heatmap_figure(matrix, "Keys", "Queries")
    (tmp_path / "peak.svg").write_text(drawn.to_svg(bbox_inches=drawn.content))
    (tmp_path / "page.html").write_text("<body style='margin:3px'><img src='peak.svg'></body>")
    page = browser.new_page(device_scale_factor=density)
    page.goto((tmp_path / "page.html").as_uri())
    seen = mpl.image.imread(io.BytesIO(page.screenshot()))[..., :3]
    page.close()
    left, top, right, bottom = (round(x * 96 * density) for x in drawn.layout.panel(0, 0))
    offset = [round((3 - 96 * edge) * density) for edge in drawn.layout.content[:2]]
    panel = seen[top + offset[1] : bottom + offset[1], left + offset[0] : right + offset[0]]
    darkest = panel[..., 1].min()  # in "Reds", less green is more
    assert darkest <= mpl.colormaps["Reds"](0.95)[1]


# --- showing -----------------------------------------------------------------------------------------------


def run(*cells):
    """Run cells in a fresh kernel; return for each what it published, as lists of MIME types or printed text."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # as a reader starts it
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute(env=env)
    return [
        [sorted(output.data) if "data" in output else output.get("text") for output in cell.outputs]
        for cell in notebook.cells
    ], notebook


HEATMAP, PNG = ["image/svg+xml", "text/plain"], ["image/png", "text/plain"]


def test_in_a_notebook_each_call_is_one_svg_where_it_stands(tmp_path):
    published, notebook = run(
        "import torch, matplotlib as mpl, warnings\n"
        "from matplotlib import pyplot as plt\n"
        "from attn_lesson import heatmap_figure, show_heatmaps\n"
        "def state():\n"
        "    printers = [dict(f.type_printers) for f in get_ipython().display_formatter.formatters.values()]\n"
        "    return dict(mpl.rcParams), list(warnings.filters), printers\n"
        "plt.close(plt.figure())  # the inline backend sets itself up on first use\n"
        "before = state()",
        "print('before')\nshow_heatmaps(torch.eye(3), 'Keys', 'Queries', alt='an eye')\nprint('after')",
        "show_heatmaps(torch.eye(3), 'a', 'b')\nshow_heatmaps(torch.eye(4), 'c', 'd')\n"
        f"plt.savefig(r'{tmp_path}/c.svg')",
        "for n in range(25):\n    show_heatmaps(torch.eye(3), 'Keys', f'{n}')",
        "plt.plot([1, 2]);",
        "heatmap_figure(torch.eye(3), 'Keys', 'Queries')",
        "kept = heatmap_figure(torch.eye(3), 'Keys', 'Queries')",
        "print(plt.get_fignums())\nprint(state() == before)",
    )
    assert published[1] == ["before\n", HEATMAP, "after\n"]
    assert published[2] == [HEATMAP] * 2
    assert published[3] == [HEATMAP] * 25
    assert published[4] == [PNG]
    assert published[5] == [HEATMAP]
    assert published[6] == []
    assert published[7] == ["[]\nTrue\n"]
    picture = notebook.cells[1].outputs[1]
    assert picture.data["text/plain"] == picture.metadata["image/svg+xml"]["alt"] == "an eye"
    assert ">c<" in (tmp_path / "c.svg").read_text()
    assert ">a<" not in (tmp_path / "c.svg").read_text()


def test_in_a_notebook_plots_and_heatmaps_stand_side_by_side(tmp_path):
    published, _ = run(
        "import torch\nfrom matplotlib import pyplot as plt\nfrom attn_lesson import show_heatmaps\neye = torch.eye(3)",
        "show_heatmaps(eye, 'K', 'Q')\nplt.plot([1, 2, 3]);",
        "show_heatmaps(eye, 'K', 'Q')\nplt.title('mine');",
        "figure, axes = plt.subplots(1, 2)\naxes[0].plot([1, 2])\nshow_heatmaps(eye, 'K', 'Q')\naxes[1].plot([1, 2]);",
        "plt.plot([1, 2])\nshow_heatmaps(eye, 'K', 'Q')\nplt.plot([2, 1])\nshow_heatmaps(eye, 'K', 'Q')\n"
        "plt.plot([2, 1]);",
        "for n in range(3):\n    show_heatmaps(eye, 'K', 'Q')\n    plt.plot([1, 2]);",
        f"show_heatmaps(eye, 'K', 'Q')\nplt.savefig(r'{tmp_path}/heatmap.png')\nprint(type(plt.gcf()).__name__)",
        "show_heatmaps(eye, 'K', 'Q')\nplt.subplot(1, 2, 1)\nplt.plot([1, 2])\nplt.subplot(1, 2, 2)\nplt.plot([2, 1]);",
        "plt.plot([1, 2]);",
        "print(plt.get_fignums())",
    )
    assert published[1] == [HEATMAP, PNG]
    assert published[2] == [HEATMAP, PNG]
    assert published[3] == [HEATMAP, PNG]
    assert published[4] == [HEATMAP, HEATMAP, PNG, PNG, PNG]
    assert published[5] == [HEATMAP] * 3 + [PNG] * 3
    assert published[6] == [HEATMAP, "HeatmapFigure\n"]
    assert published[7] == [HEATMAP, PNG]
    assert published[8] == [PNG]
    assert published[9] == ["[]\n"]
    red = plt.imread(tmp_path / "heatmap.png")[..., :3]
    assert (red[..., 0] - red[..., 1]).max() > 0.3  # the diagonal


def test_a_cell_that_fails_leaves_no_half_picture():
    _, notebook = run(
        "from attn_lesson import show_heatmaps\nfrom matplotlib import pyplot as plt",
        "try:\n    show_heatmaps([[1.0]], 'Keys', 'Queries', titles=['a', 'b'])\nexcept ValueError as e:\n    print(e)",
        "print(plt.get_fignums())",
    )
    assert [output["text"] for cell in notebook.cells for output in cell.outputs] == [
        "titles needs 1 titles, one for each column, got 2\n",
        "[]\n",
    ]


def test_in_a_script_it_is_pyplots_current_figure(tmp_path):
    try:
        assert show_heatmaps(HEADS, "Keys", "Queries") is None
        assert isinstance(plt.gcf(), HeatmapFigure)
        plt.savefig(tmp_path / "a.svg")
        assert (tmp_path / "a.svg").read_text() == heatmap_figure(HEADS, "Keys", "Queries").to_svg()
    finally:
        plt.close("all")


def test_a_script_starts_no_ipython_and_keeps_its_main(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "main = sys.modules['__main__']\n"
        "import torch, matplotlib\n"
        "matplotlib.use('agg')\n"
        "from matplotlib import pyplot as plt\n"
        "from attn_lesson import show_heatmaps\n"
        "show_heatmaps(torch.eye(3), 'Keys', 'Queries')\n"
        "plt.savefig('a.png')\n"
        "assert sys.modules['__main__'] is main\n"
        "assert 'IPython' not in sys.modules\n"
        "print(len(plt.get_fignums()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", script], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "script.py"]
