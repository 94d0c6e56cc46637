"""The repository's address stands in one place, and the badges follow it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from faultlab.badge import READMES, ROOT, launch_url, repository, set_repository


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", *READMES):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://github.com/a/b", "gh/a/b"),
        ("https://gitlab.com/a/b/c", "gl/a%2Fb%2Fc"),
        ("https://git.example.org/a/b", "git/https%3A%2F%2Fgit.example.org%2Fa%2Fb"),
    ],
)
def test_mybinder_spells_each_host_in_its_own_way(address: str, place: str) -> None:
    assert launch_url(address, "ru") == f"https://mybinder.org/v2/{place}/HEAD?urlpath=lab/tree/course/ru/index.ipynb"


@pytest.mark.parametrize(("name", "language"), READMES.items())
def test_each_readme_has_the_badge_of_its_language_and_no_other(name: str, language: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(re.findall(r"https://mybinder\.org/v2/[^)\s]+", text)) == {launch_url(repository(), language)}


def test_a_new_address_reaches_every_place_and_the_way_back_restores_them(copy: Path) -> None:
    before = {name: (copy / name).read_bytes() for name in ("pyproject.toml", *READMES)}
    old, new = repository(copy), "https://gitlab.com/some/where"
    assert set_repository(f"{new}.git", copy) == list(before)
    assert repository(copy) == new
    for name, language in READMES.items():
        text = (copy / name).read_text(encoding="utf-8")
        assert launch_url(new, language) in text and old not in text and launch_url(old, language) not in text
    set_repository(old, copy)
    assert {name: (copy / name).read_bytes() for name in before} == before


@pytest.mark.parametrize("address", ["", "github.com/a/b", "git@github.com:a/b", "https://github.com/"])
def test_what_is_no_address_is_refused_and_changes_nothing(copy: Path, address: str) -> None:
    with pytest.raises(ValueError, match="not the https address"):
        set_repository(address, copy)
    assert repository(copy) == repository()
