"""What the chapters refer to: titles, labels, numbered things and cited works, read from the sources themselves."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pybtex.database import Entry, Person, parse_file
from pybtex.richtext import Text

TITLE = re.compile(r"^# +(.+?)\s*$", re.MULTILINE)
SECTION = re.compile(r"^\(([\w:.-]+)\)=\s*\n+#+ +(.+?)\s*$", re.MULTILINE)
EQUATION = re.compile(r"\$\$\s*\(([\w:.-]+)\)\s*$|^:label: *(eq[\w:.-]*)\s*$", re.MULTILINE)
LABELLED = r"^[`:]{3,}\{%s\}[^\n]*\n(?::(?!%s)\w[^\n]*\n)*(?::%s: *(\S+))?"
EXERCISE = re.compile(LABELLED % ("exercise(?:-start)?", "label", "label"), re.MULTILINE)
FIGURE = re.compile(LABELLED % ("figure", "name", "name"), re.MULTILINE)


@dataclass(frozen=True)
class Target:
    """Something that a chapter can point at."""

    chapter: str
    text: str
    number: int | None = None


@dataclass
class BookIndex:
    """The targets and the cited works of the book whose root folder is given."""

    root: Path
    title: str = ""
    url: str = ""
    chapters: list[Path] = field(default_factory=list)
    with_code: set[str] = field(default_factory=set)
    titles: dict[str, str] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    works: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the table of contents, every chapter in it, and the list of works."""
        toc = yaml.safe_load((self.root / "_toc.yml").read_text("utf-8"))
        pages = [toc["root"]] + [page["file"] for part in toc.get("parts", [toc]) for page in part["chapters"]]
        self.chapters = [self.root / f"{page}.md" for page in pages]
        for path in self.chapters:
            self.read_chapter(path.stem, path.read_text("utf-8"))
        config = yaml.safe_load((self.root / "_config.yml").read_text("utf-8"))
        self.title = config["title"]
        self.url = config["sphinx"]["config"]["html_theme_options"]["repository_url"]
        for name in config.get("bibtex_bibfiles", []):
            self.works.update(parse_file(str(self.root / name), "bibtex", encoding="utf-8").entries)

    def read_chapter(self, chapter: str, source: str) -> None:
        """Note the title of one chapter and everything in it that has a label."""
        if "{code-cell}" in source:
            self.with_code.add(chapter)
        title = TITLE.search(source)
        self.titles[chapter] = title[1] if title else chapter
        for match in SECTION.finditer(source):
            self.targets[match[1]] = Target(chapter, match[2])
        for kind, pattern in (("Equation", EQUATION), ("Exercise", EXERCISE), ("Figure", FIGURE)):
            for number, match in enumerate(pattern.finditer(source), start=1):
                label = next((group for group in match.groups() if group), None)
                if label:
                    self.targets[label] = Target(chapter, f"{kind} {number}", number)

    def cite(self, key: str, textual: bool) -> str:
        """Return `Author et al. (year)` if textual, else `Author et al., year`; an unknown key is shown as it is."""
        if key not in self.works:
            return key
        entry = self.works[key]
        names = [last_name(person) for person in entry.persons.get("author") or entry.persons.get("editor", [])]
        who = names[0] + " et al." if len(names) > 2 else " and ".join(names) or key
        year = entry.fields.get("year", "n.d.")
        return f"{who} ({year})" if textual else f"{who}, {year}"

    def reference(self, key: str) -> str:
        """Return one line of a list of references."""
        fields = self.works[key].fields
        title = str(Text.from_latex(fields.get("title", key)))
        place = fields.get("journal") or fields.get("booktitle") or fields.get("publisher") or ""
        link = fields.get("url") or ("https://doi.org/" + fields["doi"] if "doi" in fields else "")
        parts = [self.cite(key, textual=True), f"*{title}*", str(Text.from_latex(place)), f"<{link}>" if link else ""]
        return ". ".join(part for part in parts if part)


def last_name(person: Person) -> str:
    """Return a person's last name in plain text."""
    return str(Text.from_latex(" ".join([*person.prelast_names, *person.last_names])))
