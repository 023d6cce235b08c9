"""``with figproof.style(...)``: the pipeline's figure in a script or notebook, and nothing left behind."""

import io
import pickle
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt  # noqa: TID251  scripts draw with pyplot
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from PIL import Image
from pypdf import PdfReader

import figproof
from figproof.canvas import panel_letter, render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def as_a_script(monkeypatch):
    """In this repository's project, without a window, and no figure left open."""
    monkeypatch.chdir(ROOT)
    plt.switch_backend("agg")
    yield
    plt.close("all")


def written(figure, format, **options):
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format, **options)
    return buffer.getvalue()


def pixels(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def page(pdf):
    return PdfReader(io.BytesIO(pdf)).pages[0]


def drawing(svg):
    """An SVG from its first definition on: what stands before are metadata."""
    return svg[svg.index(b"<defs>") :]


def left_spine(png):
    """The column of pixels that is dark over the longest way."""
    return (pixels(png)[..., 0] < 128).sum(axis=0).argmax()


def curves(**asked):
    with figproof.style("icml2025", **asked) as look:
        figure, axes = plt.subplots()
        for name in ("sgd", "adam"):
            axes.plot([1, 2, 3], [3, len(name), 1], label=look.label(name), **look.line(name))
        axes.set(xlabel="Epoch", ylabel=r"Loss $\times 10^3$ (nat)")
        axes.legend()
    return figure


@pytest.mark.parametrize(
    ("kind_name", "venue", "width"),
    [
        # A compressed layout, and names that are placed when they are drawn.
        ("embedding", "icml2025", "single"),
        ("loss_curves", "nature", "full"),
        # Bars, points and lines whose colour the kind leaves to the look.
        ("comparison", "ieee", "single"),
    ],
)
def test_a_script_gets_the_pipelines_figure_in_every_format(kind_name, venue, width):
    kind = load_kind(ROOT / "figures", kind_name)
    example = kind.example()
    table = kind.derive(example.snapshot, example.params)
    look = load_look(ROOT, venue, "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))
    size = (look.venue.width_in(width), 3.6)
    built = render(
        lambda figure: kind.draw(figure, table, example.params, look), look, size, ["png", "pdf", "svg"], {}
    )
    with figproof.style(venue, width=width, height_in=3.6) as given:
        figure = plt.figure()
        kind.draw(figure, table, example.params, given)
        inside = written(figure, "png")
    assert (pixels(inside) == pixels(built["png"])).all()
    assert (pixels(written(figure, "png")) == pixels(built["png"])).all()
    ours, theirs = page(written(figure, "pdf")), page(built["pdf"])
    assert ours.get_contents().get_data() == theirs.get_contents().get_data()
    assert ours.mediabox == theirs.mediabox
    assert drawing(written(figure, "svg")) == drawing(built["svg"])


def test_the_page_is_as_wide_as_the_venue_asks():
    with figproof.style("nature", width="full", height_in=2.0):
        figure, _ = plt.subplots()
    width, height = page(written(figure, "pdf")).mediabox[2:]
    assert (float(width) / 72 * 25.4, float(height)) == pytest.approx((183, 144), abs=1e-3)


@pytest.mark.parametrize(("width", "inches"), [("single", 3.25), ("full", 6.75), (0.48, 3.24), (1, 6.75)])
def test_a_width_is_a_name_or_a_fraction_and_the_height_follows(width, inches):
    with figproof.style("icml2025", width=width):
        assert mpl.rcParams["figure.figsize"] == pytest.approx([inches, inches / 1.618])


# The notebook. IPython asks the canvas for the figure with these arguments, at the end of a cell.
INLINE = {"format": "png", "facecolor": "white", "edgecolor": "white", "bbox_inches": "tight"}


def test_a_notebook_that_crops_by_default_shows_the_whole_page_after_the_block():
    figure = curves(height_in=2.4)
    buffer = io.BytesIO()
    figure.canvas.print_figure(buffer, dpi=figure.dpi, **INLINE)
    assert pixels(buffer.getvalue()).shape == (720, 975, 3)
    assert (pixels(buffer.getvalue()) == pixels(written(figure, "png"))).all()
    # The same arguments crop a figure that was opened outside.
    other, _ = plt.subplots(figsize=(3.25, 2.4), dpi=300)
    cropped = io.BytesIO()
    other.canvas.print_figure(cropped, dpi=300, **INLINE)
    assert pixels(cropped.getvalue()).shape != (720, 975, 3)


NOTEBOOK = """
import base64, io
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.displaypub import CapturingDisplayPublisher
from PIL import Image

class Shell(InteractiveShell):
    def enable_gui(self, gui=None):
        pass

shell = Shell.instance()
shell.display_pub = publisher = CapturingDisplayPublisher(parent=shell)
shell.enable_matplotlib("inline")

def pictures(cell):
    publisher.outputs.clear()
    shell.run_cell(cell).raise_error()
    shell.events.trigger("post_execute")
    found = [out["data"]["image/png"] for out in publisher.outputs if "image/png" in out["data"]]
    return [Image.open(io.BytesIO(base64.b64decode(data))).size for data in found]

head = "import figproof; from IPython.display import display; import matplotlib.pyplot as plt\\n"
block = "with figproof.style('icml2025', height_in=2.4):\\n    fig, ax = plt.subplots(); ax.plot([1, 2])"
assert pictures(head + block) == [(975, 720)], "at the end of the cell"
assert pictures(block + "; plt.show()") == [(975, 720)], "shown in the block"
assert pictures(block + "\\nplt.close(fig); display(fig)") == [(975, 720)], "closed, and shown later"
shell.run_cell("%config InlineBackend.figure_formats = ['retina']")
assert pictures(block) == [(1950, 1440)], "at twice the resolution"
after = pictures("fig, ax = plt.subplots(figsize=(3.25, 2.4), dpi=300); ax.plot([1, 2])")
assert after and after != [(1950, 1440)], "cropped again: the notebook's own setting was left alone"
print("shown")
"""


def test_ipythons_inline_backend_shows_the_whole_page():
    pytest.importorskip("matplotlib_inline", reason="IPython is not in the lock")
    pytest.importorskip("IPython")
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip().endswith("shown"), done.stderr


def test_cropping_a_file_is_refused(tmp_path):
    figure = curves()
    with pytest.raises(FigproofError, match=r"bbox_inches='tight' crops the page.*3\.25 in"):
        figure.savefig(tmp_path / "cropped.pdf", bbox_inches="tight")
    assert not (tmp_path / "cropped.pdf").exists()
    figure.savefig(tmp_path / "whole.pdf")
    assert float(page((tmp_path / "whole.pdf").read_bytes()).mediabox.width) == pytest.approx(234)


def test_a_figure_keeps_its_look_when_saved_later_and_can_still_be_changed():
    figure = curves()
    mpl.rcParams["pdf.fonttype"], before = 3, mpl.rcParams["pdf.fonttype"]
    try:
        first = written(figure, "pdf")
    finally:
        mpl.rcParams["pdf.fonttype"] = before
    fonts = page(first)["/Resources"]["/Font"].get_object().values()
    assert {font.get_object()["/Subtype"] for font in fonts} == {"/Type0"}


def test_saving_changes_nothing_and_the_layout_follows_what_is_changed():
    figure = curves()
    first = written(figure, "png")
    assert written(figure, "png") == first
    figure.axes[0].set_ylabel("A label\nof two lines")
    assert left_spine(written(figure, "png")) > left_spine(first) + 20, "room for two lines"
    figure.axes[0].set_ylabel(r"Loss $\times 10^3$ (nat)")
    assert written(figure, "png") == first


def test_lettered_panels_can_be_saved_again():
    look = load_look(ROOT, "icml2025", "petroff10", "viridis", {})
    with figproof.style("icml2025", width="full", height_in=2):
        figure = plt.figure()
        for letter, panel in zip("ab", figure.subfigures(1, 2, width_ratios=[1, 2]), strict=True):
            panel.subplots().set(xlabel="Epoch", ylabel="Loss (nat)")
            panel_letter(panel, letter, look)
    assert written(figure, "png") == written(figure, "png")


def test_a_figure_keeps_its_look_when_it_is_closed_or_pickled():
    figure = curves()
    before = written(figure, "png")
    plt.close(figure)
    assert written(figure, "png", bbox_inches="tight") == before
    assert written(pickle.loads(pickle.dumps(figure)), "png", bbox_inches="tight") == before


# What is put back


def state():
    manager = font_manager.fontManager
    return dict(mpl.rcParams.copy()), manager.ttflist, manager.afmlist, mpl.get_backend()


def test_everything_is_put_back_after_the_block():
    with mpl.rc_context({"lines.linewidth": 7, "font.family": ["monospace"], "figure.hooks": []}):
        before = state()
        with figproof.style("nature"):
            assert mpl.rcParams["lines.linewidth"] == 1.0
            assert mpl.rcParams["font.family"] == ["Liberation Sans"]
        assert state() == before
        curves().savefig(io.BytesIO())
        assert state() == before


def test_everything_is_put_back_after_an_exception():
    before = state()
    with pytest.raises(ZeroDivisionError), figproof.style("nature"):
        plt.figure()
        raise ZeroDivisionError
    assert state() == before
    assert "set_canvas" not in vars(plt.figure())


def test_a_failed_block_inside_another_leaves_the_outer_one_alone():
    before = state()
    with figproof.style("icml2025"):
        outer = state()
        with pytest.raises(ZeroDivisionError), figproof.style("nature"):
            raise ZeroDivisionError
        assert state() == outer
        with figproof.style("nature", height_in=2):
            narrow = plt.figure()
        figure = plt.figure()
    assert state() == before
    assert page(written(figure, "pdf")).mediabox.width == pytest.approx(3.25 * 72)
    assert page(written(narrow, "pdf")).mediabox.width == pytest.approx(89 / 25.4 * 72, abs=1e-3)


def test_what_belongs_to_the_screen_is_left_alone():
    with mpl.rc_context({"interactive": True, "toolbar": "None", "figure.max_open_warning": 3}):
        with figproof.style("icml2025"):
            kept = [mpl.rcParams[key] for key in ("interactive", "toolbar", "figure.max_open_warning")]
        assert kept == [True, "None", 3]


def test_a_users_own_hook_still_runs():
    seen = []
    sys.modules["hook_of_a_test"] = type(sys)("hook_of_a_test")
    sys.modules["hook_of_a_test"].hook = seen.append
    try:
        with mpl.rc_context({"figure.hooks": ["hook_of_a_test:hook"]}), figproof.style("icml2025"):
            figure = plt.figure()
    finally:
        del sys.modules["hook_of_a_test"]
    assert seen == [figure]


# What is asked for


def test_lines_get_the_palettes_colours_in_order():
    with figproof.style("icml2025", palette="okabe_ito") as look:
        axes = plt.figure().subplots()
        lines = [axes.plot([0, 1])[0] for _ in range(8)]
    assert [line.get_color() for line in lines] == list(look.colours)
    assert {line.get_linestyle() for line in lines} == {"-"}


def test_a_cycle_of_dashes_tells_neighbours_apart_without_colour():
    with figproof.style("icml2025") as look:
        axes = plt.figure().subplots()
        axes.set_prop_cycle(look.cycle())
        lines = [axes.plot([0, 1])[0] for _ in range(40)]
    looks = [(line.get_color(), line._dash_pattern[1]) for line in lines]
    assert len({str(one) for one in looks}) == 40
    assert all(one[1] != other[1] for one, other in pairwise(looks))


def test_outside_a_project_there_are_figproofs_styles_and_a_venue_must_be_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with figproof.style("icml2025") as look:
        assert (look.palette, dict(look.conditions)) == ("petroff10", {})
    with pytest.raises(FigproofError, match=r"which venue\? Known: .*icml2025"), figproof.style():
        pass


def test_a_project_gives_its_venue_palettes_sheet_and_conditions(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "styles").mkdir()
    (tmp_path / "config/config.yaml").write_text(
        "venue: ieee\nformats: [pdf]\npalettes: {qualitative: okabe_ito}\nsheet: styles/lab.mplstyle\n"
    )
    (tmp_path / "config/conditions.yaml").write_text(
        "ours: {label: Ours, slot: 2, marker: s, dash: dotted}\n"
    )
    (tmp_path / "styles/lab.mplstyle").write_text("lines.linewidth: 1.75\n")
    with figproof.style(project=tmp_path) as look:
        assert look.venue.name == "ieee"
        assert look.line("ours")["color"] == "#009e73"
        assert mpl.rcParams["lines.linewidth"] == 1.75


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"venue": "icml205"}, "venue 'icml205' is unknown.*Did you mean icml2025"),
        ({"palette": "petrof10"}, "palette 'petrof10' is unknown"),
        ({"width": "double"}, "no width 'double'"),
        ({"width": 3.25}, "width 3.25 is no fraction of the full width"),
        ({"height_in": 12}, "height_in 12 does not fit icml2025: up to 9 in"),
        ({"project": "/nowhere"}, "no config/config.yaml here"),
        ({"sheet": "lab.mplstyle"}, "'lab.mplstyle' is no file below the project"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_changes(asked, named):
    before = state()
    with pytest.raises(FigproofError, match=named), figproof.style(**{"venue": "icml2025", **asked}):
        pass
    assert state() == before


def test_importing_figproof_loads_nothing_heavy_and_a_style_never_pyplot():
    script = (
        "import sys, figproof\n"
        "assert not {'matplotlib', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "with figproof.style('icml2025'): pass\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "try: figproof.styel\n"
        "except AttributeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "module 'figproof' has no attribute 'styel'", done.stderr


def test_a_figure_that_pyplot_did_not_open_has_the_page_of_the_block():
    with figproof.style("icml2025", height_in=2):
        figure = Figure()
        figure.subplots().plot([1, 2])
        assert pixels(written(figure, "png")).shape == (600, 975, 3)
