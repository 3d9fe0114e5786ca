"""Draw heatmaps from the command line: `python -m attn_lesson eye`, or any file of weights."""

import argparse
import sys
import warnings
from pathlib import Path
from typing import NoReturn

ENDINGS = (".svg", ".png", ".pdf")
EPILOG = """examples:
  python -m attn_lesson eye                        the identity, into eye.svg
  python -m attn_lesson rand -o rand.png           uniform random numbers, which are not a distribution
  python -m attn_lesson weights.npy -o heatmap.svg any matrix, or grid (rows, columns, queries, keys)
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and leave with 2."""
        self.exit(2, f"attn_lesson: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Describe the words that may be typed."""
    words = Parser(
        prog="python -m attn_lesson",
        description="Draw attention weights as a heatmap with one true colour bar.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("what", help="eye, rand, or a file of numbers: .npy, .npz or .pt")
    words.add_argument("-o", "--output", type=Path, help="picture to write: .svg, .png or .pdf (default: WHAT.svg)")
    words.add_argument("--key", help="which array of an .npz or .pt file that holds several")
    words.add_argument("--xlabel", default="Keys", help="name of the keys' axis (default: %(default)s)")
    words.add_argument("--ylabel", default="Queries", help="name of the queries' axis (default: %(default)s)")
    words.add_argument("--titles", nargs="+", metavar="TITLE", help="one for each column, or for each panel")
    words.add_argument(
        "--figsize", nargs=2, type=float, default=(2.5, 2.5), metavar=("WIDTH", "HEIGHT"), help="in inches"
    )
    words.add_argument("--cmap", default="Reds", help="Matplotlib colour map (default: %(default)s)")
    words.add_argument("--force", action="store_true", help="overwrite the picture if it exists")
    return words


def read(what: str, key: str | None) -> object:
    """Return the matrices that were asked for."""
    from attn_lesson.experiments import eye_weights, rand_weights
    from attn_lesson.heatmaps.files import read_matrices

    if what in {"eye", "rand"}:
        if key is not None:
            raise ValueError(f"{what} names nothing that it holds: leave out --key, got {key}")
        return eye_weights() if what == "eye" else rand_weights()
    return read_matrices(Path(what), key)


def main(arguments: list[str] | None = None) -> int:
    """Draw what was asked for; return 0, or 2 after one line that says what is wrong.

    >>> main(["nothing.txt"])
    2
    """
    asked = parser().parse_args(arguments)
    output = asked.output or Path(f"{Path(asked.what).stem}.svg")
    try:
        if output.suffix.lower() not in ENDINGS:
            raise ValueError(f"the picture needs to end in {', '.join(ENDINGS)}, got {output}")
        if output.exists() and not asked.force:
            raise ValueError(f"{output} exists: overwrite it with --force")
        matrices = read(asked.what, asked.key)
        from attn_lesson.heatmaps import heatmap_figure

        options = {"titles": asked.titles, "figsize": asked.figsize, "cmap": asked.cmap}
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            figure = heatmap_figure(matrices, asked.xlabel, asked.ylabel, **options)
        figure.savefig(output)
    except (ValueError, TypeError, OSError) as error:
        print(f"attn_lesson: {error}", file=sys.stderr)
        return 2
    for note in notes:
        print(f"attn_lesson: note: {note.message}", file=sys.stderr)
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
