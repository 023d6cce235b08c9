"""Figures inside other files: papers and pages."""

import base64
import io
import shutil
import subprocess
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject

from figproof import encode, tiff
from figproof.carried import figures_in
from figproof.errors import FigproofError
from figproof.project import Project
from figproof.resemblance import figures_by_content

PIXELS = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
NAMES = "one", "two <b>&amp;", "three"


def png(figure):
    return encode.png(PIXELS, 300, {"figure": figure})


def pdf(figure, content=b"0 0 1 rg 2 2 5 5 re f"):
    """A one-page PDF of figproof; its content is the given operators."""
    writer = PdfWriter()
    page = writer.add_blank_page(20, 10)
    stream = StreamObject()
    stream.set_data(content)
    page[NameObject("/Contents")] = writer._add_object(stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    return encode.pdf(buffer.getvalue(), figure, {"figure": figure})


@pytest.fixture
def paper(tmp_path):
    """A paper of two pages, as pdfTeX writes it: one figure in a form, one in a form of a form."""
    writer = PdfWriter()

    def form(figure=None, inside=None):
        stream = StreamObject()
        stream.set_data(b"q Q")
        stream[NameObject("/Type")] = NameObject("/XObject")
        stream[NameObject("/Subtype")] = NameObject("/Form")
        if figure:
            record = TextStringObject(encode.provenance_text({"figure": figure}))
            stream[NameObject("/PTEX.InfoDict")] = writer._add_object(
                DictionaryObject({NameObject("/figproof"): record})
            )
        if inside is not None:
            shown = DictionaryObject({NameObject("/Im9"): inside})
            stream[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): shown})
        return writer._add_object(stream)

    one, two = form("one"), form("two")
    for shown in ([one, form()], [one, form(inside=two)]):
        page = writer.add_blank_page(100, 100)
        names = {NameObject(f"/Im{number}"): item for number, item in enumerate(shown)}
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): DictionaryObject(names)})
    path = tmp_path / "paper.pdf"
    writer.write(path)
    return path


def found(path):
    return [(figure.place, figure.provenance["figure"]) for figure in figures_in(path)]


def test_a_papers_figures_are_found_with_their_pages_each_once(paper):
    assert found(paper) == [("page 1", "one"), ("page 2", "two")]


def test_a_form_that_shows_itself_is_read_once(tmp_path, paper):
    writer = PdfWriter(clone_from=PdfReader(paper))
    form = writer.pages[0]["/Resources"]["/XObject"].raw_get("/Im0")
    shown = DictionaryObject({NameObject("/Im0"): form})
    form.get_object()[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): shown})
    writer.write(tmp_path / "loop.pdf")
    assert found(tmp_path / "loop.pdf") == [("page 1", "one"), ("page 2", "two")]


def test_a_page_names_the_figures_that_stand_in_it(tmp_path):
    inline = encode.svg(b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', {"figure": NAMES[1]}).decode()
    inline = inline[inline.index("<svg") :]
    picture = base64.b64encode(png(NAMES[0])).decode()
    page = f'<!DOCTYPE html><p><img src="data:image/png;base64,{picture}"><img src="x.png">{inline}</p>'
    (tmp_path / "page").write_text(page)
    assert found(tmp_path / "page") == [("picture 1", NAMES[0]), ("picture 3", NAMES[1])]


def svg(figure):
    return encode.svg(b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', {"figure": figure})


def test_pictures_are_found_however_a_page_spells_them(tmp_path):
    encoded = base64.b64encode(png("one")).decode()
    wrapped = "\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))
    pages = {
        "in lines": f'<!DOCTYPE html><img src="data:image/png;base64,{wrapped}">',
        "with percent signs": f'<html><img src="data:image/png;base64,{quote(encoded, safe="")}">',
        "SVG as text": f'<html><img src="data:image/svg+xml;utf8,{quote(svg("one"))}">',
        "background": f'<html><p style="background: url(data:image/png;base64,{encoded}) red">',
        "sheet": f"<html><style>p {{ background: url('data:image/png;base64,{encoded}') }}</style>",
        "set": f'<html><img srcset="data:image/png;base64,{encoded} 2x">',
        "no page's head": f'<!-- <svg> --><div><img src="data:image/png;base64,{encoded}"></div>',
    }
    for name, page in pages.items():
        (tmp_path / name).write_text(page)
        assert [figure for _, figure in found(tmp_path / name)] == ["one"], name


def test_files_beside_a_page_are_looked_at_and_none_outside_of_its_folder(tmp_path):
    folder = tmp_path / "page"
    (folder / "in").mkdir(parents=True)
    for path in (folder / "in" / "a b.png", tmp_path / "out.png"):
        path.write_bytes(png(path.stem))
    page = '<html><img src="in/a%20b.png"><img src="../out.png"><object data="{}"><img src="file://{}">'
    (folder / "page.html").write_text(page.format(tmp_path / "out.png", folder / "in" / "a b.png"))
    assert found(folder / "page.html") == [("picture 1, in/a b.png", "a b")]


@pytest.mark.parametrize("name", ["figure.bin", "figure", "photo.jpg"])
def test_a_renamed_file_is_read_by_its_content(tmp_path, name):
    for content in (png("one"), pdf("one"), tiff.encode(PIXELS, 300, '{"figure": "one"}')):
        (tmp_path / name).write_bytes(content)
        assert found(tmp_path / name) == [("", "one")]


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\n" + b"x" * 50,
        b'<svg xmlns="http://www.w3.org/2000/svg"><metadata id="figproof">{"a": </metadata></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><metadata id="figproof">[1]</metadata></svg>',
        b"<!DOCTYPE html><metadata id=figproof>nothing</metadata>",
        b"\x89PNG\r\n\x1a\n\0\0\xff\xff",
        # Entities that grow a thousandfold at each step.
        b'<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 1000) for i in range(5))
        + b"]><s>&f;</s>",
    ],
)
def test_what_is_damaged_or_hostile_is_an_error_that_names_the_file(tmp_path, content):
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises(FigproofError, match="odd: is damaged"):
        figures_in(tmp_path / "odd")


def test_a_paper_that_needs_a_password_is_called_encrypted_and_not_damaged(tmp_path, paper):
    writer = PdfWriter(clone_from=PdfReader(paper))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    with pytest.raises(FigproofError, match=r"locked.pdf: is encrypted\n.*qpdf --decrypt"):
        figures_in(tmp_path / "locked.pdf")


@pytest.fixture
def project(tmp_path):
    figures = tmp_path / "project" / "results" / "figures"
    figures.mkdir(parents=True)
    (figures / "one.png").write_bytes(png("one"))
    (figures / "two.pdf").write_bytes(pdf("two"))
    (figures / "three.pdf").write_bytes(pdf("three", b"1 0 0 rg 2 2 5 5 re f"))
    return Project(tmp_path / "project")


def test_a_picture_that_lost_its_text_chunks_is_found_by_its_pixels(tmp_path, project):
    Image.fromarray(PIXELS).save(tmp_path / "stripped.png", optimize=True)
    assert figures_in(tmp_path / "stripped.png") == []
    (figure,) = figures_by_content(tmp_path / "stripped.png", project)
    assert (figure.place, figure.provenance["figure"]) == ("the content of results/figures/one.png", "one")
    encoded = base64.b64encode((tmp_path / "stripped.png").read_bytes()).decode()
    (tmp_path / "page.html").write_text(f'<html><img src="data:image/png;base64,{encoded}">')
    (figure,) = figures_by_content(tmp_path / "page.html", project)
    assert figure.place == "picture 1, the content of results/figures/one.png"
    changed = PIXELS.copy()
    changed[0, 0, 0] += 1
    Image.fromarray(changed).save(tmp_path / "changed.png")
    assert figures_by_content(tmp_path / "changed.png", project) == []


def test_a_pdf_that_lost_its_information_is_found_by_its_content(tmp_path, project):
    writer = PdfWriter(clone_from=PdfReader(project.results / "figures" / "two.pdf"))
    writer.metadata = None
    writer.write(tmp_path / "bare.pdf")
    assert figures_in(tmp_path / "bare.pdf") == []
    place = "page 1, the content of results/figures/two.pdf"
    assert [figure.place for figure in figures_by_content(tmp_path / "bare.pdf", project)] == [place]
    assert figures_by_content(tmp_path / "bare.pdf", project, {("page 1", "two")}) == []


def shown_with(path, content, forms=(), images=()):
    """A PDF of one page with markers (forms) and images, such as Matplotlib writes."""
    writer = PdfWriter()
    page = writer.add_blank_page(20, 10)
    shown = DictionaryObject()
    for number, operators in enumerate(forms):
        stream = StreamObject()
        stream.set_data(operators)
        stream[NameObject("/Subtype")] = NameObject("/Form")
        shown[NameObject(f"/M{number}")] = writer._add_object(stream)
    for number, pixels in enumerate(images):
        stream = StreamObject()
        stream.set_data(pixels.tobytes())
        size = {"/Width": pixels.shape[1], "/Height": pixels.shape[0], "/BitsPerComponent": 8}
        stream.update({NameObject(key): NumberObject(value) for key, value in size.items()})
        stream[NameObject("/Subtype")] = NameObject("/Image")
        stream[NameObject("/ColorSpace")] = NameObject("/DeviceRGB")
        shown[NameObject(f"/I{number}")] = writer._add_object(stream)
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): shown})
    operators = StreamObject()
    operators.set_data(content)
    page[NameObject("/Contents")] = writer._add_object(operators)
    buffer = io.BytesIO()
    writer.write(buffer)
    path.write_bytes(encode.pdf(buffer.getvalue(), path.stem, {"figure": path.stem}))


def test_markers_colour_bars_thumbnails_and_images_of_two_figures_name_no_figure(tmp_path, project):
    figures, random = project.results / "figures", np.random.default_rng(1)
    marker, bar = b"0 0 m 1 1 l S", np.repeat(np.arange(80, dtype=np.uint8), 90).reshape(80, 30, 3)
    digit, shared, own = (random.integers(0, 255, (n, n, 3), dtype=np.uint8) for n in (8, 40, 40))
    shown_with(figures / "four.pdf", b"q 4 Q", [marker], [bar, digit, shared, own])
    shown_with(figures / "five.pdf", b"q 5 Q", [], [shared])
    shown_with(tmp_path / "others.pdf", b"q Q", [marker], [bar, digit, shared])
    shown_with(tmp_path / "redrawn.pdf", b"q 1 0 0 1 0 0 cm Q", [marker], [bar, own])
    assert figures_by_content(tmp_path / "others.pdf", project) == []
    (figure,) = figures_by_content(tmp_path / "redrawn.pdf", project)
    assert figure.place == "page 1, an image in results/figures/four.pdf"


ENGINES = {
    "pdflatex": [["pdflatex", "-interaction=batchmode", "paper.tex"]],
    "lualatex": [["lualatex", "-interaction=batchmode", "paper.tex"]],
    "dvipdfmx": [["latex", "-interaction=batchmode", "paper.tex"], ["dvipdfmx", "-q", "paper.dvi"]],
}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_paper_that_latex_made_names_its_figures(tmp_path, project, engine):
    commands = ENGINES[engine]
    absent = [command[0] for command in commands if shutil.which(command[0]) is None]
    if absent:
        pytest.skip(f"{absent[0]} is not installed")
    for name in ("one.png", "two.pdf"):
        shutil.copy(project.results / "figures" / name, tmp_path)
    driver, box = ("[dvipdfmx]", "[bb=0 0 20 10]") if engine == "dvipdfmx" else ("", "[width=3cm]")
    (tmp_path / "paper.tex").write_text(
        f"\\documentclass{{article}}\\usepackage{driver}{{graphicx}}\\begin{{document}}Text.\n"
        f"\\includegraphics{box}{{one.png}}\\newpage\\includegraphics{box}{{two.pdf}}\\end{{document}}\n"
    )
    for command in commands:
        subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL, timeout=100)
    paper = tmp_path / "paper.pdf"
    carried = figures_in(paper)
    assert [figure.place for figure in carried] == ([] if engine == "dvipdfmx" else ["page 2"])
    known = [(figure.place, figure.provenance["figure"]) for figure in carried]
    seen = [figure.place for figure in figures_by_content(paper, project, known)]
    missing = [place for place in ("page 1, the content of results/figures/one.png",) if place not in seen]
    assert not missing and ("page 2, the content of results/figures/two.pdf" in seen) == (not carried)
