"""A paper's LaTeX against the figures that are built."""

import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from figproof import encode
from figproof.cli import main
from figproof.errors import FigproofError
from figproof.latexfiles import figure_macros, figures_tex
from figproof.papercheck import check_paper
from figproof.project import Project

ROOT = Path(__file__).parents[2]
KEPT = ("confusion_adam", "optimizers_loss", "results")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Three of the demo's figures; what stands for their PDFs has the right width."""
    root = tmp_path_factory.mktemp("project")
    for name in ("config", "styles", "figures"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    project = Project(root)
    for path in project.figure_specs.glob("*.yaml"):
        if path.stem not in KEPT:
            path.unlink()
    (project.results / "figures").mkdir(parents=True)
    (project.results / "figures.tex").write_text(figures_tex(project))
    for figure in KEPT:
        project.figure_file(figure, "pdf").write_bytes(pdf(figure, 5.5 if figure == "results" else 3.25))
    return project


def pdf(figure, width_in):
    writer = PdfWriter()
    page = writer.add_blank_page(72 * width_in, 72)
    stream = StreamObject()
    stream.set_data(b"0 0 1 rg 2 2 50 50 re f")
    page[NameObject("/Contents")] = writer._add_object(stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    return encode.pdf(buffer.getvalue(), figure, {"figure": figure})


@pytest.fixture
def check(project, tmp_path):
    """Errors and notes about a paper with this body, without the note that it has no PDF."""

    def run(body, **others):
        for name, text in others.items():
            (tmp_path / f"{name}.tex").write_text(text)
        paper = tmp_path / "main.tex"
        head = "\\documentclass{article}\\usepackage{graphicx}\n"
        results = project.results.as_posix()
        macros = f"\\newcommand{{\\figproofpath}}{{{results}/figures/}}\\input{{{results}/figures.tex}}\n"
        paper.write_text(
            f"{head}{macros}\\begin{{document}}\n{body.replace('RESULTS', results)}\n\\end{{document}}\n"
        )
        return [remark for remark in check_paper(project, paper) if "is not there: widths" not in remark.text]

    return run


PDFLATEX = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
ALL = "\\figConfusionAdam\\figOptimizersLoss\\figResults"


def test_a_paper_that_shows_every_figure_by_its_macro_has_no_remark(check):
    assert check(ALL + "\\figResultsCaption\\figResultsText") == []


def test_a_figure_that_no_file_of_the_paper_uses_is_named(check):
    (remark,) = check("\\figConfusionAdam\\input{part}", part="\\figResults")
    assert (remark.error, remark.where) == (False, "config/figures/optimizers_loss.yaml")


@pytest.mark.parametrize(
    "body",
    [
        "% \\figResults",
        "\\begin{verbatim}\n\\figResults\n\\end{verbatim}",
        "\\figResultsCaption",
        "\\verb|\\figResults|",
        "\\iffalse\n\\figResults\n\\fi",
    ],
)
def test_comments_verbatim_and_captions_use_no_figure(check, body):
    (remark,) = check("\\figConfusionAdam\\figOptimizersLoss\n" + body)
    assert remark.where == "config/figures/results.yaml"


def test_a_percent_sign_that_is_text_does_not_end_the_line(check):
    assert check("5\\,\\% " + ALL) == []


@pytest.mark.parametrize(
    "body, said",
    [
        ("\\includegraphics{RESULTS/figures/gone.pdf}", "figure gone is used, and not in config/figures"),
        ("\\includegraphics{gone.pdf}", "'gone.pdf' is included, and is no file"),
        ("\\figGone", "\\figGone is no macro of results/figures.tex"),
        (
            "\\includegraphics[width=2in]{RESULTS/figures/results}",
            "shown at 36.4% of the size",
        ),
        ("\\includegraphics[scale=1.2]{RESULTS/figures/results.pdf}", "shown at 120.0%"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(check, body, said):
    (remark,) = check(f"{ALL}\n\n{body}")
    assert said in remark.text and remark.where.endswith("main.tex:6")


@pytest.mark.parametrize("width", ["3.25in", "82.55mm", "8.255 cm", "234.9pt", "234bp"])
def test_a_width_in_any_unit_that_is_the_figures_own_is_right(check, width):
    assert check(f"{ALL}\\includegraphics[clip, width={width}]{{RESULTS/figures/confusion_adam}}") == []


def test_a_figure_that_was_not_built_is_an_error(check, project):
    file = project.figure_file("results", "pdf")
    content = file.read_bytes()
    file.unlink()
    try:
        assert [r.text for r in check(ALL) if r.error] == ["figure results is used, and not built: snakemake"]
    finally:
        file.write_bytes(content)


def test_a_macro_that_the_paper_defines_is_its_own(check):
    assert check(ALL + "\\newcommand{\\figWidth}{3in}\\figWidth") == []


def test_a_macro_may_be_defined_in_another_file_or_a_package_beside_the_paper(check, tmp_path):
    (tmp_path / "ours.sty").write_text("\\NewDocumentCommand{\\figRule}{}{x}\\def\\figGap{y}")
    body = ALL + "\\input{macros}\\figRule\\figGap\\figName\\figNone"
    (remark,) = check(body, macros="\\DeclareRobustCommand{\\figName}{z}")
    assert remark.error and "\\figNone is no macro of results/figures.tex" in remark.text


def test_a_width_after_a_crop_or_a_turn_is_left_to_the_pdf(check):
    turned = "\\includegraphics[angle=90, width=2in]{RESULTS/figures/results}"
    assert check(f"{ALL}{turned}") == []


def test_an_input_that_is_no_file_is_named(check):
    with pytest.raises(FigproofError, match=r"chapter\.tex: cannot be read"):
        check("\\input{chapter}")


def test_two_ids_of_one_macro_are_refused():
    with pytest.raises(FigproofError, match=r"loss_b and loss-b would both be \\figLossB"):
        figure_macros({"loss_b": None, "loss-b": None, "loss": None})


def compile_with(folder, *commands):
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_scale_is_measured_where_only_the_pdf_knows_it(check, project, tmp_path, capsys, monkeypatch):
    body = "\\includegraphics[width=0.5\\textwidth]{RESULTS/figures/results.pdf}\\newpage\n" + ALL
    assert check(body) == []
    compile_with(tmp_path, PDFLATEX)
    (remark,) = check_paper(project, tmp_path / "main.tex")
    textwidth_in = 345 / 72.27
    assert remark.where.endswith("main.pdf, page 1")
    assert float(re.search(r"shown at ([0-9.]+)%", remark.text)[1]) == pytest.approx(
        100 * 0.5 * textwidth_in / 5.5, abs=0.1
    )
    monkeypatch.chdir(project.root)
    assert main(["paper", "check", str(tmp_path / "main.tex")]) == 1
    assert "1 error, 0 to look at" in capsys.readouterr().out
    os.utime(tmp_path / "main.pdf", (1, 1))
    (remark,) = check_paper(project, tmp_path / "main.tex")
    assert "is older than its source" in remark.text and not remark.error


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_boxes_crops_distortions_and_pngs_are_measured_in_the_pdf(check, project, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (30, 130, 3), dtype=np.uint8)
    png = project.figure_file("confusion_adam", "png")
    png.write_bytes(encode.png(pixels, 40, {"figure": "confusion_adam"}))
    pages = [
        "\\scalebox{0.5}{\\figResults}",
        "\\includegraphics[trim=9 0 9 0, clip, width=396.9bp]{RESULTS/figures/results.pdf}",
        "\\includegraphics[width=3.25in, height=2in]{RESULTS/figures/optimizers_loss}",
        "\\newlength{\\half}\\setlength{\\half}{1.625in}"
        "\\includegraphics[width=\\half]{RESULTS/figures/confusion_adam.png}",
        ALL,
    ]
    check("\\newpage\n".join(pages))
    try:
        compile_with(tmp_path, PDFLATEX)
        said = [
            (r.where[-1], r.text.split(" so are")[0]) for r in check_paper(project, tmp_path / "main.tex")
        ]
    finally:
        png.unlink()
    shown = "figure {} is shown at {} of the size it was drawn for ({} in):"
    assert said == [
        ("1", shown.format("results", "50.0%", 5.5)),
        ("2", shown.format("results", "105.0%", 5.5)),
        (
            "3",
            "figure optimizers_loss is distorted: 100.0% of its width, 200.0% of its height",
        ),
        ("4", shown.format("confusion_adam", "50.0%", 3.25)),
    ]


@pytest.mark.skipif(shutil.which("dvipdfmx") is None, reason="dvipdfmx is not installed")
def test_a_pdf_that_does_not_say_which_figures_it_shows_is_said_to_be_unmeasured(check, project, tmp_path):
    box = "[bb=0 0 234 72]"
    check(f"\\includegraphics{box}{{RESULTS/figures/confusion_adam.pdf}}")
    compile_with(tmp_path, ["latex", *PDFLATEX[1:]], ["dvipdfmx", "-q", "main.dvi"])
    remarks = check_paper(project, tmp_path / "main.tex")
    (remark,) = [remark for remark in remarks if remark.where.endswith("main.pdf")]
    assert remark.text.startswith("confusion_adam: not found in it") and not remark.error
