"""What a class handed in: folders and zips of every shape, and nothing followed, unpacked or read without end."""

import os
import re
import shutil
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner

from attn_classroom import grading
from attn_classroom.__main__ import app
from attn_classroom.escaping import file_name
from attn_classroom.submissions import MAX_BYTES, Submission, Unreadable, absent, find
from attn_classroom.task import Verdict

Files = dict[str, bytes]


def in_folder(base: Path, files: Files) -> Path:
    for name, data in files.items():
        path = base / "class" / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return base / "class"


def in_zip(base: Path, files: Files, above: str = "") -> Path:
    place = base / "class.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(above + name, data)
    return place


def wrapped(base: Path, files: Files) -> Path:
    return in_zip(base, files, "Homework 1/")


def wrapped_with_its_folder(base: Path, files: Files) -> Path:
    return in_zip(base, {"Homework 1/": b""} | {f"Homework 1/{name}": data for name, data in files.items()})


EVERYWHERE = pytest.mark.parametrize("make", [in_folder, in_zip, wrapped, wrapped_with_its_folder])


def data_of(found: list[Submission]) -> dict[str, bytes | str]:
    return {each.student: each.why or each.data() for each in found}


@EVERYWHERE
def test_a_file_for_each_student(tmp_path: Path, make: Callable[[Path, Files], Path]) -> None:
    found = find(make(tmp_path, {"s2.ipynb": b"two", "s1.ipynb": b"one"}), "toy")
    assert data_of(found) == {"s1": b"one", "s2": b"two"}
    assert [each.student for each in found] == ["s1", "s2"]
    assert not any(each.flags for each in found)


@EVERYWHERE
def test_a_folder_for_each_student(tmp_path: Path, make: Callable[[Path, Files], Path]) -> None:
    files = {"s1/toy.ipynb": b"one", "s1/picture.png": b"", "s2/deep/er/my answer.ipynb": b"two", "s3/notes.txt": b""}
    assert data_of(find(make(tmp_path, files), "toy")) == {
        "s1": b"one",
        "s2": b"two",
        "s3": "no notebook was handed in",
    }


@EVERYWHERE
@pytest.mark.parametrize("student", ["Ada Lovelace", "李雷", "a.b.c", "o'neil", "ümit", "<b>"])
def test_names_of_every_kind(tmp_path: Path, make: Callable[[Path, Files], Path], student: str) -> None:
    files = {f"{student}.ipynb": b"one", f"{student} 2/toy.ipynb": b"two"}
    assert data_of(find(make(tmp_path, files), "toy")) == {student: b"one", f"{student} 2": b"two"}


@EVERYWHERE
def test_of_two_notebooks_the_one_of_the_assignment_s_name(tmp_path: Path, make: Callable[[Path, Files], Path]) -> None:
    files = {"s1/old.ipynb": b"old", "s1/toy.ipynb": b"new", "s2/a.ipynb": b"", "s2/b.ipynb": b"", "s3.ipynb": b"3"}
    found = {each.student: each for each in find(make(tmp_path, files), "toy")}
    assert found["s1"].data() == b"new"
    assert found["s1"].flags == ("2 notebooks",)
    assert found["s2"].why == "2 notebooks, and none is called toy.ipynb"
    assert found["s3"].flags == ()


@EVERYWHERE
def test_what_systems_leave_behind_is_nobody_s(tmp_path: Path, make: Callable[[Path, Files], Path]) -> None:
    files = {
        "s1/toy.ipynb": b"one",
        "s1/.ipynb_checkpoints/toy-checkpoint.ipynb": b"old",
        "s1/.DS_Store": b"",
        ".DS_Store": b"",
        "s2.ipynb": b"two",
    }
    found = find(make(tmp_path, files), "toy")
    assert data_of(found) == {"s1": b"one", "s2": b"two"}
    assert not any(each.flags for each in found)


def test_macosx_in_a_zip_is_nobody_s(tmp_path: Path) -> None:
    files = {"s1/toy.ipynb": b"one", "__MACOSX/s1/._toy.ipynb": b"", "__MACOSX/x.ipynb": b"", "s2.ipynb": b"two"}
    assert data_of(find(in_zip(tmp_path, files), "toy")) == {"s1": b"one", "s2": b"two"}
    files = {f"class/{name}" if "MACOSX" not in name else name: data for name, data in files.items()}
    assert data_of(find(in_zip(tmp_path, files), "toy")) == {"s1": b"one", "s2": b"two"}


@EVERYWHERE
def test_of_several_notebooks_it_is_said_how_many_are_called_so(
    tmp_path: Path, make: Callable[[Path, Files], Path]
) -> None:
    files = {f"s1/{name}": b"" for name in ("a/toy.ipynb", "b/TOY.ipynb", "c.ipynb")} | {"s2/x.ipynb": b""}
    found = find(make(tmp_path, files), "toy")
    assert data_of(found) == {"s1": "3 notebooks, and 2 are called toy.ipynb", "s2": b""}


@EVERYWHERE
@pytest.mark.parametrize("name", ["Toy.ipynb", "toy.IPYNB"])
def test_capitals_make_no_other_name(tmp_path: Path, make: Callable[[Path, Files], Path], name: str) -> None:
    found = find(make(tmp_path, {f"s1/{name}": b"one", "s1/x.ipynb": b"", "s2/x.ipynb": b"two"}), "toy")
    assert data_of(found) == {"s1": b"one", "s2": b"two"}


@EVERYWHERE
def test_an_empty_folder_is_a_student_who_handed_in_nothing(
    tmp_path: Path, make: Callable[[Path, Files], Path]
) -> None:
    for files in (
        {"s1/": b"", "s2/": b"", "s2/toy.ipynb": b"2"},
        {"s1/": b"", "s1/deep/": b"", "s2/toy.ipynb": b"2"},
        {"s1/.DS_Store": b"", "s2/toy.ipynb": b"2"},
        {"s1/": b"", "s2/toy.ipynb": b"2", "s3/toy.ipynb": b"3"},
        {"s1/": b"", "s2.ipynb": b"2", "s3.ipynb": b"3"},
    ):
        found = data_of(find(make(tmp_path, files), "toy"))
        assert found.pop("s1") == "no notebook was handed in"
        assert found == {name: name[1:].encode() for name in ("s2", "s3") if name in " ".join(files)}
        shutil.rmtree(tmp_path / "class", ignore_errors=True)


def test_a_file_that_is_no_notebook(tmp_path: Path) -> None:
    found = find(in_folder(tmp_path, {"s1.pdf": b"", "s2.IPYNB": b"2", "s3": b""}), "toy")
    assert data_of(found) == {"s1": "no notebook was handed in", "s2": b"2", "s3": "no notebook was handed in"}


def test_nothing_at_all(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    assert find(tmp_path / "class", "toy") == []
    assert find(in_zip(tmp_path, {}), "toy") == []


@pytest.mark.parametrize("name", ["nowhere", "plain.zip"])
def test_neither_a_folder_nor_a_zip(tmp_path: Path, name: str) -> None:
    (tmp_path / "plain.zip").write_text("not a zip")
    with pytest.raises(ValueError, match=rf"^submissions are a folder or a zip file, and .*{name} is neither$"):
        find(tmp_path / name, "toy")


def test_a_zip_whose_directory_is_damaged_is_refused_in_a_sentence(tmp_path: Path) -> None:
    place = in_zip(tmp_path, {"s1.ipynb": b"1"})
    data = place.read_bytes()
    place.write_bytes(data.replace(b"PK\x01\x02", b"PK\x01\x00"))
    with pytest.raises(ValueError, match="submissions are"):
        find(place, "toy")


# -- names that are not UTF-8, as a zip made on Chinese Windows has them

CHINESE = ("李雷", "韩梅", "王芳")
FLAG = "the name is not UTF-8, see --zip-encoding in the teacher's guide"


def in_legacy_zip(base: Path, names: list[bytes], *, flag: bool = False) -> Path:
    """Write a zip whose names are these bytes; without the flag it does not say what they mean."""
    place = base / "legacy.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(str(number).rjust(len(name), "x"), str(number))
    data = bytearray(place.read_bytes())
    for mark, flags, at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        start = 0
        for name in names:
            start = data.index(mark, start)
            data[start + at : start + at + len(name)] = name
            data[start + flags + 1] |= 8 * flag
            start += at
    place.write_bytes(data)
    return place


def test_students_whose_names_in_a_folder_are_not_utf_8_stay_apart(tmp_path: Path) -> None:
    base = os.fsencode(in_folder(tmp_path, {"s1.ipynb": b"plain"}))
    for name in CHINESE:
        os.mkdir(base + b"/" + name.encode("gbk"))
        Path(os.fsdecode(base + b"/" + name.encode("gbk") + b"/toy.ipynb")).write_bytes(name.encode())
    os.mkdir(base + b"/100%" + "周".encode("gbk"))
    found = {each.student: each for each in find(tmp_path / "class", "toy")}
    assert found.pop("s1").flags == ()
    assert found.pop("100%25%D6%DC").why == "no notebook was handed in"
    assert {unquote(student, "gbk"): each.data().decode() for student, each in found.items()} == {
        name: name for name in CHINESE
    }
    for student, each in found.items():
        assert each.flags == (FLAG,)
        assert student.isascii()
        assert file_name(student, ".json") == f"{student}.json"  # safe as it is


def test_a_name_that_is_not_utf_8_below_a_student_s_folder_is_no_matter(tmp_path: Path) -> None:
    base = os.fsencode(in_folder(tmp_path, {"s1/": b""}))
    Path(os.fsdecode(base + b"/s1/" + "作业.ipynb".encode("gbk"))).write_bytes(b"one")
    (found,) = find(tmp_path / "class", "toy")
    assert (found.student, found.flags, found.data()) == ("s1", (), b"one")


@pytest.mark.parametrize("above", ["", "作业/"])
@pytest.mark.parametrize("ending", [".ipynb", "/作业.ipynb"])
def test_a_zip_of_names_in_an_encoding_of_its_own(tmp_path: Path, above: str, ending: str) -> None:
    place = in_legacy_zip(tmp_path, [f"{above}{name}{ending}".encode("gbk") for name in CHINESE])
    found = find(place, "toy", "gbk")
    assert data_of(found) == {"李雷": b"0", "韩梅": b"1", "王芳": b"2"}
    assert not any(each.flags for each in found)
    unsaid = find(place, "toy")
    assert sorted(each.data() for each in unsaid) == [b"0", b"1", b"2"]  # apart, under names that nobody can read
    assert [each.flags for each in unsaid] == [(FLAG,)] * 3


def test_the_second_byte_of_a_character_is_no_backslash(tmp_path: Path) -> None:
    place = in_legacy_zip(tmp_path, ["乗一.ipynb".encode("gbk"), "乗二.ipynb".encode("gbk")])
    assert b"\\" in "乗".encode("gbk")
    assert data_of(find(place, "toy", "gbk")) == {"乗一": b"0", "乗二": b"1"}
    assert sorted(each.data() for each in find(place, "toy")) == [b"0", b"1"]


def test_a_zip_of_utf_8_names_that_does_not_say_so(tmp_path: Path) -> None:
    """As a Mac makes it."""
    found = find(in_legacy_zip(tmp_path, [f"{name}.ipynb".encode() for name in CHINESE]), "toy")
    assert data_of(found) == {"李雷": b"0", "韩梅": b"1", "王芳": b"2"}
    assert not any(each.flags for each in found)


def test_plain_names_in_a_zip_with_others_are_not_flagged(tmp_path: Path) -> None:
    found = find(in_legacy_zip(tmp_path, ["李雷.ipynb".encode("gbk"), b"ada.ipynb"]), "toy")
    assert {each.student: each.flags for each in found}["ada"] == ()
    place = in_legacy_zip(tmp_path, ["作业/ada.ipynb".encode("gbk"), "作业/bob.ipynb".encode("gbk")])
    assert [(each.student, each.flags) for each in find(place, "toy")] == [("ada", ()), ("bob", ())]


def test_a_name_that_says_it_is_utf_8_is_read_so_whatever_the_encoding(tmp_path: Path) -> None:
    place = in_zip(tmp_path, {"李雷.ipynb": b"one"})
    assert data_of(find(place, "toy", "gbk")) == {"李雷": b"one"}


@pytest.mark.parametrize("encoding", ["nonsense", "rot13", "base64", "a\0b"])
def test_an_encoding_that_nobody_knows(tmp_path: Path, encoding: str) -> None:
    place = in_zip(tmp_path, {"李雷.ipynb": b"one"})
    sentence = f"--zip-encoding needs the name of an encoding, such as gbk or big5, got {encoding!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        find(place, "toy", encoding)


def test_an_encoding_that_is_not_that_of_the_zip(tmp_path: Path) -> None:
    place = in_legacy_zip(tmp_path, ["李雷.ipynb".encode("gbk")])
    for encoding in ("ascii", "utf-8", "utf-32"):
        with pytest.raises(ValueError, match=rf"^the names in .*legacy.zip are not {encoding}; try another --zip-enc"):
            find(place, "toy", encoding)
    place = in_legacy_zip(tmp_path, [b"\xff.ipynb"], flag=True)
    with pytest.raises(ValueError, match=r"^the names in .*legacy.zip are not utf-8, nor cp437; try another --zip-enc"):
        find(place, "toy")


def test_an_encoding_is_for_a_zip(tmp_path: Path) -> None:
    place = in_folder(tmp_path, {"s1.ipynb": b"one"})
    with pytest.raises(ValueError, match=r"^--zip-encoding is for the names in a zip, and .*class is a folder"):
        find(place, "toy", "gbk")


def test_the_command_grade_reads_the_names_of_a_zip(
    toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "judge_apart", lambda task: Verdict(flags=task.flags))
    place, out = in_legacy_zip(tmp_path, [f"{name}.ipynb".encode("gbk") for name in CHINESE]), tmp_path / "out"
    line = ["grade", str(toy_folder), str(place), "-o", str(out), "--unsafe-no-sandbox"]
    refused = CliRunner().invoke(app, [*line, "--zip-encoding", "nonsense"], env={"COLUMNS": "200"})
    assert (refused.exit_code, out.exists()) == (2, False)
    assert "--zip-encoding needs the name of an encoding, such as gbk or big5, got 'nonsense'" in refused.output
    assert CliRunner().invoke(app, [*line, "--zip-encoding", "gbk"]).exit_code == 0
    assert {path.stem for path in (out / "feedback").iterdir()} == {*CHINESE}
    assert CliRunner().invoke(app, [*line, "--regrade"]).exit_code == 0
    assert FLAG in (out / "summary.html").read_text(encoding="utf-8").replace("&#39;", "'")


def test_a_member_whose_two_names_differ_is_said_so(tmp_path: Path) -> None:
    place = in_legacy_zip(tmp_path, [b"s1.ipynb"])
    data = bytearray(place.read_bytes())
    data[30] = 0xFF  # the name that stands before the packed bytes, and is read last
    place.write_bytes(data)
    with pytest.raises(Unreadable):
        find(place, "toy")[0].data()


# -- names with accents, which a Mac writes as two characters


def of_mac(name: str) -> str:
    return unicodedata.normalize("NFD", name)


@EVERYWHERE
@pytest.mark.parametrize("ending", [".ipynb", "/toy.ipynb"])
def test_an_accent_is_one_however_it_is_written(
    tmp_path: Path, make: Callable[[Path, Files], Path], ending: str
) -> None:
    assert of_mac("José") != "José"
    found = find(make(tmp_path, {of_mac("José") + ending: b"one", f"Zoë{ending}": b"two"}), "toy")
    assert data_of(found) == {"José": b"one", "Zoë": b"two"}
    assert not any(each.flags for each in found)
    (tmp_path / "roster.txt").write_text(f"José\n{of_mac('Zoë')}\n{of_mac('Ümit')}\nÜmit\n", encoding="utf-8")
    assert absent(tmp_path / "roster.txt", found) == [Submission("Ümit", why="nothing was handed in")]


def test_two_files_of_one_name_are_two_notebooks_of_one_student(tmp_path: Path) -> None:
    found = find(in_zip(tmp_path, {f"{of_mac('José')}.ipynb": b"one", "José.ipynb": b"two"}), "toy")
    assert data_of(found) == {"José": "2 notebooks, and none is called toy.ipynb"}


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_a_roster_that_is_not_utf_8_is_refused_in_a_sentence(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "roster.txt").write_text("李雷\n", encoding=encoding)
    sentence = "a roster needs to be text in UTF-8, one ID a line, and .*roster.txt is not"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        absent(tmp_path / "roster.txt", [])


# -- folders that nobody may open


@pytest.mark.parametrize("call", ["iterdir", "lstat"])
def test_a_folder_that_cannot_be_opened_is_its_student_s_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Played, since root may open all; without the right to enter a folder, its files have names and nothing else."""
    closed, real = {"s1", "deep"}, getattr(Path, call)

    def refuse(path: Path) -> Iterator[Path] | os.stat_result:
        if {path.name if call == "iterdir" else path.parent.name} & closed:
            raise PermissionError(13, "Permission denied")
        return real(path)

    base = in_folder(tmp_path, {"s1/toy.ipynb": b"", "s2/deep/x": b"", "s3/deep/x": b"", "s3/toy.ipynb": b"three"})
    monkeypatch.setattr(Path, call, refuse)
    found = find(base, "toy")
    why = "the folder cannot be read (PermissionError)"
    assert data_of(found) == {"s1": why, "s2": why, "s3": b"three"}
    assert [each.fault for each in found] == [True, True, False]  # whatever is in it
    assert found[2].flags == (why,)
    closed.add("class")
    with pytest.raises(PermissionError):
        find(base, "toy")


# -- links and other files that are none


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.ipynb").write_text("secret")
    base = in_folder(tmp_path, {"s2/toy.ipynb": b"two"})
    (base / "s1.ipynb").symlink_to(secret)
    (base / "s2" / "more.ipynb").symlink_to(secret)
    (base / "s3").symlink_to(tmp_path / "elsewhere")
    (base / "s4.ipynb").symlink_to(tmp_path / "nowhere")
    found = {each.student: each for each in find(base, "toy")}
    link = "a link, which is not followed"
    assert {student: each.why for student, each in found.items()} == {"s1": link, "s2": "", "s3": link, "s4": link}
    assert found["s2"].data() == b"two"
    assert all(each.flags == (link,) for each in found.values())


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    base = in_folder(tmp_path, {"s2.ipynb": b"2"})
    os.mkfifo(base / "s1.ipynb")
    assert data_of(find(base, "toy")) == {"s1": "not a plain file", "s2": b"2"}


def link_in(archive: zipfile.ZipFile, name: str, target: str) -> None:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, target)


def test_links_in_a_zip_are_not_followed(tmp_path: Path) -> None:
    place = in_zip(tmp_path, {"s2/toy.ipynb": b"two", "s3.ipynb": b"three"})
    with zipfile.ZipFile(place, "a") as archive:
        link_in(archive, "s1.ipynb", "/etc/passwd")
        link_in(archive, "s2/more.ipynb", "../s1.ipynb")
    found = {each.student: each for each in find(place, "toy")}
    assert found["s1"].why == "a link, which is not followed"
    assert found["s2"].data() == b"two"
    assert found["s2"].flags == ("a link, which is not followed",)


def test_a_link_in_a_wrapped_zip_belongs_to_its_student(tmp_path: Path) -> None:
    place = wrapped(tmp_path, {"s2/toy.ipynb": b"two", "s3/toy.ipynb": b"three"})
    with zipfile.ZipFile(place, "a") as archive:
        link_in(archive, "Homework 1/s1/toy.ipynb", "/etc/passwd")
    assert [each.student for each in find(place, "toy")] == ["s1", "s2", "s3"]


def test_a_zip_of_one_student_s_folder_is_one_student(tmp_path: Path) -> None:
    found = find(in_zip(tmp_path, {"s1/toy.ipynb": b"one", "s1/notes.txt": b""}), "toy")
    assert data_of(found) == {"s1": b"one"}


@pytest.mark.parametrize("beside", ["pictures/", "pictures/a.png", "tests/deep/test_public.py", ".DS_Store"])
def test_what_lies_beside_a_lone_student_s_notebook_is_no_student(tmp_path: Path, beside: str) -> None:
    files = {"s1/": b"", "s1/toy.ipynb": b"one", f"s1/{beside}": b""}
    assert data_of(find(in_zip(tmp_path, files), "toy")) == {"s1": b"one"}


def test_a_folder_that_leads_out_of_a_zip_is_nobody(tmp_path: Path) -> None:
    found = find(in_zip(tmp_path, {"../x/": b"", "/y/": b"", "s1.ipynb": b"one"}), "toy")
    assert data_of(found) == {"s1": b"one"}


@pytest.mark.parametrize("name", ["../../evil.ipynb", "/etc/evil.ipynb", "s1/../../evil.ipynb", "..\\evil.ipynb"])
def test_paths_that_lead_out_of_a_zip_are_refused(tmp_path: Path, name: str) -> None:
    found = {each.student: each for each in find(in_zip(tmp_path, {name: b"evil", "s2.ipynb": b"two"}), "toy")}
    assert found.pop("s2").data() == b"two"
    ((student, each),) = found.items()
    assert each.why == "its path leads out of the zip"
    assert each.place is None
    assert "/" not in student


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    place = in_zip(tmp_path, {"s1/toy.ipynb": b"one", "../evil.ipynb": b"evil"})
    for each in find(place, "toy"):
        _ = each.why or each.data()
    assert [*tmp_path.rglob("*")] == [place]


# -- reading


@pytest.mark.parametrize("make", [in_folder, in_zip])
def test_no_more_is_read_than_may_be_graded(tmp_path: Path, make: Callable[[Path, Files], Path]) -> None:
    place = make(tmp_path, {"s1.ipynb": bytes(MAX_BYTES + 5000)})
    assert place.stat().st_size < 100_000  # in a zip, zeros are next to nothing
    (found,) = find(place, "toy")
    assert len(found.data()) == MAX_BYTES + 1


def damaged(place: Path, *, flag: int = 0, method: int | None = None) -> Path:
    """A zip whose only member says that it is encrypted, or packed in another way."""
    data = bytearray(place.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.index(mark)
        data[start + at] |= flag
        if method is not None:
            data[start + at + 2 : start + at + 4] = method.to_bytes(2, "little")
    place.write_bytes(data)
    return place


@pytest.mark.parametrize(("flag", "method"), [(1, None), (0, 99)], ids=["encrypted", "unknown packing"])
def test_a_member_that_cannot_be_read_is_said_so(tmp_path: Path, flag: int, method: int | None) -> None:
    place = damaged(in_zip(tmp_path, {"s1.ipynb": b"one" * 50}), flag=flag, method=method)
    (found,) = find(place, "toy")
    with pytest.raises(Unreadable, match=r"^the file cannot be read \(\w+\)$"):
        found.data()


def test_a_member_with_a_wrong_checksum_is_said_so(tmp_path: Path) -> None:
    place = tmp_path / "class.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("s1.ipynb", b"one one one")
    place.write_bytes(place.read_bytes().replace(b"one one one", b"two two two"))
    with pytest.raises(Unreadable, match="BadZipFile"):
        find(place, "toy")[0].data()


def test_a_member_whose_packing_is_damaged_is_said_so(tmp_path: Path) -> None:
    place = in_zip(tmp_path, {"s1.ipynb": bytes(range(256)) * 40})
    data = bytearray(place.read_bytes())
    start = data.index(b"s1.ipynb") + len("s1.ipynb")
    data[start : start + 20] = b"\xff" * 20
    place.write_bytes(data)
    with pytest.raises(Unreadable):
        find(place, "toy")[0].data()


def test_a_file_that_is_gone_is_said_so(tmp_path: Path) -> None:
    base = in_folder(tmp_path, {"s1.ipynb": b"one"})
    (found,) = find(base, "toy")
    (base / "s1.ipynb").unlink()
    with pytest.raises(Unreadable, match="FileNotFoundError"):
        found.data()
