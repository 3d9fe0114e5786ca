"""Turn MyST prose, with its roles, labels and attributes, into the plain Markdown that any notebook program shows."""

import base64
import mimetypes
import re
from dataclasses import dataclass, field
from pathlib import Path

from book_index import BookIndex

ROLE = re.compile(r"(?<!`)\{([\w:.-]+)\}(`+)(.+?)\2(?!`)", re.DOTALL)
EXPLICIT = re.compile(r"(.+?)\s*<([^<>]+)>", re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:|data:|attachment:)([^)\s]+)\)(?:\{[^}]*\})?")
NUMBERED = re.compile(r"\$\$(.+?)\$\$[ \t]*\(([\w:.-]+)\)", re.DOTALL)
LEFT_OUT = re.compile(r"^(?:\([\w:.-]+\)=|%.*|\{[.#][^}`]*\})[ \t]*\n?", re.MULTILINE)
SPAN = re.compile(r"\[([^\]]+)\]\{(?:[.#]|(?:lang|class|id|style)=)[^}`]*\}")
LINK = re.compile(r"\[([^\]]*)\]\(#?([\w:./-]+?)(\.md)?\)")
NO_VALUE = "(run the cell above)"


@dataclass
class PlainProse:
    """The converter of one chapter's prose; it collects the pictures it meets and the works it cites."""

    book: BookIndex
    path: Path
    glued: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, dict[str, str]] = field(default_factory=dict)
    cited: list[str] = field(default_factory=list)

    def inline(self, text: str) -> str:
        """Return prose without roles, labels, comments and attributes."""
        text = LEFT_OUT.sub("", text)
        text = NUMBERED.sub(self.tag, text)
        text = PICTURE.sub(lambda m: self.attach(m[1], m[2]), text)
        text = ROLE.sub(lambda m: self.role(m[1], m[3]), text)
        return LINK.sub(self.link, SPAN.sub(r"\1", text))

    def tag(self, match: re.Match[str]) -> str:
        """Return a displayed formula with its number in the chapter."""
        target = self.book.targets.get(match[2])
        return f"$${match[1].rstrip()} \\tag{{{target.number}}}\n$$" if target else f"$${match[1]}$$"

    def role(self, name: str, content: str) -> str:
        """Return one role in plain Markdown."""
        explicit = EXPLICIT.fullmatch(content)
        shown, target = (explicit[1], explicit[2]) if explicit else ("", content)
        if name.startswith("cite"):
            keys = [key.strip() for key in content.split(",")]
            self.cited += [key for key in keys if key not in self.cited]
            textual = name in {"cite:t", "cite:ct", "cite:ts"}
            works = [self.book.cite(key, textual) for key in keys]
            return ", ".join(works) if textual else f"({'; '.join(works)})"
        if name.startswith("glue"):
            return self.value(content)
        if name == "eq" and target in self.book.targets:
            return f"({self.book.targets[target].number})"
        if name in {"ref", "numref", "doc"}:
            return self.point(target.removesuffix(".md"), shown)
        if name in {"math", "code"} or name.startswith("py:"):
            return f"${content}$" if name == "math" else f"`{shown or content}`"
        return shown or content

    def value(self, content: str) -> str:
        """Return a measured number, `key` or `key:format`, as the last build measured it."""
        key, _, layout = content.partition(":")
        if key not in self.glued:
            return NO_VALUE
        text = self.glued[key].strip("'\"")
        return format(float(text), layout) if layout else text

    def point(self, label: str, shown: str = "") -> str:
        """Return the text for a label or a chapter's name, with a link if it lies in another chapter."""
        chapter = label.rsplit("/", 1)[-1]
        target = self.book.targets.get(label)
        if target is None and chapter not in self.book.titles:
            return shown or label
        home = target.chapter if target else chapter
        text = shown or (target.text if target else self.book.titles[chapter])
        return f"[{text}]({home}.ipynb)" if home != self.path.stem and home in self.book.with_code else text

    def link(self, match: re.Match[str]) -> str:
        """Return a Markdown link; one that leads to a chapter or a label leads to its notebook."""
        known = match[2] in self.book.targets or match[2].rsplit("/", 1)[-1] in self.book.titles
        return self.point(match[2], match[1]) if known else match[0]

    def attach(self, alt: str, name: str) -> str:
        """Attach a picture of the book, so that the notebook is one file."""
        file = (self.path.parent / name).resolve()
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.pictures[file.name] = {kind: base64.b64encode(file.read_bytes()).decode("ascii")}
        return f"![{alt}](attachment:{file.name})"
