"""Bundles: the same bytes each time, all that a paper is made from, and nothing hostile gets out of one."""

import io
import json
import re
import shutil
import tarfile
from contextlib import nullcontext

import deflate
import pytest

from figproof import encode
from figproof.approvals import approve
from figproof.canonical import digest_bytes
from figproof.cli import main
from figproof.errors import FigproofError
from figproof.files import write_atomic
from figproof.latexfiles import write_latex
from figproof.lint.raster import read_raster
from figproof.places import builtin
from figproof.project import Project
from figproof.proof import bundling, verifying
from figproof.proof.bundling import BUNDLE, read_bundle, write_bundle
from figproof.proof.crate import METADATA
from figproof.proof.inputs import input_files
from figproof.specs import load_figures
from figproof.store.archive import MANIFEST, pack, unpack
from papers import build

pytestmark = pytest.mark.store
DATE = "2026-01-02"


@pytest.fixture
def approved(paper):
    write_latex(paper)
    approve(paper, [])
    return paper


@pytest.fixture
def bundled(approved, tmp_path):
    """A paper and its bundle."""
    out = tmp_path / "paper.tar.gz"
    write_bundle(approved, out, DATE)
    return approved, out


def test_a_bundle_holds_inputs_runs_results_and_what_was_borrowed(bundled):
    paper, out = bundled
    members = read_bundle(out).members
    for name in (
        *("MANIFEST.json", "README.md", "ro-crate-metadata.json", "Snakefile", "figures.lock"),
        *("config/config.yaml", "config/conditions.yaml", "config/figures/curves.yaml"),
        *("config/pins/optimizers.json", "config/selections/optimizers.yaml", "requirements.lock"),
        *("results/index.html", "results/figures/curves.pdf", "results/derived/curves/lines.csv"),
        "borrowed/figproof/figures/loss_curves.py",
        "borrowed/figproof/styles/venues/icml2025.mplstyle",
    ):
        assert name in members, name
    objects = {path.name for path in paper.objects.rglob("*") if path.is_file()}
    assert objects == {name[-64:] for name in members if "/objects/" in name} and len(objects) == 8
    assert not any(word in name for name in members for word in ("experiments", ".figproof", "logs", "keys"))


def test_the_same_paper_and_date_give_the_same_bytes_in_any_folder(bundled, tmp_path):
    paper, out = bundled
    other = tmp_path / "elsewhere" / "paper"
    shutil.copytree(paper.root, other)
    write_bundle(Project(other), tmp_path / "again.tar.gz", DATE)
    assert (tmp_path / "again.tar.gz").read_bytes() == out.read_bytes()
    write_bundle(paper, tmp_path / "later.tar.gz", "2026-01-03")
    assert (tmp_path / "later.tar.gz").read_bytes() != out.read_bytes()


def test_the_crate_describes_every_file_and_each_figures_making(bundled):
    _, out = bundled
    members = read_bundle(out).members
    crate = json.loads(members[METADATA])
    assert crate["@context"] == "https://w3id.org/ro/crate/1.2/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    root = entities["./"]
    assert entities[METADATA]["about"] == {"@id": "./"} and root["datePublished"] == DATE
    listed = {part["@id"] for part in root["hasPart"]}
    described = {name for name in members if not name.startswith("results/snapshots/")}
    assert listed - {"results/snapshots/"} == described - {METADATA, MANIFEST}
    for name in listed - {"results/snapshots/"}:
        assert entities[name]["sha256"] == digest_bytes(members[name])
    action = entities["#draw-curves"]
    assert action["instrument"] == {"@id": "borrowed/figproof/figures/loss_curves.py"}
    assert {"@id": "config/pins/optimizers.json"} in action["object"]
    assert {"@id": "results/figures/curves.pdf"} in action["result"]
    assert all(one["@id"] in entities for one in [*action["object"], *action["result"]])


def test_a_stale_or_unapproved_figure_is_not_bundled_and_nothing_is_written(approved, tmp_path):
    out = tmp_path / "x.tar.gz"
    text = approved.conditions_file.read_text()
    approved.conditions_file.write_text(text.replace("slot: 1", "slot: 4"))
    with pytest.raises(FigproofError, match="figure curves: is stale: conditions"):
        write_bundle(approved, out, DATE)
    build(approved)
    with pytest.raises(FigproofError, match=r"not as figures\.lock approves them"):
        write_bundle(approved, out, DATE)
    approve(approved, [])
    next(path for path in approved.objects.rglob("*") if path.is_file()).write_bytes(b"x")
    with pytest.raises(FigproofError, match="is not there, or damaged"):
        write_bundle(approved, out, DATE)
    assert not out.exists()


def test_styles_outside_of_the_project_are_refused(approved, tmp_path):
    shutil.copytree(builtin("styles"), tmp_path / "team")
    config = approved.config_file
    config.write_text(config.read_text() + "styles: [../team]\n")
    with pytest.raises(FigproofError, match=r"config\.yaml: styles: '\.\./team' lies outside"):
        input_files(approved, load_figures(approved))


def test_a_name_that_cannot_stand_in_a_bundle_is_named(approved, tmp_path):
    (approved.root / "styles" / "a\nb.txt").touch()
    with pytest.raises(FigproofError, match="cannot stand in a bundle"):
        write_bundle(approved, tmp_path / "x.tar.gz", DATE)


@pytest.mark.parametrize("date", ["today", "2026-1-2", "2026-01-02T00:00:00"])
def test_what_is_no_date_is_refused(approved, tmp_path, date):
    with pytest.raises(FigproofError, match="is no date"):
        write_bundle(approved, tmp_path / "x.tar.gz", date)


@pytest.fixture
def built_again(monkeypatch):
    """Let a rebuild give what lies in a folder, for tests of what is said of it."""

    def use(root):
        monkeypatch.setattr(verifying, "rebuilt", lambda project, figures: nullcontext(Project(root)))

    return use


def repacked(out, change):
    """The bundle with other members, and a manifest that agrees with them."""
    members = unpack(out, BUNDLE)
    change(members)
    manifest = json.loads(members.pop(MANIFEST))
    manifest["files"] = {name: digest_bytes(content) for name, content in members.items()}
    out.write_bytes(pack({**members, MANIFEST: json.dumps(manifest).encode()}))
    return out


def tar(*headers, content=b"x"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for header in headers:
            header.size = len(content) if header.isreg() else 0
            archive.addfile(header, io.BytesIO(content))
    return bytes(deflate.gzip_compress(buffer.getvalue(), 1))


def header(name, kind=tarfile.REGTYPE, target=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/x",
        "a/../../x",
        "a/./x",
        ".git/config",
        "a//x",
        "a\\..\\x",
        "a/.hidden",
        "a\n",
        "x/",
        "",
        "a" * 201,
    ],
)
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, name):
    out = tmp_path / "x.tar.gz"
    out.write_bytes(tar(header(name)))
    with pytest.raises(FigproofError, match=r"is not named plainly|is not a plain file"):
        read_bundle(out)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
def test_links_devices_and_folders_are_refused(tmp_path, kind):
    out = tmp_path / "x.tar.gz"
    out.write_bytes(tar(header("results", kind, "/etc")))
    with pytest.raises(FigproofError, match="is not a plain file"):
        read_bundle(out)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    from figproof.store import archive

    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 1_000_000)
    out = tmp_path / "x.tar.gz"
    out.write_bytes(tar(header("a"), content=bytes(3_000_000)))
    with pytest.raises(FigproofError, match="holds more than 1000000 bytes"):
        read_bundle(out)
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    out.write_bytes(tar(*(header(name) for name in "abcd")))
    with pytest.raises(FigproofError, match="more than 3 members"):
        read_bundle(out)


def test_a_file_that_differs_from_the_manifest_is_named(bundled):
    _, out = bundled
    members = unpack(out, BUNDLE)
    out.write_bytes(
        pack(
            {
                **{n: c for n, c in members.items() if n != "README.md"},
                "results/index.html": b"x",
                "more": b"",
            }
        )
    )
    with pytest.raises(FigproofError) as caught:
        read_bundle(out)
    said = str(caught.value)
    assert "README.md: is missing" in said and "more: is not in the manifest" in said
    assert "results/index.html: has other bytes than the manifest says" in said


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"format": "other"}', b'{"format": "figproof-bundle-1", "files": 3}']
)
def test_a_damaged_manifest_is_an_error(bundled, content):
    _, out = bundled
    out.write_bytes(pack({**unpack(out, BUNDLE), MANIFEST: content}))
    with pytest.raises(FigproofError, match=r"MANIFEST\.json is damaged"):
        read_bundle(out)


def test_a_name_that_is_a_file_and_a_folder_is_refused(bundled):
    _, out = bundled
    repacked(out, lambda members: members.update({"a": b"", "a/b": b""}))
    with pytest.raises(FigproofError, match="'a' is a file and a folder"):
        read_bundle(out)


def test_code_of_a_bundles_own_is_asked_for_and_figproofs_own_is_not(bundled, capsys):
    _, out = bundled
    assert read_bundle(out).foreign_code() == ()
    own = (builtin("figures") / "loss_curves.py").read_bytes()

    def bring(members):
        members.update({"figures/loss_curves.py": own, "figures/evil.py": b"1/0"})

    repacked(out, bring)
    assert read_bundle(out).foreign_code() == ("figures/evil.py",)
    assert main(["bundle", "verify", str(out)]) == 1
    assert "brings code of its own, which verifying runs: figures/evil.py" in capsys.readouterr().err


def test_other_versions_are_told(bundled, monkeypatch):
    _, out = bundled
    bundle = read_bundle(out)
    assert bundle.other_versions() == ()
    monkeypatch.setattr(bundling, "library_digest", lambda: "other")
    assert re.fullmatch(r"figproof .* with other code than here", bundle.other_versions()[0])
    monkeypatch.setattr(bundling, "version", lambda name: "9.9")
    assert any(line.startswith("numpy ") and line.endswith("here 9.9") for line in bundle.other_versions())


def test_the_command_takes_the_date_of_the_commit_or_asks_for_one(approved, monkeypatch, capsys):
    monkeypatch.chdir(approved.root)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(approved.root.parent))
    assert main(["bundle", "out.tar.gz"]) == 1
    assert "give --date" in capsys.readouterr().err
    assert main(["bundle", "--date", DATE, "out.tar.gz"]) == 0
    for wrong in (["verify"], ["verify", "a", "b"], ["--yes", "x"], ["--date", DATE, "verify", "x"]):
        assert main(["bundle", *wrong]) == 1
        assert "give OUT, or verify FILE" in capsys.readouterr().err


def test_a_paper_rebuilds_from_its_bundle_to_the_same_bytes_without_store_or_project(
    bundled, tmp_path, monkeypatch, capfd
):
    _, out = bundled
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    # Whoever asked it would be refused.
    monkeypatch.setenv("FIGPROOF_STORE", "mongodb://127.0.0.1:1/none")
    assert main(["bundle", "verify", str(out)]) == 0
    said = capfd.readouterr().out
    assert "22 of 22 approved files are the same bytes in the bundle" in said
    assert "2 of 2 figures are the same bytes when they are built again" in said
    assert not list(empty.iterdir())


def test_a_bundle_whose_figures_are_not_what_its_runs_give_fails_and_says_where(
    bundled, built_again, paper_once, capfd
):
    _, out = bundled

    def forge(members):
        name = "results/derived/curves/lines.csv"
        members[name] = members[name].replace(
            b"sgd,train.loss,mean,1,1.0,2.015", b"sgd,train.loss,mean,1,1.0,1.015"
        )

    built_again(paper_once)
    repacked(out, forge)
    assert main(["bundle", "verify", str(out)]) == 1
    said = capfd.readouterr().out
    assert "not as the bundle's figures.lock approves: results/derived/curves/lines.csv" in said
    assert "curves  numbers" in said
    assert "step 1, runs 2 (runs 1, 2): value 1.015 is 2.015" in said
    assert "1 of 2 figures are the same bytes" in said


def test_a_rebuild_that_fails_says_what_the_build_said(approved, monkeypatch, capfd):
    monkeypatch.chdir(approved.root)
    (approved.root / "figures/broken.py").write_text("1 / 0\n")
    spec = approved.figure_specs / "curves.yaml"
    spec.write_text(spec.read_text().replace("kind: loss_curves", "kind: broken"))
    assert main(["verify", "curves"]) == 1
    said = capfd.readouterr().err
    assert "the build in a clean folder failed" in said and "broken.py" in said


def test_verify_names_what_was_edited_and_writes_a_picture(
    approved, built_again, paper_once, monkeypatch, capfd
):
    built_again(paper_once)
    monkeypatch.chdir(approved.root)
    png = approved.figure_file("curves", "png")
    pixels = read_raster(png.read_bytes()).pixels.copy()
    pixels[5:15, 5:25] = 0
    write_atomic(png, encode.png(pixels))
    assert main(["verify", "curves"]) == 1
    said = capfd.readouterr().out
    assert "figures/curves.png: pixels: 200 of " in said and "columns 5 to 24, rows 5 to 14" in said
    assert "old, new and where they differ: results/differences/curves.png" in said
    assert (approved.results / "differences/curves.png").is_file()
    assert main(["verify", "curves", "--all"]) == 1
    assert "give either figures, or --all" in capfd.readouterr().err


def test_frozen_fails_on_what_is_not_approved_or_left_over_and_plain_verify_does_not(
    approved, monkeypatch, capfd
):
    monkeypatch.chdir(approved.root)
    assert main(["verify", "--frozen"]) == main(["verify"]) == 0
    assert capfd.readouterr().out.endswith("22 of 22 approved files are the same bytes\n")
    (approved.derived("curves") / "new.csv").write_text("a\n")
    assert (main(["verify"]), main(["verify", "--frozen"])) == (0, 1)
    (approved.derived("curves") / "new.csv").unlink()
    (approved.results / "figures/gone.pdf").touch()
    before = {path: path.stat().st_mtime_ns for path in approved.root.rglob("*")}
    assert (main(["verify"]), main(["verify", "--frozen"])) == (0, 1)
    assert before == {path: path.stat().st_mtime_ns for path in approved.root.rglob("*")}
