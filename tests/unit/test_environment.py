"""The lock, the package metadata and the conda environment name the same versions."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from figproof.yamlfile import load_yaml

ROOT = Path(__file__).parents[2]
CONDA_NAMES = {
    "snakemake-minimal": "snakemake",
    "matplotlib-base": "matplotlib",
    "ruamel.yaml": "ruamel-yaml",
}
# Programs and Python itself: not Python packages, so not in the lock.
NOT_PYTHON = {"python", "make", "git", "mongodb", "pip"}


def lock() -> dict[str, str]:
    text = (ROOT / "requirements.lock").read_text()
    versions = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE))
    assert len(versions) > 50, "the lock was not read"
    return versions


def conda_pins() -> dict[str, str]:
    dependencies = load_yaml(ROOT / "environment.yml")["dependencies"]
    pins = {}
    for entry in dependencies:
        if isinstance(entry, dict):
            pins |= dict(line.split("==") for line in entry["pip"] if "==" in line)
        elif entry.split("=")[0] not in NOT_PYTHON:
            name, _, version = entry.partition("=")
            pins[CONDA_NAMES.get(name, name)] = version
    return pins


def test_conda_gets_the_versions_of_the_lock():
    pins = conda_pins()
    assert pins, "no pin found"
    assert pins == {name: lock()[name] for name in pins}


def test_conda_brings_every_direct_dependency():
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {Requirement(line).name.lower().replace(".", "-") for line in metadata["dependencies"]}
    assert needed - set(conda_pins()) == set()


def test_the_lock_fits_the_package_metadata():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        requirement = Requirement(line)
        version = lock()[requirement.name.lower().replace(".", "-")]
        assert requirement.specifier.contains(version, prereleases=True), line


def test_every_package_of_the_lock_has_hashes():
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / "requirements.lock").read_text())
    assert [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(
    "name",
    ["requirements.lock", "pyproject.toml", "environment.yml", "Makefile", ".ci/run", "paper/base/.ci/run"],
)
def test_no_file_names_a_registry_host(name):
    assert re.findall(r"https?://|index-url", (ROOT / name).read_text()) == []
