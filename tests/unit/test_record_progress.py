"""Progress on a terminal and in a log."""

from __future__ import annotations

import io

import pytest

from figproof.record import progress
from figproof.record.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def clocked(monkeypatch: pytest.MonkeyPatch, times: list[float]) -> None:
    left = iter(times)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(left))


def test_a_log_gets_four_lines_however_many_steps_there_are() -> None:
    stream = io.StringIO()
    line = Progress("rows", 100, stream)
    for _ in range(100):
        line.step()
    assert [text.split()[1] for text in stream.getvalue().splitlines()] == [
        "25/100",
        "50/100",
        "75/100",
        "100/100",
    ]


def test_long_work_says_how_long_it_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    clocked(monkeypatch, [0.0, 2.0, 4.0])
    stream = Terminal()
    line = Progress("rows", 32, stream)
    line.step()
    line.step("loss 1")
    assert stream.getvalue().split("\r\x1b[K")[1:] == ["rows 1/32, 62 s left", "rows 2/32 loss 1, 60 s left"]


def test_steps_that_were_done_before_do_not_promise_a_quick_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clocked(monkeypatch, [0.0] * 11 + [30.0 * n for n in range(1, 10)])
    stream = Terminal()
    line = Progress("rows", 40, stream)
    for _ in range(19):
        line.step()
    assert stream.getvalue().endswith("rows 19/40, 10 min left")


def test_quick_work_does_not_chatter(monkeypatch: pytest.MonkeyPatch) -> None:
    clocked(monkeypatch, [0.0, 0.1, 0.2])
    stream = Terminal()
    line = Progress("rows", 2, stream)
    line.step()
    line.step()
    assert "left" not in stream.getvalue()
