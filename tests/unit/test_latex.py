"""What runs say stays text in LaTeX and Markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figproof.latex import escape_latex, escape_markdown, macro_name


@given(st.text(max_size=40))
def test_no_character_of_a_name_is_a_command(text):
    escaped = escape_latex(text)
    # What is left after the escapes themselves holds none of TeX's special characters.
    rest = re.sub(
        r"\\(textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar)\{\}", "", escaped
    )
    rest = re.sub(r"\$(-|\\pm)\$|\\[{}$&#%_]", "", rest)
    assert not re.search(r"[\\{}$&#%_^~<>|]", rest)
    assert "\n" not in escaped and escaped.isprintable()


def test_a_hostile_name_is_printed_and_not_run():
    assert escape_latex(r"\input{/etc/passwd} 50% a_b") == (r"\textbackslash{}input\{/etc/passwd\} 50\% a\_b")
    assert escape_markdown("a|b <script> [x](y)") == r"a\|b \<script\> \[x\](y)"


@pytest.mark.parametrize(
    "parts, name",
    [(("fig_2", "adam"), "figTwoAdam"), (("Results", "lr=0.1"), "resultsLrZeroOne"), (("a-b", "é"), "aB")],
)
def test_a_macros_name_is_letters_only(parts, name):
    assert macro_name(*parts) == name and re.fullmatch("[A-Za-z]+", name)
