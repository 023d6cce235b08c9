"""``figproof review``: old, new and both on each other, numbers, pins, inputs; deterministic and escaped."""

import json
import re
import shutil
import subprocess

import pytest

from figproof.approvals import approve
from figproof.cli import main
from figproof.errors import FigproofError
from figproof.proof import poppler
from figproof.proof.bundling import write_bundle
from figproof.proof.kept import kept
from figproof.proof.reviewing import MOST_NUMBERS, review_page
from figproof.proof.sides import Side, side_at, side_from, work_tree
from papers import build

pytestmark = pytest.mark.store


def git(project, *arguments):
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *author, *arguments], cwd=project.root, check=True, capture_output=True)


@pytest.fixture
def committed(paper):
    """The paper, approved and committed."""
    approve(paper, [])
    git(paper, "init", "-q")
    git(paper, "add", "-A")
    git(paper, "commit", "-qm", "one")
    return paper


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def page(project, old=None, stale=None):
    content, changed = review_page(old or side_at(project, "HEAD"), work_tree(project), stale or {})
    return content.decode(), changed


def test_nothing_changed_since_the_commit(committed):
    text, changed = page(committed)
    assert changed == 0 and "0 figures changed, 2 the same" in text
    assert "<img" not in text


def test_a_changed_figure_is_shown_old_new_and_overlaid_from_the_kept_copies(committed):
    edit(committed.conditions_file, "slot: 1", "slot: 4")
    build(committed, "curves")
    text, changed = page(committed)
    assert changed == 1 and '<span class="class">colours</span>' in text
    assert re.findall(r'alt="curves, (\w+)"', text) == ["old", "new", "overlay"]
    assert "conditions: the look of condition momentum changed" in text
    assert "<ins>+momentum: {label: Momentum" in text and "slot: 4" in text
    assert "Not as figures.lock approves: figures/curves.pdf" in text
    assert len(set(re.findall(r'src="(data:image/png;base64,[^"]+)"', text))) == 3


def test_the_same_two_sides_give_the_same_bytes_without_clock_or_folder(committed, tmp_path):
    edit(committed.figure_specs / "curves.yaml", "height_in: 2.2", "height_in: 2.3")
    build(committed, "curves")
    first = page(committed)
    assert first == page(committed)
    assert str(tmp_path) not in first[0] and "http:" not in first[0]


def test_changed_numbers_stand_with_runs_both_values_and_their_ratio(committed):
    edit(
        committed.derived("curves") / "lines.csv",
        "sgd,train.loss,mean,1,1.0,2.015",
        "sgd,train.loss,mean,1,1.0,2.418",
    )
    text, _ = page(committed)
    assert "<td>1, 2</td><td>value</td><td>2.015</td><td>2.418</td><td>+20.00%</td>" in text


def test_many_numbers_are_cut_and_counted(committed):
    rows = "".join(f"{step},{{}}\n" for step in range(MOST_NUMBERS + 7))
    sides = [
        Side(
            name,
            {"config/figures/x.yaml": b""},
            {"derived/x/t.csv": f"step,value\n{rows}".replace("{}", v).encode()},
        )
        for name, v in (("old", "1.5"), ("new", "2.5"))
    ]
    text = review_page(*sides, {})[0].decode()
    assert "and 7 more, in results/derived/x" in text and f"<summary>{MOST_NUMBERS + 7} changed" in text
    assert text.count("<td>1.5</td>") == MOST_NUMBERS


def test_a_figure_that_is_a_pdf_alone_is_shown_if_pdfs_can_be_drawn_or_it_is_said(committed, monkeypatch):
    edit(committed.conditions_file, "slot: 1", "slot: 4")
    build(committed, "curves")
    pdf = "figures/curves.pdf"
    sides = [
        Side(side.name, side.inputs, {pdf: side.built[pdf]})
        for side in (side_at(committed, "HEAD"), work_tree(committed))
    ]
    if poppler.is_installed():
        text = review_page(*sides, {})[0].decode()
        assert re.findall(r'alt="curves, (\w+)"', text) == ["old", "new", "overlay"]
    monkeypatch.setenv("PATH", "/nowhere")
    text = review_page(*sides, {})[0].decode()
    assert "pdftoppm (poppler-utils), which draws PDFs, is not installed" in text and "<img" not in text


def test_numbers_of_the_papers_text_that_changed_are_shown():
    macro = "\\newcommand{\\loss}{%s}\n"
    sides = [Side(value, {}, {"numbers.tex": (macro % value).encode()}) for value in ("0.1", "0.2")]
    text = review_page(*sides, {})[0].decode()
    assert "<summary><code>results/numbers.tex</code>" in text
    assert "<del>-\\newcommand{\\loss}{0.1}</del>" in text and "<ins>+\\newcommand{\\loss}{0.2}</ins>" in text
    assert b"numbers.tex" not in review_page(sides[0], sides[0], {})[0]


def test_runs_that_a_pin_gained_lost_or_changed_are_listed(committed):
    path = committed.pins / "optimizers.json"
    pin = json.loads(path.read_text())
    lost = pin["runs"].pop(0)
    pin["runs"][0]["digest"] = "0" * 64
    pin["runs"].append({**lost, "id": 77, "seed": 9})
    path.write_text(json.dumps(pin))
    text, _ = page(committed)
    rows = [
        " ".join(re.findall(r"<td>(\w+)</td>", row)) for row in re.findall(r"<tr>.*?</tr>", text, re.DOTALL)
    ]
    assert "added 77 momentum 9" in rows
    assert f"removed {lost['id']} {lost['condition']} {lost['seed']}" in rows
    assert f"changed {pin['runs'][0]['id']} momentum {pin['runs'][0]['seed']}" in rows


def test_figures_that_came_and_went(committed):
    (committed.figure_specs / "table.yaml").rename(committed.figure_specs / "other.yaml")
    text, changed = page(committed)
    assert changed == 2
    assert re.findall(r'<h2><code>(\w+)</code><span class="class">(\w+)</span>', text) == [
        ("other", "new"),
        ("table", "gone"),
    ]
    assert "it has no picture that a page can show: is it built?" in text


def test_old_files_that_nobody_kept_are_said_and_a_bundle_or_folder_gives_them(committed, tmp_path):
    write_bundle(committed, tmp_path / "old.tar.gz", "2026-01-02")
    shutil.copytree(committed.root, tmp_path / "other")
    shutil.rmtree(committed.approved_copies)
    edit(committed.figure_specs / "curves.yaml", "height_in: 2.2", "height_in: 2.3")
    build(committed, "curves")
    text, changed = page(committed)
    assert changed == 1
    assert "give --old FOLDER or BUNDLE" in text and "are approved there but not at hand" in text
    assert re.findall(r'alt="curves, (\w+)"', text) == ["new"]
    for old in ("old.tar.gz", "other"):
        text, _ = page(committed, side_from(tmp_path / old))
        assert re.findall(r'alt="curves, (\w+)"', text) == ["old", "new", "overlay"], old


def test_what_files_say_is_escaped(committed):
    (committed.figure_specs / "curves.yaml").write_text("caption: <script>alert(1)</script>\n")
    (committed.root / "styles/<img src=x>.mplstyle").write_text("lines.linewidth: 1\n")
    edit(committed.derived("curves") / "lines.csv", "sgd,", "<b>sgd</b>,")
    text, _ = page(committed, stale={"curves": ["<i>"]})
    body = text.partition("<body>")[2]
    assert "&lt;script&gt;alert(1)" in body and "&lt;b&gt;sgd" in body
    assert not re.search(r"<script|<b>|<i>|<img src=x", body)
    assert "default-src 'none'" in text


def test_a_project_below_the_repositorys_root_is_compared_with_its_own_folder(paper, tmp_path):
    approve(paper, [])
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    git(paper, "add", ".")
    git(paper, "commit", "-qm", "one")
    assert page(paper)[1] == 0


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD:config"])
def test_a_revision_that_is_no_commit_is_an_error(committed, revision):
    with pytest.raises(FigproofError, match="git: fatal"):
        side_at(committed, revision)


def test_a_kept_copy_that_was_changed_is_not_believed(committed):
    digest = json.loads(committed.approved_file.read_text())["files"]["figures/curves.pdf"]
    assert kept(committed, digest) == committed.figure_file("curves", "pdf").read_bytes()
    (committed.approved_copies / digest[:2] / digest).write_bytes(b"other")
    assert kept(committed, digest) is None


def test_a_lock_of_another_commit_names_no_path(committed):
    lock = json.loads(committed.approved_file.read_text())
    lock["files"]["figures/curves.pdf"] = "../../../etc/passwd"
    committed.approved_file.write_text(json.dumps(lock))
    assert "figures/curves.pdf" not in work_tree(committed).approved


def test_the_command_writes_the_page_and_counts(committed, monkeypatch, capsys):
    monkeypatch.chdir(committed.root)
    (committed.figure_specs / "table.yaml").unlink()
    assert main(["review"]) == 0
    assert "1 figure changed since HEAD (" in capsys.readouterr().out
    assert "What is built of it is stale" not in (committed.results / "review.html").read_text()
    assert main(["review", "--old", "nowhere.tar.gz"]) == 1
    assert "cannot be read" in capsys.readouterr().err
    shutil.rmtree(committed.root / ".git")
    assert main(["review"]) == 1
    assert "give --base with a commit of this repository, or --old" in capsys.readouterr().err
