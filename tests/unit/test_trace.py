"""``figproof trace``: a file may come from anywhere, and anyone may have written its record."""

import numpy as np
import pytest

from figproof import encode
from figproof.cli import main

DIGEST = "ab" * 32


def record(**changes):
    part = {
        "panel": "",
        "kind": {"name": "confusion", "sha256": DIGEST},
        "pin": {"name": "adam", "sha256": DIGEST},
        "runs": [{"id": 11, "condition": "adam", "seed": 1, "digest": DIGEST}],
        "configs": {"same": {"optimizer": "adam"}, "differ": {"11": {"learning_rate": 0.01, "seed": 1}}},
        "table": DIGEST,
    }
    whole = {
        "format": "figproof-provenance-1",
        "figure": "confusion_adam",
        "spec": DIGEST,
        "parts": [part],
        "styles": {"styles/base.mplstyle": DIGEST},
        "library": DIGEST,
        "lock": None,
        "versions": {"numpy": "2.0"},
    }
    return whole | changes


@pytest.fixture
def traced(tmp_path, monkeypatch, capsys):
    """Code and both outputs of tracing a PNG that carries a record, outside any project."""
    monkeypatch.chdir(tmp_path)

    def run(stored, *options):
        path = tmp_path / "renamed.png"
        path.write_bytes(encode.png(np.zeros((2, 2, 3), np.uint8), provenance=stored))
        code = main(["trace", str(path), *options])
        return code, *capsys.readouterr()

    return run


def test_a_figure_names_its_runs_outside_of_any_project(traced):
    code, out, _ = traced(record())
    assert code == 0
    assert "kind confusion abababababab\n  pin adam abababababab\n" in out
    assert out.endswith("no project here: nothing was compared with what is there now\n")
    assert "run 11 (adam, seed 1) abababababab" in out


def test_a_figure_says_the_configs_of_its_runs(traced):
    _, out, _ = traced(record())
    assert '  all runs: optimizer="adam"\n' in out
    assert "abababababab\n    learning_rate=0.01, seed=1\n" in out


def test_a_figure_names_the_looks_of_its_conditions(traced):
    _, out, _ = traced(record(conditions=[["sgd", DIGEST], ["adam", "cd" * 32]]))
    assert "condition sgd abababababab\ncondition adam cdcdcdcdcdcd\n" in out


def test_what_a_terminal_would_obey_is_printed_as_text(traced):
    code, out, _ = traced(record(figure="a\x1b[31m\nb"))
    assert code == 0 and "\x1b" not in out
    assert out.startswith("figure a\\x1b[31m\\nb, spec")


@pytest.mark.parametrize("stored", [{"a": 1}, {"figure": 3, "parts": "x"}])
def test_a_record_of_another_shape_is_an_error_that_names_what_is_wrong(traced, stored):
    code, _, err = traced(stored)
    assert code == 1
    assert "renamed.png: provenance: spec: is needed and not given" in err


def test_an_encrypted_pdf_is_an_error_and_not_a_traceback(tmp_path, capsys):
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    writer.encrypt("secret", algorithm="RC4-128")
    path = tmp_path / "locked.pdf"
    writer.write(path)
    assert main(["trace", str(path)]) == 1
    assert "locked.pdf" in capsys.readouterr().err
