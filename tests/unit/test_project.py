"""The shape of the project: which way imports point, and what no file may name."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from faultlab.build import ROOT

PACKAGE = ROOT / "course" / "faultlab"
STANDARD = set(sys.stdlib_module_names)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def imports(path: Path, lazy: bool = True) -> Iterator[str]:
    """The modules that a file imports, dotted; without `lazy`, only those it imports when it is imported itself."""
    nodes: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not lazy:
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are written in full"
            # `from faultlab import sim` imports a module, `from faultlab.sim import Loop` a name in one.
            yield from (f"{node.module}.{name.name}" for name in node.names)
        nodes.extend(ast.iter_child_nodes(node))


def breaches(files: Iterator[Path] | list[Path], allowed: set[str], lazy: bool = True) -> list[str]:
    """Imports outside the standard library and `allowed` (module prefixes)."""
    return [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files
        for module in imports(path, lazy)
        if module.partition(".")[0] not in STANDARD
        and not any(module == prefix or module.startswith(f"{prefix}.") for prefix in allowed)
    ]


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [
        ("errors.py", set()),
        ("sim", {"networkx", "faultlab.sim"}),
        ("models", {"networkx", "faultlab.sim", "faultlab.errors", "faultlab.models"}),
        ("checks/servant.py", {"faultlab.errors", "faultlab.sim"}),
    ],
)
def test_the_core_runs_wherever_python_runs(folder: str, allowed: set[str]) -> None:
    where = PACKAGE / folder
    assert not breaches(sorted(where.rglob("*.py")) if where.is_dir() else [where], allowed)


@pytest.mark.parametrize("folder", ["plots", "widgets", "live"])
def test_pictures_and_labs_know_nothing_of_checks(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted((PACKAGE / folder).rglob("*.py"))
        for module in imports(path)
        if module.startswith("faultlab.checks")
    ]
    assert not found


def test_checks_need_no_pictures_until_one_is_shown() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted((PACKAGE / "checks").rglob("*.py"))
        for module in imports(path, lazy=False)
        if module.startswith(("faultlab.widgets", "faultlab.plots", "matplotlib", "ipywidgets", "anywidget"))
    ]
    assert not found


def test_the_package_does_not_know_its_grader() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent.name != "settings"
        for module in imports(path)
        if module.partition(".")[0] == "autograder"
    ]
    assert not found


def test_every_import_is_declared_or_comes_with_what_is_declared() -> None:
    """A package that a dependency happens to pull in further down may be gone with its next version."""
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    lab = {canonicalize_name(Requirement(line).name) for line in PROJECT["optional-dependencies"]["lab"]}
    theirs = {
        canonicalize_name(Requirement(line).name)
        for name in declared | lab
        for line in requires(name) or ()
        if "extra ==" not in line
    }
    modules = {
        module
        for module, names in packages_distributions().items()
        if {canonicalize_name(name) for name in names} & (declared | lab | theirs)
    }
    files = [path for folder in (PACKAGE, ROOT / "autograder") for path in sorted(folder.rglob("*.py"))]
    assert not breaches(files, modules | {"faultlab", "autograder"})


def tracked() -> list[Path]:
    """The files that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_index_or_a_folder_of_this_machine() -> None:
    index = re.compile("|".join(f"{word}-{rest}" for word, rest in (("index", "url"), ("find", "links"))))
    here = str(ROOT) + "/"
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if index.search(text) or here in text:
            found.append(str(path.relative_to(ROOT)))
    assert not found


def test_the_lock_holds_every_requirement_with_its_hashes() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = [canonicalize_name(name) for name in re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", lock, re.MULTILINE)]
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    wanted = {canonicalize_name(Requirement(line).name) for group in groups for line in group}
    assert wanted <= set(pinned)
    assert len(re.findall(r"^\S+==.* \\\n    --hash=sha256:", lock, re.MULTILINE)) == len(pinned)
