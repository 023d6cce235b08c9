"""EPS: read through Ghostscript where there is one, refused with what to do where there is none."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from figproof.lint import PLAIN, eps, run
from figproof.lint.limits import Limit
from lint_files import drawn, plot

LIMITS = replace(
    PLAIN,
    widths_in=Limit({"single": 3.25}, "a test"),
    min_text_pt=Limit(6.0, "a test"),
    min_line_pt=Limit(0.5, "a test"),
)
needs_ghostscript = pytest.mark.skipif(shutil.which("gs") is None, reason="Ghostscript is not installed")


@pytest.fixture
def lint(tmp_path):
    def look(content):
        (tmp_path / "figure.eps").write_bytes(content)
        report = run(tmp_path / "figure.eps", LIMITS)
        return {found.rule: found.measured for found in report.findings}

    return look


def program(words, box="0 0 234 144"):
    return f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: {box}\n{words}\nshowpage\n".encode()


@needs_ghostscript
def test_an_eps_is_held_to_the_same_rules_as_a_pdf(lint, tmp_path):
    assert lint(drawn(plot, "eps")) == {}
    assert run(tmp_path / "figure.eps", LIMITS).notes == ("is EPS, read through Ghostscript",)
    assert set(lint(drawn(plot, "eps", rc={"xtick.labelsize": 5}))) == {"text-size"}
    assert set(lint(drawn(plot, "eps", rc={"lines.linewidth": 0.3}))) == {"line-width"}
    assert set(lint(drawn(plot, "eps", rc={"ps.fonttype": 3}))) == {"font-type3"}
    assert set(lint(program("", "0 0 300 144"))) == {"page-width"}


@needs_ghostscript
def test_a_font_that_an_eps_names_and_does_not_hold_is_not_embedded(lint):
    words = "/Helvetica findfont 9 scalefont setfont 50 50 moveto (load) show"
    assert lint(program(words)) == {"font-embedded": "not embedded: Helvetica"}


@needs_ghostscript
def test_the_preview_of_dos_programs_is_no_hindrance(lint):
    body = program("0.2 setlinewidth 9 9 moveto 99 99 lineto stroke")
    head = b"\xc5\xd0\xd3\xc6" + (30).to_bytes(4, "little") + len(body).to_bytes(4, "little")
    assert set(lint(head + bytes(16) + b"\xff\xff" + body)) == {"line-width"}


@needs_ghostscript
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("(/etc/passwd) (r) file 100 string readstring pop =", "/invalidfileaccess"),
        ("(%pipe%touch owned) (w) file closefile", "/invalidfileaccess"),
        ("(figure.txt) (w) file closefile", "/invalidfileaccess"),
        ("nonsense", "/undefined"),
    ],
)
def test_a_program_that_reaches_for_files_or_fails_is_refused(lint, tmp_path, words, reason):
    found = lint(program(words))
    assert set(found) == {"unreadable"} and reason in found["unreadable"]
    assert [path.name for path in tmp_path.iterdir()] == ["figure.eps"]


@needs_ghostscript
def test_a_program_that_does_not_end_is_stopped(lint, monkeypatch):
    monkeypatch.setattr(eps, "_SECONDS", 1)
    assert lint(program("{} loop"))["unreadable"] == "is EPS that Ghostscript did not finish in 1 s"


def test_without_ghostscript_the_finding_says_what_to_do(lint, monkeypatch):
    monkeypatch.setenv("PATH", "")
    found = lint(program(""))
    assert found["unreadable"].endswith(
        "there is no Ghostscript to read it: install it (gs), or lint it as PDF"
    )


@needs_ghostscript
def test_options_of_the_user_s_environment_do_not_open_the_lock(lint, tmp_path, monkeypatch):
    monkeypatch.setenv("GS_OPTIONS", "-dNOSAFER")
    wanted = Path(tmp_path) / "owned"
    assert "unreadable" in lint(program(f"({wanted}) (w) file closefile"))
    assert not wanted.exists()
