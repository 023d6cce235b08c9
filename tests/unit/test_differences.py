"""Differences of figures are classified: each test makes exactly one, and reads its class and size."""

import io
import re

import numpy as np
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject, TextStringObject

from figproof import encode
from figproof.cli import main
from figproof.errors import FigproofError
from figproof.proof import poppler, verifying
from figproof.proof.classes import CLASSES, gravest
from figproof.proof.difference import FigureDifference, FileDifference, compare_figure
from figproof.proof.numbers import changed_numbers
from figproof.proof.rasters import NEW_INK, OLD_INK, OTHER_INK, compare_pixels, overlay
from figproof.proof.rebuilding import built_files
from figproof.proof.vectors import compare_pdfs, compare_svgs
from figproof.proof.verifying import Rebuild, compare_builds
from papers import build

pytestmark = pytest.mark.store


def files(project, figure="curves"):
    begins = (f"figures/{figure}.", f"derived/{figure}/")
    return {name: content for name, content in built_files(project).items() if name.startswith(begins)}


def kinds(difference):
    return {file.file.rpartition("/")[2]: file.kind for file in difference.files}


def said(difference, suffix):
    (file,) = [file for file in difference.files if file.file.endswith(suffix)]
    return " | ".join(file.lines)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def with_content(pdf, change):
    """A PDF whose page content was changed, and nothing else."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    stream = writer.pages[0]["/Contents"].get_object()
    before = stream.get_data()
    after = change(before)
    assert after != before, "the test changes nothing"
    plain = StreamObject()
    plain.set_data(after)
    writer.pages[0][NameObject("/Contents")] = writer._add_object(plain)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def classes(found):
    return {kind for kind, _ in found}


def test_the_latex_of_all_figures_is_compared_when_all_are_rebuilt():
    old, new = ({"index.html": b"", "numbers.tex": b"\\newcommand{\\a}{%s}\n" % n} for n in (b"0.1", b"0.2"))
    rebuild = compare_builds([], old, new, whole=True)
    (page,) = rebuild.pages
    assert (page.file, page.kind, rebuild.same) == ("numbers.tex", "numbers", False)
    assert page.lines == ("numbers: -\\newcommand{\\a}{0.1}", "numbers: +\\newcommand{\\a}{0.2}")
    assert compare_builds([], old, new, whole=False).same and compare_builds([], old, old, whole=True).same


def test_the_same_bytes_differ_in_nothing(paper):
    found = compare_figure("curves", files(paper), files(paper))
    assert (found.kind, found.files, found.numbers, found.picture) == ("nothing", (), (), None)
    assert found.same == len(files(paper)) >= 8


def test_another_lock_is_metadata_in_every_format(paper):
    before = files(paper)
    paper.lock_file.write_text("numpy==2.4.6\n")
    build(paper, "curves")
    found = compare_figure("curves", before, files(paper))
    assert found.kind == "metadata"
    assert kinds(found) == dict.fromkeys(
        ["curves.pdf", "curves.svg", "curves.png", "curves.provenance.json"], "metadata"
    )
    assert "provenance of: lock" in said(found, ".json") and "/figproof" in said(found, ".pdf")
    assert "every pixel is the same" in said(found, ".png") and found.picture is None


def test_another_look_of_a_condition_is_colours_and_names_both(paper):
    before = files(paper)
    edit(paper.conditions_file, "slot: 1", "slot: 4")
    build(paper, "curves")
    found = compare_figure("curves", before, files(paper))
    assert found.kind == "colours"
    assert {kinds(found)[f"curves.{suffix}"] for suffix in ("pdf", "svg", "png")} == {"colours"}
    assert "#ffa90e is #832db6" in said(found, ".pdf") and "#ffa90e is #832db6" in said(found, ".svg")
    assert found.picture is not None and not found.numbers


@pytest.mark.skipif(not poppler.is_installed(), reason="pdftoppm is not installed")
def test_a_figure_that_is_a_pdf_alone_has_a_picture_of_what_differs(paper):
    old = files(paper)["figures/curves.pdf"]
    marked = with_content(old, lambda content: content + b"\nq 1 0 0 rg 50 50 20 20 re f Q\n")
    found = compare_figure("curves", {"figures/curves.pdf": old}, {"figures/curves.pdf": marked})
    assert found.kind == "pixels" and found.picture.startswith(b"\x89PNG")
    before, after = (poppler.drawn(pdf) for pdf in (old, marked))
    assert compare_pixels(before, after).changed == pytest.approx((20 * 150 / 72) ** 2, rel=0.1)


def test_a_pdf_that_cannot_be_drawn_has_no_picture(paper, monkeypatch):
    large = PdfWriter()
    large.add_blank_page(100_000, 10)
    buffer = io.BytesIO()
    large.write(buffer)
    assert poppler.drawn(buffer.getvalue()) is None and poppler.drawn(b"%PDF-1.4 nothing") is None
    monkeypatch.setenv("PATH", "/nowhere")
    assert poppler.drawn(files(paper)["figures/curves.pdf"]) is None


def test_verify_says_why_a_difference_has_no_picture(paper, monkeypatch, capsys):
    file = FileDifference("figures/curves.pdf", "pixels", ("pixels: 2 paths are 3",))
    page = FileDifference("numbers.tex", "numbers", ("numbers: +0.2",))
    rebuild = Rebuild((FigureDifference("curves", (file,), 0),), (page,))
    monkeypatch.setattr(verifying, "verify_by_rebuilding", lambda *_, **__: rebuild)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(paper.root)
    assert main(["verify", "curves"]) == 1
    said = capsys.readouterr().out
    assert "results/numbers.tex: numbers: +0.2" in said
    assert f"not every difference has a picture: {poppler.AWAY}" in said


def test_a_higher_page_is_pixels_with_a_picture(paper):
    before = files(paper)
    edit(paper.figure_specs / "curves.yaml", "height_in: 2.2", "height_in: 2.3")
    build(paper, "curves")
    found = compare_figure("curves", before, files(paper))
    assert found.kind == "pixels"
    assert "234.0 x 158.4 pt is 234.0 x 165.6 pt" in said(found, ".pdf")
    assert found.picture.startswith(b"\x89PNG")


def test_an_edited_number_names_table_point_runs_and_both_values(paper):
    before = files(paper)
    edit(
        paper.derived("curves") / "lines.csv",
        "sgd,train.loss,mean,1,1.0,2.015",
        "sgd,train.loss,mean,1,1.0,2.5",
    )
    found = compare_figure("curves", before, files(paper))
    assert found.kind == "numbers"
    (change,) = found.numbers
    assert (change.table, change.column, change.old, change.new) == ("lines.csv", "value", "2.015", "2.5")
    assert change.runs == (1, 2)
    assert "condition sgd, metric train.loss, line mean, step 1" in change.point
    assert change.text().endswith("(runs 1, 2): value 2.015 is 2.5")


def test_a_file_that_only_one_side_has_is_named(paper):
    before = files(paper)
    found = compare_figure("curves", before, {n: c for n, c in before.items() if not n.endswith(".svg")})
    assert (found.kind, said(found, ".svg")) == ("files", "is gone")


def test_a_damaged_file_is_named_and_no_traceback(paper):
    before = files(paper)
    found = compare_figure("curves", before, {**before, "figures/curves.pdf": b"%PDF-1.4 x"})
    assert kinds(found) == {"curves.pdf": "files"}
    found = compare_figure("curves", before, {**before, "figures/curves.png": b"x"})
    assert kinds(found) == {"curves.png": "files"}
    found = compare_figure("curves", before, {**before, "derived/curves/lines.csv": b"a,b\n1\n\xff"})
    assert found.kind == "files"


def test_one_glyph_of_a_pdf_is_text_rendering_and_no_more(paper):
    pdf = files(paper)["figures/curves.pdf"]
    seeds = with_content(pdf, lambda content: content.replace(b"(\x00s) ]", b"(\x00d) ]"))
    ((kind, text),) = compare_pdfs(pdf, seeds)
    assert kind == "text rendering" and "seeds' is" in text and "seedd'" in text


def test_one_colour_operand_of_a_pdf_is_colours(paper):
    pdf = files(paper)["figures/curves.pdf"]
    recoloured = with_content(
        pdf, lambda content: re.sub(rb"[\d. ]+ RG\b", b"0.1 0.2 0.3 RG", content, count=1)
    )
    assert classes(compare_pdfs(pdf, recoloured)) <= {"colours", "pixels"}


def test_one_moved_point_of_a_pdf_is_pixels(paper):
    pdf = files(paper)["figures/curves.pdf"]
    moved = with_content(pdf, lambda content: content + b"\nq 0 0 0 RG 3 w 10 10 m 60 60 l S Q\n")
    assert classes(compare_pdfs(pdf, moved)) == {"pixels"}


def test_document_information_alone_is_metadata(paper):
    pdf = files(paper)["figures/curves.pdf"]
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    writer.metadata = {**writer.metadata, NameObject("/Author"): TextStringObject("<script>")}
    buffer = io.BytesIO()
    writer.write(buffer)
    assert compare_pdfs(pdf, buffer.getvalue()) == [("metadata", "document information: /Author")]


def test_marks_for_readers_that_read_aloud_are_metadata(paper):
    pdf = files(paper)["figures/curves.pdf"]
    assert b"BDC" in PdfReader(io.BytesIO(pdf)).pages[0].get_contents().get_data()
    unmarked = with_content(
        pdf, lambda content: content.replace(b"/Figure <</MCID 0>> BDC\n", b"").replace(b"\nEMC\n", b"\n")
    )
    assert classes(compare_pdfs(pdf, unmarked)) == {"metadata"}


def test_a_description_that_an_svg_did_not_have_is_metadata():
    old = SVG.format(**DRAWN).encode()
    new = old.replace(b"<metadata", b"<desc>Loss falls.</desc>\n <metadata")
    assert classes(compare_svgs(old, new)) == {"metadata"}


SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="100pt" height="50pt" viewBox="0 0 100 50">
<metadata id="figproof">{about}</metadata><path d="M 10 10 L {x} 40" stroke="{colour}" fill="none"/>
<text x="20" y="20" font-size="8">{text}</text></svg>"""
DRAWN = {"about": "a", "x": 90, "colour": "#102030", "text": "loss"}


@pytest.mark.parametrize(
    "change, kind",
    [
        ({"about": "b"}, "metadata"),
        ({"text": "Loss"}, "text rendering"),
        ({"colour": "#302010"}, "colours"),
        ({"x": 80}, "pixels"),
    ],
)
def test_one_change_of_an_svg_is_of_one_class(change, kind):
    old, new = SVG.format(**DRAWN).encode(), SVG.format(**DRAWN | change).encode()
    assert classes(compare_svgs(old, new)) == {kind}


def picture(*, line=(0, 0, 200), row=5):
    pixels = np.full((20, 30, 3), 255, np.uint8)
    pixels[row, 3:27] = line
    pixels[15, 5:25] = 0
    return pixels


def test_pixels_are_counted_and_located():
    moved = compare_pixels(picture(), picture(row=6))
    assert (moved.kind, moved.changed, moved.total, moved.largest) == ("pixels", 48, 600, 255)
    assert moved.box == (3, 26, 5, 6)
    assert compare_pixels(picture(), picture()).kind == "metadata"


def test_a_line_of_another_colour_is_colours_and_not_one_that_vanished():
    assert compare_pixels(picture(), picture(line=(0, 150, 0))).kind == "colours"
    assert compare_pixels(picture(), picture(line=(255, 255, 255))).kind == "pixels"


def test_pictures_of_different_size_are_compared_on_white():
    found = compare_pixels(picture(), picture()[:19])
    assert (found.kind, found.changed, found.total) == ("pixels", 0, 600)


def test_the_overlay_tells_old_new_and_recoloured_ink_apart():
    old, new = picture(line=(0, 0, 0)), picture(line=(0, 0, 0), row=7)
    marked = overlay(old, new)
    assert tuple(marked[5, 10]) == OLD_INK and tuple(marked[7, 10]) == NEW_INK
    assert len(set(marked[15, 10])) == 1 and 100 < marked[15, 10, 0] < 255
    same_grey = overlay(picture(line=(54, 54, 54)), picture(line=(255, 0, 0)))
    assert tuple(same_grey[5, 10]) == OTHER_INK


def test_a_raster_alone_tells_its_own_class():
    old, new = encode.png(picture()), encode.png(picture(line=(0, 150, 0)))
    found = compare_figure("x", {"figures/x.png": old}, {"figures/x.png": new})
    assert found.kind == "colours" and "24 of 600 pixels differ" in said(found, ".png")


RUNS = [
    {
        "panel": "",
        "runs": [{"id": 1, "condition": "sgd", "seed": 1}, {"id": 2, "condition": "sgd", "seed": 2}],
    }
]


@pytest.mark.parametrize(
    "named, ids", [("condition,seed", (2,)), ("condition,run", (2,)), ("other,seed", ())], ids=str
)
def test_a_row_belongs_to_the_runs_that_it_names(named, ids):
    old, new = (f"{named},value\nsgd,2,{value}\n".encode() for value in (0.5, 0.75))
    (change,) = changed_numbers({"t.csv": old}, {"t.csv": new}, RUNS)
    assert (change.runs, change.old, change.new) == (ids, "0.5", "0.75")


def test_rows_that_came_and_went_are_told_beside_cells_that_changed():
    old = b"step,value\n0,1.0\n1,2.0\n2,3.0\n"
    new = b"step,value\n0,1.5\n2,3.0\n"
    found = changed_numbers({"t.csv": old}, {"t.csv": new}, [])
    assert [(c.point, c.column, c.old, c.new) for c in found] == [
        ("step 0", "value", "1.0", "1.5"),
        ("step 1", "", "a row", ""),
    ]


def test_a_changed_fact_is_a_number():
    old, new = (b'{"columns": {}, "facts": {"n": {"sgd": %d}}}' % n for n in (3, 4))
    (change,) = changed_numbers({"facts.json": old}, {"facts.json": new}, [])
    assert (change.point, change.old, change.new) == ("n.sgd", "3", "4")


def test_what_is_no_table_is_an_error_that_names_the_file():
    with pytest.raises(FigproofError, match=r"^t\.csv: is no table"):
        changed_numbers({"t.csv": b"a,b\n1\n"}, {"t.csv": b"a,b\n1,2\n"}, [])


def test_the_gravest_class_wins():
    assert gravest(CLASSES) == "files" and gravest([]) == "nothing"
    assert gravest(["pixels", "numbers", "metadata"]) == "numbers"
