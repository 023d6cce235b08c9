"""The page on proving a paper, followed in a new paper: status, review, rebuilding, and a bundle."""

import os

from checkouts import BIN, Checkout
from pages import follow


def test_the_page_on_proving_a_paper_does_what_it_says(tmp_path):
    Checkout(tmp_path).run("figproof", "init", "paper", "--example")
    who = {f"GIT_{role}_{what}": "a" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    outer = {"HOME": str(tmp_path), "PATH": f"{BIN}:{os.environ['PATH']}", **who}
    did = follow("prove-a-paper.md", tmp_path / "paper", outer)
    assert did.count("console") >= 6, "the page was not read"
    assert not (tmp_path / "paper/results").exists(), "the bundle was verified without what was built"
