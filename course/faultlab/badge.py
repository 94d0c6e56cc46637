"""The repository's public address, and the Binder badges that carry it.

The address stands in one place, `[tool.faultlab] repository` in pyproject.toml. The READMEs repeat it in the badge and
in the clone command; `make set-repository URL=...` writes all of them, and a test compares them.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parents[2]

READMES = {"README.md": "en", "README.ru.md": "ru"}
# How mybinder.org spells a host; any other is reached as plain git.
PROVIDERS = {"github.com": "gh", "gitlab.com": "gl"}


def repository(root: Path = ROOT) -> str:
    """The public address, as pyproject.toml has it."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["faultlab"]["repository"]


def launch_url(address: str, language: str) -> str:
    """Where the badge leads: mybinder.org builds the repository and opens the index in `language`."""
    parts = urlsplit(address)
    provider = PROVIDERS.get(parts.netloc)
    path = parts.path.strip("/").removesuffix(".git")
    if provider == "gh":
        place = f"gh/{path}"
    elif provider:
        place = f"{provider}/{quote(path, safe='')}"
    else:
        place = f"git/{quote(address, safe='')}"
    return f"https://mybinder.org/v2/{place}/HEAD?urlpath=lab/tree/course/{language}/index.ipynb"


def set_repository(address: str, root: Path = ROOT) -> list[str]:
    """Write a new address wherever the old one stands; returns the names of the files that changed."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.netloc or not parts.path.strip("/"):
        raise ValueError(f"not the https address of a repository: {address!r}")
    address, old = address.rstrip("/").removesuffix(".git"), repository(root)
    changed = []
    for name, language in {"pyproject.toml": "en", **READMES}.items():
        path = root / name
        text = path.read_text(encoding="utf-8")
        new = text.replace(launch_url(old, language), launch_url(address, language))
        new = re.sub(rf"{re.escape(old)}(?![\w/-])", lambda _found: address, new)
        if new != text:
            path.write_text(new, encoding="utf-8")
            changed.append(name)
    return changed


def main(arguments: list[str] | None = None) -> int:
    """`python -m faultlab.badge URL`."""
    parser = argparse.ArgumentParser(prog="python -m faultlab.badge", description="Set the repository's address.")
    parser.add_argument("url", help="such as https://github.com/owner/repository")
    try:
        changed = set_repository(parser.parse_args(arguments).url)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"changed: {', '.join(changed) or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
