"""``results/index.html``: nothing in it comes from elsewhere, and what runs and YAMLs say is text."""

import re

HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_the_page_shows_every_figure_with_its_files_runs_and_digests(built):
    page = (built.root / "results/index.html").read_text()
    for figure in (path.stem for path in (built.root / "config/figures").glob("*.yaml")):
        assert f'<section id="{figure}">' in page
        for suffix in ("pdf", "svg", "png", "provenance.json"):
            assert f'href="figures/{figure}.{suffix}"' in page
    for link in re.findall(r'(?:href|src)="([^"#]+)"', page):
        assert (built.root / "results" / link).is_file(), f"{link} leads nowhere"


def test_a_hostile_caption_stays_text_and_no_script_could_run(copy):
    path = copy.root / "config/figures/confusion_adam.yaml"
    path.write_text(
        re.sub(r"caption:.*?(?=^\w)", f"caption: '{HOSTILE}'\n", path.read_text(), flags=re.S | re.M)
    )
    copy.run("figproof", "index")
    page = (copy.root / "results/index.html").read_text()
    assert "<script" not in page and "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "default-src 'none'" in page
