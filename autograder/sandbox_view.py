"""What a learner's process can see: a Python, its libraries, and a small *kit* in place of the course.

1. The kit holds the worker, the launcher and a stub package `faultlab`: the real `errors`, `sim` and `checks.servant`,
   and stand-ins for everything else. Reference models, hidden checks and the repository are not in it.
2. The libraries are the site-packages folders of the running Python, without `faultlab` and `autograder`. Their
   `.pth` files are not processed, so an editable install does not lead back into the repository.
3. Everything is read-only.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from autograder import sandbox_folder

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Python:
    """An interpreter without its virtual environment, and the library folders to give it."""

    executable: Path
    prefixes: tuple[Path, ...]
    site_dirs: tuple[Path, ...]

    @classmethod
    def running(cls) -> Python:
        """The interpreter that runs this, outside of its virtual environment."""
        executable = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
        prefixes = {Path(p).resolve() for p in (sys.base_prefix, sys.base_exec_prefix)}
        names = [*sys.path, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        folders = [Path(p) for p in names if Path(p).name in ("site-packages", "dist-packages") and os.path.isdir(p)]
        return cls(executable, tuple(sorted(prefixes)), tuple(dict.fromkeys(p.resolve() for p in folders)))

    def readable_by_others(self) -> bool:
        """Whether a user without any rights may run it."""
        paths = [self.executable, *self.prefixes, *self.site_dirs]
        return all((p.stat().st_mode & 0o005) == 0o005 for path in paths for p in (path, *path.parents))


def course_package() -> Path:
    """The folder of the real package `faultlab`."""
    spec = importlib.util.find_spec("faultlab")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package faultlab is not installed: run make lab or make test once")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def hidden_by_default() -> tuple[Path, ...]:
    """What must not be seen even where it lies below a folder that may be: the course, the grader, the repository."""
    course = course_package()
    hidden = [HERE, course]
    if (HERE.parent / "pyproject.toml").exists():
        hidden.append(HERE.parent)
    return tuple(hidden)


def build_kit() -> Path:
    """Copy the kit into a fresh folder that everybody may read. The caller removes it."""
    kit = sandbox_folder.make("kit")
    course = course_package()
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HERE / "stub" / "faultlab", kit / "faultlab", ignore=without_caches)
    shutil.copytree(course / "sim", kit / "faultlab" / "sim", ignore=without_caches)
    shutil.copy(course / "errors.py", kit / "faultlab")
    shutil.copy(course / "checks" / "servant.py", kit / "faultlab" / "checks")
    for name in ("worker.py", "sandbox_launch.py"):
        shutil.copy(HERE / name, kit)
    for cache in matplotlib_cache().glob("fontlist-*.json"):
        (kit / "matplotlib").mkdir(exist_ok=True)
        shutil.copy(cache, kit / "matplotlib")
    for folder, _, files in os.walk(kit):
        os.chmod(folder, 0o755)
        for file in files:
            os.chmod(os.path.join(folder, file), 0o644)
    return kit


def matplotlib_cache() -> Path:
    """Where matplotlib keeps its list of fonts. Without it, the first import in each fresh home takes seconds."""
    chosen = os.environ.get("MPLCONFIGDIR")
    return Path(chosen or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matplotlib")


def below(path: Path, root: Path) -> bool:
    return path == root or root in path.parents


def landlock_rules(root: Path, hidden: tuple[Path, ...]) -> list[tuple[str, str]]:
    """Rules that let `root` be read except for what is `hidden` in it.

    Landlock rules only ever add rights, so a folder that holds something hidden may be listed, and its other
    entries are named one by one.
    """
    if root in hidden:
        return []
    inside = tuple(h for h in hidden if below(h, root))
    if not inside:
        return [(str(root), "read")]
    rules = [(str(root), "list")]
    for entry in sorted(root.iterdir()):
        # A rule would follow a link out of the folder; what the link points to is readable if a rule of its own
        # says so.
        if entry.is_dir() and not entry.is_symlink():
            rules += landlock_rules(entry, inside)
        elif not entry.is_symlink() and entry not in inside:
            rules.append((str(entry), "read"))
    return rules


@dataclass(frozen=True)
class View:
    """Folders to show and to hide. `hidden` adds to the course, the grader and the repository."""

    python: Python = field(default_factory=Python.running)
    hidden: tuple[Path, ...] = ()

    def all_hidden(self) -> tuple[Path, ...]:
        installed = [d / name for d in self.python.site_dirs for name in ("faultlab", "autograder")]
        found = [p.resolve() for p in (*hidden_by_default(), *self.hidden, *installed) if p.exists()]
        return tuple(dict.fromkeys(found))
