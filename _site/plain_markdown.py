"""Turn the book's MyST Markdown into the plain Markdown that any notebook program shows."""

import re
import textwrap
from collections.abc import Callable

from plain_prose import NO_VALUE, PlainProse
from sphinx.config import Config
from sphinx.directives.code import LiteralIncludeReader

FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>`{3,}|:{3,}|~{3,})(?:\{(?P<name>[\w:-]+)\}[ \t]*(?P<argument>.*))?")
OPTION = re.compile(r"^:([\w-]+):[ \t]*([\"']?)(.*?)\2[ \t]*$")  # MyST reads a quoted value without its quotes
FOR_THE_FORMATTER = re.compile(r"  # fmt: \w+$", re.MULTILINE)
TERM = re.compile(r"^(\S.*)$", re.MULTILINE)
SILENT = {"solution-end", "exercise-end", "toctree", "tableofcontents", "index", "raw"}
UNTITLED = {"div", "table", "grid", "tab-set"}


class PlainMarkdown(PlainProse):
    """The converter of one chapter: its prose as in PlainProse, and its directives."""

    def convert(self, text: str) -> str:
        """Return the text with every directive and role in plain Markdown."""
        lines, out, prose, at = text.split("\n"), [], [], 0
        while at < len(lines):
            opening = FENCE.match(lines[at])
            if opening is None:
                prose.append(lines[at])
                at += 1
                continue
            fence = opening["fence"]
            closing = re.compile(rf"^\s*{fence[0]}{{{len(fence)},}}\s*$")
            end = next((n for n in range(at + 1, len(lines)) if closing.match(lines[n])), len(lines))
            if opening["name"] is None and fence[0] == ":":  # the end of a box that began in an earlier cell
                at += 1
                continue
            out.append(self.inline("\n".join(prose)))
            prose = []
            if opening["name"] is None:
                out.append("\n".join(lines[at : end + 1]))
            else:
                body = textwrap.dedent("\n".join(lines[at + 1 : end])).split("\n")
                made = self.directive(opening["name"], (opening["argument"] or "").strip(), body)
                out.append(textwrap.indent(made, opening["indent"]))
            at = end + 1
        out.append(self.inline("\n".join(prose)))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()

    def directive(self, name: str, argument: str, body: list[str]) -> str:
        """Return one directive in plain Markdown."""
        options: dict[str, str] = {}
        while body and (match := OPTION.match(body[0])):
            options[match[1]] = match[3]
            body = body[1:]
        text = "\n".join(body).strip("\n")
        special: dict[str, Callable[[], str]] = {
            "math": lambda: self.inline(f"$$\n{text}\n$$" + (f" ({options['label']})" if "label" in options else "")),
            "literalinclude": lambda: self.included(argument, options),
            "image": lambda: self.inline(f"![{options.get('alt', '')}]({argument})"),
            "figure": lambda: self.figure(argument, options, text),
            "exercise": lambda: f"#### {self.numbered(options, 'Exercise', argument)}\n\n{self.convert(text)}\n",
            "exercise-start": lambda: f"#### {self.numbered(options, 'Exercise', argument)}\n",
            "solution": lambda: folded(self.solved(argument), self.convert(text)),
            "solution-start": lambda: f"#### {self.solved(argument)}\n",
            "glossary": lambda: TERM.sub(r"\n**\1**\n", self.convert(text)),
            "bibliography": lambda: "\n".join(f"- {self.book.reference(key)}" for key in sorted(self.book.works)),
        }
        if name in SILENT:
            return ""
        if name in special:
            return special[name]()
        if name in {"code-block", "code", "sourcecode"}:
            return f"```{argument}\n{text}\n```"
        if name.startswith("glue"):
            return NO_VALUE
        title = self.inline(argument) or ("" if name in UNTITLED else name.capitalize())
        if "dropdown" in options.get("class", "").split() or name == "dropdown":
            return folded(title, self.convert(text))
        quoted = f"**{title}**\n\n{self.convert(text)}" if title else self.convert(text)
        return textwrap.indent(quoted, "> ", lambda line: True) + "\n"

    def included(self, argument: str, options: dict[str, str]) -> str:
        """Return the source that a `literalinclude` shows, as a fenced block."""
        source, _ = LiteralIncludeReader(str(self.path.parent / argument), dict(options), Config()).read()
        shown = FOR_THE_FORMATTER.sub("", source.rstrip())
        return f"```{options.get('language', 'python')}\n{shown}\n```"

    def figure(self, argument: str, options: dict[str, str], caption: str) -> str:
        """Return a picture with its numbered caption below."""
        number = self.numbered(options, "Figure", "").rstrip(".")
        return self.inline(f"![{options.get('alt', '')}]({argument})\n\n*{number}.* {caption.strip()}\n")

    def numbered(self, options: dict[str, str], kind: str, title: str) -> str:
        """Return `Exercise 2: title`, with the number the chapter gives to this label."""
        target = self.book.targets.get(options.get("label") or options.get("name") or "")
        return (target.text if target else kind) + (f": {self.inline(title)}" if title else "")

    def solved(self, label: str) -> str:
        """Return the title of a solution."""
        target = self.book.targets.get(label)
        return f"Solution to {target.text[0].lower() + target.text[1:]}" if target else "Solution"


def folded(title: str, text: str) -> str:
    """Return text behind a title that opens on a click."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>\n"
