"""The script that releases a changed style: a line for each change, and no line is ever changed."""

import shutil

import pytest

from baselines import release

STYLES = release.STYLES


@pytest.fixture
def styles(tmp_path, monkeypatch):
    """A copy of the styles, to be changed at will."""
    shutil.copytree(STYLES, tmp_path / "styles")
    monkeypatch.setattr(release, "STYLES", tmp_path / "styles")
    monkeypatch.setattr(release, "CHANGELOG", tmp_path / "styles/CHANGELOG.md")
    return tmp_path / "styles"


def test_what_was_released_needs_no_new_line(styles):
    before = release.CHANGELOG.read_bytes()
    assert release.main(["nothing"]) == "nothing changed"
    assert release.CHANGELOG.read_bytes() == before


def test_a_changed_sheet_is_unreleased_until_it_has_its_next_version(styles):
    sheet = styles / "venues/tmlr.mplstyle"
    sheet.write_text(sheet.read_text().replace("font.size: 9", "font.size: 9.5"))
    assert list(release.unreleased()) == ["venues/tmlr.mplstyle"]
    before = release.CHANGELOG.read_text()
    last = release.released()["venues/tmlr.mplstyle"][-1][0]
    assert release.main(["larger", "text | more"]) == f"venues/tmlr.mplstyle: version {last + 1}\n"
    assert not release.unreleased()
    after = release.CHANGELOG.read_text()
    assert after.startswith(before), "lines of earlier versions stay"
    assert after.removeprefix(before).endswith(" | larger text / more |\n")


def test_a_new_venue_starts_at_version_one(styles):
    shutil.copy(styles / "venues/icml2025.mplstyle", styles / "venues/icml2026.mplstyle")
    assert list(release.unreleased()) == ["venues/icml2026.mplstyle"]
    assert release.main(["first version"]) == "venues/icml2026.mplstyle: version 1\n"


def test_a_change_without_a_word_is_not_released(styles):
    (styles / "venues/tmlr.mplstyle").write_text("")
    assert "say what changed" in release.main([])
    assert list(release.unreleased()) == ["venues/tmlr.mplstyle"]
