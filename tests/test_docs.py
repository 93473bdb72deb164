"""The pages of the documentation: what can be seen without building them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(
    page.relative_to(DOCS).as_posix()
    for folder in ("tutorials", "howto", "explanation", "reference")
    for page in (DOCS / folder).glob("*.md")
)
COLUMNS = 96
"""As many fit into the column of a page; `docs/ruff.toml` has the same."""

CARDS = re.search(r"::::\{container\} cards\n(.*?)::::", (DOCS / "index.md").read_text(), re.DOTALL)
READERS = re.findall(r"^- \*\*(.+?)\*\*(.*?)(?=^- |\Z)", CARDS[1] if CARDS else "", re.DOTALL | re.MULTILINE)


def code_lines(page: str) -> list[str]:
    return [
        line for block in re.findall(r"^```.*?^```", text(page), re.DOTALL | re.MULTILINE) for line in block.split("\n")
    ]


def text(page: str) -> str:
    return (DOCS / page).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_code_fits_the_column(page: str):
    assert [line for line in code_lines(page) if len(line) > COLUMNS] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_landing_page_leads_to_every_page(page: str):
    assert f"\n{page.removesuffix('.md')}\n" in text("index.md")


@pytest.mark.parametrize("page", ["index.md", *PAGES])
def test_links_lead_to_pages_that_exist(page: str):
    targets = re.findall(r"\]\(([\w./-]+\.md)\)", text(page))
    assert [target for target in targets if not (DOCS / page).parent.joinpath(target).exists()] == []


def test_the_landing_page_speaks_to_four_readers():
    assert [reader for reader, _ in READERS] == [
        "I trained a model.",
        "I build a circuit.",
        "I have a NIR file.",
        "I have a chip.",
    ]


@pytest.mark.parametrize(("reader", "card"), READERS)
def test_each_reader_reaches_a_running_example_in_one_click(reader: str, card: str):
    pages = re.findall(r"\]\(([\w./-]+\.md)\)", card)
    assert pages
    assert all("```{code-cell}" in text(page) for page in pages)
