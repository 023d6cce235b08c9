"""A killed derivation goes on with the steps that are done, and its numbers are the same bytes."""

from pathlib import Path

import numpy as np
import pytest

from figproof.kinds import load_kind
from figproof.numerics.embedding_chain import Tsne, Umap
from figproof.steps import kept_in, step
from figproof.tables import table_files

ROOT = Path(__file__).parents[2]
DATA = np.arange(6.0).reshape(3, 2) / 7


class Counting:
    """A chain of three steps that may be killed before one of them."""

    def __init__(self):
        self.computed = []

    def run(self, killed_before=None, factor=3.0):
        value = DATA
        for number in range(3):

            def compute(number=number, value=value):
                if number == killed_before:
                    raise KeyboardInterrupt
                self.computed.append(number)
                return np.sin(factor * value)

            value = step(f"step {number}", [value], {"number": number, "factor": factor}, compute)
        return value.tobytes()


def keep(folder, said=None, **depends_on):
    return kept_in(folder, depends_on, (said if said is not None else []).append)


def test_a_killed_chain_goes_on_with_what_is_missing_and_ends_with_the_same_bytes(tmp_path):
    alone = Counting().run()
    counting, said = Counting(), []
    with pytest.raises(KeyboardInterrupt), keep(tmp_path):
        counting.run(killed_before=2)
    with keep(tmp_path, said):
        assert counting.run() == alone
    assert counting.computed == [0, 1, 2]
    assert said == ["step 0: done before", "step 1: done before"]


@pytest.mark.parametrize("change", [{"factor": 2.0}, {"code": "new"}])
def test_another_setting_or_another_code_computes_anew(tmp_path, change):
    counting = Counting()
    with keep(tmp_path, code="old"):
        counting.run()
    with keep(tmp_path, code=change.get("code", "old")):
        counting.run(factor=change.get("factor", 3.0))
    assert counting.computed == [0, 1, 2, 0, 1, 2]


def test_other_data_computes_anew(tmp_path):
    for data in (DATA, DATA + 1e-16 * (DATA > 0.5), DATA.reshape(2, 3)):
        with keep(tmp_path):
            assert step("", [data], {}, lambda data=data: data * 2).tolist() == (data * 2).tolist()


@pytest.mark.parametrize("damage", [lambda old: old[:-3], lambda old: old[:-1] + b"x", lambda old: b""])
def test_a_damaged_file_is_computed_anew_never_believed(tmp_path, damage):
    counting = Counting()
    with keep(tmp_path):
        expected = counting.run()
    for path in tmp_path.glob("*.step"):
        path.write_bytes(damage(path.read_bytes()))
    with keep(tmp_path):
        assert counting.run() == expected
    assert counting.computed == [0, 1, 2, 0, 1, 2]


def test_a_finished_derivation_leaves_its_own_steps_only(tmp_path):
    with keep(tmp_path):
        Counting().run()
    with keep(tmp_path):
        Counting().run(factor=2.0)
    assert len(list(tmp_path.glob("*.step"))) == 3


def test_outside_of_a_block_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with keep(tmp_path / "kept"):
        pass
    Counting().run()
    assert not list(tmp_path.rglob("*.step"))


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_figure_has_the_same_files_computed_whole_resumed_and_found_done(tmp_path, monkeypatch, method):
    kind = load_kind(ROOT / "figures", "embedding")
    snapshot = kind.example().snapshot
    params = kind.params(epochs=[2, 8, 20], method=method, independent=[8])

    def files():
        return table_files(kind.derive(snapshot, params))

    whole = files()
    layout, rounds = {"tsne": Tsne, "umap": Umap}[method], []
    fit = layout.fit

    def killed_at_the_third(self, *given):
        rounds.append(given)
        if len(rounds) == 3:
            raise KeyboardInterrupt
        return fit(self, *given)

    monkeypatch.setattr(layout, "fit", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt), keep(tmp_path):
        files()
    with keep(tmp_path):
        assert files() == whole
    assert len(rounds) == 5, "of four layouts, two were done when it was killed"
    with keep(tmp_path):
        assert files() == whole
    assert len(rounds) == 5


def test_quick_steps_are_silent_and_slow_ones_say_how_long_they_took(tmp_path, monkeypatch):
    said = []
    with keep(tmp_path, said):
        step("quick", [DATA], {}, lambda: DATA)
        clock = iter([0.0, 2.5])
        monkeypatch.setattr("figproof.steps.time.monotonic", lambda: next(clock))
        step("slow", [DATA], {"other": 1}, lambda: DATA)
    assert said == ["slow: 2.5 s"]
