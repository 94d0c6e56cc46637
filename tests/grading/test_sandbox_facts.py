"""Each backend does what its description says, as root and as an ordinary user.

`sandbox_cases.py` plays the attacks in a process of its own for each user and backend; each fact is a test here. The
ordinary user gets a copy of the grader in a folder of its own, and a Python that others may read: the repository and
the running Python may lie below /root.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from autograder import sandbox, sandbox_folder, sandbox_view

pytestmark = pytest.mark.sandbox

HERE = Path(__file__).resolve().parent
# The ordinary users, one for each variant: the kernel counts tasks by user, and one's fork bomb is not another's.
NOBODY = 61000
TIMEOUT_S = 240
SECRET = "the hidden answer is 42"
NEWEST_ABI = 99
USERS = ("root", "user") if os.geteuid() == 0 else ("user",)
# Without version 6 Landlock lets signals out, without 4 it lets TCP out: the filter of system calls must hold alone.
BACKENDS = (("bubblewrap", NEWEST_ABI), ("landlock", NEWEST_ABI), ("landlock", 1))
VARIANTS = [(user, *backend) for user in USERS for backend in BACKENDS if (user, *backend) != ("root", "landlock", 1)]
VARIANTS.append((USERS[-1], "none", NEWEST_ABI))
FACTS = [
    pytest.param(variant, fact, id=f"{variant[0]}-{variant[1]}{variant[2] if variant[2] < NEWEST_ABI else ''}-{fact}")
    for variant in VARIANTS
    if variant[1] == "none" or sandbox.probe(variant[1]).works
    for fact in [*sandbox.describe(variant[1]).stops, "everything else"]
]


class Stage:
    """A folder that an ordinary user can reach, with the grader and a Python in it; and the attacks played on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        repository = folder / "repository"
        course = sandbox_view.course_package()
        shutil.copytree(sandbox_view.HERE, repository / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(course, repository / "course" / "faultlab", ignore=shutil.ignore_patterns("__pycache__"))
        (repository / "pyproject.toml").touch()
        shutil.copy(HERE / "sandbox_cases.py", repository)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        self.repository = repository
        self.path = [repository, repository / "course", *sandbox_view.Python.running().site_dirs]
        self.python = Path(sys.executable)
        if os.geteuid() == 0:
            self.python, sites = python_for_others(folder)
            self.path_for_others = [repository, repository / "course", *sites]
        self._pool = concurrent.futures.ThreadPoolExecutor(2)
        self._results = {v: self._pool.submit(self._play, *v) for v in dict.fromkeys(p.values[0] for p in FACTS)}

    def _play(self, user: str, backend: str, abi_max: int) -> dict[str, str | None]:
        home = Path(tempfile.mkdtemp(dir=self.folder))
        (home / "place").mkdir()
        other = user == "user" and os.geteuid() == 0
        nobody = NOBODY + VARIANTS.index((user, backend, abi_max))
        if other:
            for path in (home, home / "place"):
                os.chown(path, nobody, nobody)
        done = subprocess.run(
            [
                str(self.python if other else sys.executable),
                str(self.repository / "sandbox_cases.py"),
                backend,
                str(abi_max),
                str(home / "place"),
            ],
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(home),
                "TMPDIR": str(home),
                "PYTHONPATH": ":".join(map(str, self.path_for_others if other else self.path)),
                "PYTHONDONTWRITEBYTECODE": "1",
                "SECRET": SECRET,
            },
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            **({"user": nobody, "group": nobody, "extra_groups": []} if other else {}),
        )
        assert done.returncode == 0, f"the judge did not live to report: {done.returncode} {done.stderr[-3000:]}"
        return json.loads(done.stdout)

    def result(self, variant: tuple[str, str, int]) -> dict[str, str | None]:
        return self._results[variant].result()


def python_for_others(folder: Path) -> tuple[Path, tuple[Path, ...]]:
    """A Python of the same version that every user may run, and library folders for it."""
    running = sandbox_view.Python.running()
    sites = running.site_dirs
    if not all(sandbox_view.Python(s, (), (s,)).readable_by_others() for s in sites):
        sites = (copy_libraries(folder / "libraries"),)
    if sandbox_view.Python(running.executable, running.prefixes, ()).readable_by_others():
        return running.executable, sites
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    system = Path("/usr/bin") / name
    if system.exists() and Path(f"/usr/lib/{name}/json").exists():
        return system, sites
    return copy_python(folder / "python", name), sites


def copy_python(target: Path, name: str) -> Path:
    """The running Python without its tests and libraries."""
    prefix = Path(sys.base_prefix)
    left_out = shutil.ignore_patterns("test", "site-packages", "__pycache__", "idlelib", "config-*", "*.a")
    shutil.copytree(prefix / "lib" / name, target / "lib" / name, ignore=left_out)
    (target / "bin").mkdir()
    shutil.copy(prefix / "bin" / name, target / "bin")
    for library in (prefix / "lib").glob("libpython*.so*"):
        shutil.copy(library, target / "lib")
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o055 if path.is_dir() else path.stat().st_mode | 0o044)
    (target / "bin" / name).chmod(0o755)
    return target / "bin" / name


def copy_libraries(target: Path) -> Path:
    """IPython, pyseccomp and all that they need."""
    target = target / "site-packages"
    target.mkdir(parents=True)
    pending, seen = ["ipython", "pyseccomp"], set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        pending += [re.split(r"[ ;<>=!~\[(]", r)[0] for r in distribution.requires or [] if "extra ==" not in r]
        for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            source = Path(str(distribution.locate_file(top)))
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target / top)
    for path in [target.parent, *target.parent.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


@cache
def stage_folder() -> Path:
    return sandbox_folder.make("stage")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    folder = stage_folder()
    try:
        yield Stage(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(("variant", "fact"), FACTS)
def test_the_backend_stops_what_it_says_it_stops(stage: Stage, variant: tuple[str, str, int], fact: str) -> None:
    result = stage.result(variant)
    if fact == "everything else":
        stated = set(sandbox.describe(variant[1]).stops)
        assert {k: v for k, v in result.items() if k not in stated and v} == {}
        assert stated <= set(result), "a stated fact has no test"
    else:
        assert result[fact] is None, result[fact]


def test_at_least_one_sandbox_works_here() -> None:
    assert sandbox.available(), {n: sandbox.probe(n).why for n in ("bubblewrap", "landlock")}


def test_nothing_is_left_behind(stage: Stage) -> None:
    for variant in {p.values[0]: None for p in FACTS}:
        stage.result(variant)
    left, nobodies = [], range(NOBODY, NOBODY + len(VARIANTS))
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{name}/cmdline").read_bytes()
            # An ended process that its parent has not asked after yet has no command line.
            if command and (os.stat(f"/proc/{name}").st_uid in nobodies or str(stage.folder).encode() in command):
                left.append(command)
    assert left == []
