"""The fixed parts of the chapters, and what holds for all of the book's sources and built pages."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]

CHAPTERS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "chapters").glob("*.md"))}
NUMBERED = [
    "01_cognitive_attention",
    "02_attention_distribution",
    "03_scoring_functions",
    "04_soft_attention",
    "05_heatmaps",
    "06_learned_attention",
    "07_museum_of_bugs",
]
PAGES = ["index", *NUMBERED, "run_it", "assignments", "teach_it", "glossary", "bibliography", "how_it_is_made"]

# Each heading of the course that this book grew out of, the chapter that is its place here, and words to find there.
SOURCE_HEADINGS = [
    ("一、实验介绍", "index", ["experiment", "translat", "question answering"]),
    ("二、实验环境", "run_it", ["PyTorch", "environment"]),
    ("1. 配置虚拟环境", "run_it", ["venv", "conda"]),
    ("2. 库版本介绍", "run_it", ["3.5.3", "1.8.1+cu102", "scikit-learn", "torchaudio"]),
    ("三、实验内容", "index", ["scores", "distribution", "heatmap"]),
    ("0. 理论介绍", "02_attention_distribution", ["query"]),
    ("a. 认知神经学中的注意力", "01_cognitive_attention", ["信息超载", "information overload"]),
    ("聚焦式注意力(Focus Attention)", "01_cognitive_attention", ["聚焦式注意力", "top-down"]),
    ("基于显著性的注意力(Saliency-Based Attention)", "01_cognitive_attention", ["显著性", "bottom-up"]),
    ("b. 注意力机制", "02_attention_distribution", ["注意力机制"]),
    ("注意力机制(Attention Mechanism): 资源分配方案", "02_attention_distribution", ["资源分配", "resource"]),
    ("基于显著性的注意力机制的近似", "01_cognitive_attention", ["最大汇聚", "门控", "max_pool", "gate"]),
    ("聚焦式注意力的应用", "01_cognitive_attention", ["阅读理解", "passage"]),
    ("注意力的计算过程", "02_attention_distribution", ["two steps", "查询向量"]),
    ("注意力分布(Attention Distribution)", "02_attention_distribution", ["注意力分布", "attention_distribution"]),
    ("打分函数(Scoring Function)", "03_scoring_functions", ["打分函数", "scoring function"]),
    ("加性模型", "03_scoring_functions", ["加性", "additive_score"]),
    ("点积模型", "03_scoring_functions", ["点积", "dot_product_score"]),
    ("缩放点积模型 (缩小方差,增大softmax梯度)", "03_scoring_functions", ["缩放点积", "variance", "gradient"]),
    ("双线性模型 (非对称性)", "03_scoring_functions", ["双线性", "asymmetr"]),
    ("软性注意力机制", "04_soft_attention", ["软性注意力"]),
    ("定义", "04_soft_attention", ["soft attention", "hard attention"]),
    ("加权平均", "04_soft_attention", ["加权平均", "weighted average"]),
    ("Softmax 操作", "02_attention_distribution", ["softmax", "sum to 1"]),
    ("1. 注意力权重矩阵可视化(矩阵热图)", "05_heatmaps", ["热图", "heatmap"]),
    ("a. 导入必要的库", "05_heatmaps", ["import torch", "from d2l import torch as d2l"]),
    ("b. 可视化矩阵热图(show_heatmaps)", "05_heatmaps", ["show_heatmaps", "subplots", "imshow", "colorbar"]),
    ("参数解释", "05_heatmaps", ["matrices", "xlabel", "ylabel", "titles", "figsize", "cmap"]),
    ("函数流程", "05_heatmaps", ["d2l.show_heatmaps"]),
    ("c. 实验结果", "05_heatmaps", ["torch.eye(10).reshape((1, 1, 10, 10))", "torch.rand(1, 1, 10, 10)"]),
]

# Numbers of three decimals and more that a chapter may type: a constant or a sum by hand, never a measurement.
TYPED_NUMBERS: dict[str, set[str]] = {}

HIDING = {"remove-cell", "remove-input", "hide-cell", "hide-input"}

# Drawn once, or written by hand: everything else with such an ending is made from something.
KEPT = re.compile(r"_site/static/(favicon|logo|readme)\.svg|(_site|attn_classroom)/templates/.+\.html")


def code_cells(page: str) -> list[dict]:
    notebook = jupytext.reads(CHAPTERS[page], fmt="md:myst")
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def without_fences(text: str) -> str:
    """The text without its front matter and without code: cells, literal blocks."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    return re.sub(
        r"^(```+)(?:python|text|sh|\{code-cell\}|\{code-block\}|\{literalinclude\}).*?^\1 *$",
        "",
        text,
        flags=re.M | re.S,
    )


def headings(page: str, level: int) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+?) *$", without_fences(CHAPTERS[page]), flags=re.MULTILINE)


def directives(text: str, name: str) -> list[str]:
    """Each directive of one name, from its opening fence to the closing one."""
    return [match[0] for match in re.finditer(rf"^([`:]{{3,}})\{{{name}\}}.*?^\1 *$", text, flags=re.M | re.S)]


def tracked() -> list[str]:
    """What git holds, and what it would take in."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True)
    if answer.returncode:
        pytest.skip("not a git repository")
    return answer.stdout.splitlines()


def test_the_pages_of_this_book_are_there() -> None:
    assert set(PAGES) <= set(CHAPTERS)


def test_toc_and_chapters_are_the_same_set() -> None:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = [toc["root"], *(page["file"] for part in toc["parts"] for page in part["chapters"])]
    assert sorted(listed) == [f"chapters/{name}" for name in sorted(CHAPTERS)]
    assert [Path(page).name for page in listed if Path(page).name in PAGES] == PAGES


@pytest.mark.parametrize("page", NUMBERED)
class TestFixedParts:
    def test_it_opens_with_the_chapter_card(self, page: str) -> None:
        before_the_first_section = CHAPTERS[page].split("\n## ")[0]
        [card] = directives(before_the_first_section, "admonition")
        assert re.match(r"[`:]{3,}\{admonition\} In this chapter\n:class: .*\bchapter-card\b", card)
        positions = [card.index(f"**{word}**") for word in ("Do", "Learn", "Need", "Time")]
        assert positions == sorted(positions)
        assert re.search(r"\d+ minutes", card[positions[-1] :])

    def test_it_ends_with_summary_exercises_further_reading(self, page: str) -> None:
        assert headings(page, level=2)[-3:] == ["Summary", "Exercises", "Further reading"]

    def test_three_exercises_each_with_a_folded_solution(self, page: str) -> None:
        text = CHAPTERS[page]
        section = text[text.index("\n## Exercises") : text.index("\n## Further reading")]
        exercises = directives(section, "exercise") + directives(section, "exercise-start")
        labels = [re.search(r"^:label: (\S+)", exercise, flags=re.MULTILINE)[1] for exercise in exercises]
        assert len(labels) >= 3
        solutions = re.findall(r"^[`:]{3,}\{solution(?:-start)?\} (\S+)\n((?::.*\n)*)", section, flags=re.MULTILINE)
        assert [label for label, _ in solutions] == labels
        assert [label for label, options in solutions if not re.search(r"^:class: .*\bdropdown\b", options, re.M)] == []

    def test_a_solution_runs_code(self, page: str) -> None:
        worked = re.findall(r"\{solution-start\}.*?\{solution-end\}", CHAPTERS[page], flags=re.DOTALL)
        assert "{code-cell}" in "".join(worked)

    def test_further_reading_cites(self, page: str) -> None:
        assert re.search(r"\{cite[:\w]*\}`\w+", CHAPTERS[page].split("\n## Further reading")[1])


@pytest.mark.parametrize(("heading", "page", "words"), SOURCE_HEADINGS, ids=lambda value: str(value)[:24])
def test_every_heading_of_the_source_has_its_place(heading: str, page: str, words: list[str]) -> None:
    text = CHAPTERS[page].lower()
    assert [word for word in words if word.lower() not in text] == [], f"{heading} in {page}"


@pytest.mark.parametrize("page", PAGES)
class TestCells:
    def test_a_cell_has_at_most_twelve_lines(self, page: str) -> None:
        long = [
            cell.source
            for cell in code_cells(page)
            if len([line for line in cell.source.splitlines() if line.strip()]) > 12
        ]
        assert long == []

    def test_nothing_is_installed_or_run_in_a_shell(self, page: str) -> None:
        sources = "\n".join(cell.source for cell in code_cells(page))
        assert re.findall(r"^\s*[!%].*|.*\bpip install\b.*|.*\bsubprocess\b.*", sources, flags=re.MULTILINE) == []

    def test_imports_are_by_name_and_visible(self, page: str) -> None:
        for cell in code_cells(page):
            imports = [
                node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Import | ast.ImportFrom)
            ]
            names = [alias.name for node in imports for alias in node.names]
            assert "*" not in names, cell.source
            if HIDING & set(cell.metadata.get("tags", [])):  # bookkeeping: what the reader uses is imported in sight
                modules = [getattr(node, "module", None) or node.names[0].name for node in imports]
                assert {name.split(".")[0] for name in modules} <= {"myst_nb", *sys.stdlib_module_names}, cell.source

    def test_the_package_is_used_by_its_names(self, page: str) -> None:
        trees = [ast.parse(cell.source) for cell in code_cells(page)]
        attributes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        dotted = [ast.unparse(node) for node in attributes if ast.unparse(node.value) == "attn_lesson"]
        assert set(dotted) <= {"attn_lesson.__version__"}

    def test_nothing_is_silenced_for_the_whole_page(self, page: str) -> None:
        sources = "\n".join(cell.source for cell in code_cells(page))
        assert re.findall(r"(?:filter|simple)(?:warnings|filter)\(\W*ignore\W*\)|rcParams", sources) == []

    def test_a_picture_in_the_source_has_alt_text(self, page: str) -> None:
        pictures = directives(CHAPTERS[page], "figure") + directives(CHAPTERS[page], "image")
        assert [picture for picture in pictures if not re.search(r"^:alt: \S.{14,}", picture, re.M)] == []
        assert re.findall(r"!\[\s*\]\(.*", without_fences(CHAPTERS[page])) == []

    def test_a_measured_number_is_glued_not_typed(self, page: str) -> None:
        prose = without_fences(CHAPTERS[page])
        prose = re.sub(
            r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]+`|^[`:]{3,}\{math\}.*?^[`:]{3,} *$", " ", prose, flags=re.M | re.S
        )
        prose = re.sub(r"\]\([^)]*\)|<?https?://\S+|^:[\w-]+:.*$", " ", prose, flags=re.MULTILINE)
        typed = set(re.findall(r"(?<![\w.])\d+\.\d{3,}(?![\w.]*\.\d)(?!\w)", prose))
        assert typed - TYPED_NUMBERS.get(page, set()) == set()


def test_no_notebook_and_nothing_generated_is_in_git() -> None:
    made = re.compile(
        r"\.(ipynb|html|pdf|pyc|doctree|png|jpe?g|gif|webp|svg|zip|whl)$|(^|/)(_build|dist|\w+\.egg-info)/"
    )
    assert [name for name in tracked() if made.search(name) and not KEPT.fullmatch(name)] == []


def test_every_picture_of_the_built_pages_says_what_is_to_be_seen(site: Path) -> None:
    silent = []
    for page in PAGES:
        article = BeautifulSoup((site / "chapters" / f"{page}.html").read_text(encoding="utf-8"), "html.parser").article
        silent += [f"{page}: {image['src']}" for image in article.find_all("img") if not image.get("alt", "").strip()]
        silent += [
            f"{page}: an inline svg"
            for drawing in article.select(".cell_output svg")
            if not drawing.find_parent(attrs={"aria-label": True})
            and not (drawing.get("aria-label") or drawing.find("title") or drawing.get("aria-hidden") == "true")
        ]
    assert silent == []


def test_an_alt_text_is_a_sentence_not_a_file_name(site: Path) -> None:
    for page in NUMBERED:
        article = BeautifulSoup((site / "chapters" / f"{page}.html").read_text(encoding="utf-8"), "html.parser").article
        texts = [image["alt"] for image in article.find_all("img", alt=True)]
        assert texts, f"{page} has no picture"
        assert [text for text in texts if len(text) < 15 or "/" in text.split()[0]] == []


def test_the_built_pages_ask_no_other_site(site: Path) -> None:
    asked = []
    for page in PAGES:
        soup = BeautifulSoup((site / "chapters" / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        tags = soup.find_all(["script", "img", "iframe"], src=True) + soup.find_all("link", rel="stylesheet", href=True)
        asked += [address for tag in tags if "//" in (address := tag.get("src") or tag["href"])[:8]]
    assert asked == []


def test_the_package_imports_no_guest() -> None:
    guests = "{'d2l', 'torchvision', 'matplotlib', 'altair', 'IPython', 'pandas', 'transformers'}"
    code = f"import sys, attn_lesson; print(sorted({guests} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_d2l_is_named_nowhere_in_the_packages_code() -> None:
    for path in (ROOT / "attn_lesson").rglob("*.py"):
        imports = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        names = {alias.name for node in imports for alias in node.names} | {
            getattr(node, "module", None) for node in imports
        }
        assert not any(name and name.split(".")[0] == "d2l" for name in names), path


# The glossary and the addresses ---------------------------------------------------------------------


def test_chinese_terms_stand_beside_the_english_ones() -> None:
    entries = re.findall(r"^((?:[^ \n`:(].*\n)+)  ", CHAPTERS["glossary"].split("```{glossary}")[1], re.MULTILINE)
    pairs = [[line for line in entry.splitlines() if line] for entry in entries]
    text = "\n".join(CHAPTERS[name] for name in ["index", *NUMBERED])
    text = re.sub(r"```\{code-cell\}.*?```", "", text, flags=re.DOTALL)
    lacking, checked = [], 0
    for lines in pairs:
        chinese = [line for line in lines if re.search(r"[\u4e00-\u9fff]", line)]
        english = [line for line in lines if line not in chinese]
        if chinese and re.search(rf"\b({'|'.join(map(re.escape, english))})s?\b", text, re.IGNORECASE):
            checked += 1
            lacking += [] if chinese[0] in text else [lines]
    assert checked > 50
    assert lacking == []


def test_the_book_has_one_address() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    address = config["sphinx"]["config"]["html_theme_options"]["repository_url"]
    places = [
        *(ROOT / "chapters").glob("*.md"),
        *ROOT.glob("*.md"),
        ROOT / "CITATION.cff",
        ROOT / "assignments/README.md",
    ]
    named = {
        found
        for path in places
        for found in re.findall(r"https://github\.com/[\w-]*attn[\w-]*/[\w-]+", path.read_text("utf-8"))
    }
    assert named == {address}


def test_the_bibliography_cites_the_book_as_the_citation_file_does() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    page = CHAPTERS["bibliography"]
    assert f"The attn_lesson authors. *{citation['title']}*, version {citation['version']}." in page
    assert citation["license"] == "MIT"  # the format reads a list as a choice between its members
