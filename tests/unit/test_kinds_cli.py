"""``figproof kinds``: what a paper's YAML can ask for, said by the command."""

from pathlib import Path

import pytest

from figproof.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def paper(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").touch()
    (tmp_path / "figures").mkdir()
    kind = (ROOT / "figures/confusion.py").read_text()
    (tmp_path / "figures/mine.py").write_text(kind)
    monkeypatch.chdir(tmp_path)


def test_the_list_says_whose_a_kind_is_and_what_it_shows(paper, capsys):
    assert main(["kinds"]) == 0
    lines = {line.split()[0]: line.split(maxsplit=2)[1:] for line in capsys.readouterr().out.splitlines()}
    assert sorted(lines) == sorted([*(path.stem for path in (ROOT / "figures").glob("*.py")), "mine"])
    assert lines["mine"][0] == "figures/"
    assert lines["confusion"][0] == "figproof"
    assert lines["mine"][1] == lines["confusion"][1]
    assert lines["confusion"][1].startswith("Which class is taken for which")


def test_one_kind_is_shown_with_its_params_their_types_defaults_and_meaning(paper, capsys):
    assert main(["kinds", "loss_curves"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(str(ROOT / "figures/loss_curves.py"))
    assert "  metrics: list[str]\n      Metrics of one unit;" in said
    assert "  smoothing: Literal['none', 'ema', 'moving_average'] = 'none'\n      Applied to each run" in said


def test_an_unknown_kind_is_refused_with_the_nearest(paper, capsys):
    assert main(["kinds", "loss_curve"]) == 1
    assert "Did you mean loss_curves?" in capsys.readouterr().err
