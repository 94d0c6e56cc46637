"""The whole way from a submission to a grade as an ordinary user, who owns nothing but the course's folder.

When the tests run as root, that user is `nobody`, with a copy of the project and a Python that others may read; else it
is whoever runs the tests.
"""

import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT = os.geteuid() == 0


def python_for_others(folder):
    """A Python of this version and its libraries, readable by everybody (see the sandbox's tests)."""
    spec = importlib.util.spec_from_file_location("sandbox_facts", Path(__file__).with_name("test_sandbox_facts.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    view, running = module.sandbox_view.Python, module.sandbox_view.Python.running()
    python, _some = module.python_for_others(folder)
    sites = running.site_dirs
    if not view(sites[0], (), sites).readable_by_others():
        sites = []
        for number, site in enumerate(running.site_dirs):
            target = folder / f"site{number}"
            # Links where that is possible: the libraries have hundreds of megabytes.
            if subprocess.run(["cp", "-al", site, target], capture_output=True).returncode != 0:
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(site, target)
            sites.append(target)
    return python, sites


def share_for_others(folder):
    """Where nbconvert's page templates are, readable by everybody."""
    source = Path(sys.prefix) / "share" / "jupyter" / "nbconvert"
    shutil.copytree(source, folder / "share" / "nbconvert")
    for path in [folder / "share", *(folder / "share").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder / "share"


@pytest.fixture(scope="module")
def other(tiny_class, empty_gradebook):
    """A tiny course that belongs to an ordinary user, and programs started as that user."""
    place = Path(tempfile.mkdtemp(prefix="faultlab-user-"))
    place.chmod(0o755)
    root = place / "course"
    if not ROOT:
        yield tiny_class(root, empty_gradebook)
        shutil.rmtree(place, ignore_errors=True)
        return
    repository = place / "project"
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "autograder", repository / "autograder", ignore=skip)
    shutil.copytree(REPOSITORY / "course" / "faultlab", repository / "course" / "faultlab", ignore=skip)
    (repository / "pyproject.toml").touch()
    for path in [repository, *repository.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    python, sites = python_for_others(place)
    programs = place / "bin"
    programs.mkdir()
    (programs / "alembic").write_text(f'#!/bin/sh\nexec {python} -m alembic "$@"\n')
    (programs / "alembic").chmod(0o755)
    programs.chmod(0o755)
    course = tiny_class(root, None, repository)
    (root / "home").mkdir()
    (root / "tmp").mkdir()
    user = pwd.getpwnam("nobody")
    own(root, user)
    course.python = str(python)
    course.settings = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    course.settings["env"] = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(root / "home"),
        "TMPDIR": str(root / "tmp"),
        "PYTHONPATH": os.pathsep.join(map(str, [repository / "course", repository, *sites])),
        "PYTHONDONTWRITEBYTECODE": "1",
        "JUPYTER_PATH": str(share_for_others(place)),
        "FAULTLAB_ROOT": str(root),
        "FAULTLAB_LANGUAGE": "en",
    }
    yield course
    shutil.rmtree(place, ignore_errors=True)


def own(folder, user):
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid)


def ok(done):
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def graded(other):
    ok(other.faultlab("fetch", "counter"))
    path = other.root / "work" / "counter" / "counter.ipynb"
    path.write_text(json.dumps(other.filled()))
    ok(other.faultlab("submit", "counter", "--student", "ada"))
    spy = f"import glob\nprint('FOUND', glob.glob({str(other.root)!r} + '/*'))"
    other.hand_in("bob", other.filled(other.WRONG, more=[spy]))
    other.hand_in("eve", other.filled(other.RIGHT.replace("return self.n", "import os; os._exit(0)")))
    if ROOT:
        own(other.root, pwd.getpwnam("nobody"))
    other.told = ok(other.faultlab("grade", "counter"))
    return other


def test_an_ordinary_user_grades_with_a_sandbox(graded):
    assert "ada ... 5 of 10" in graded.told
    assert "bob ... 1 of 10" in graded.told
    assert "eve ... 1 of 10" in graded.told
    assert graded.record("ada")["sandbox"] in ("bubblewrap", "landlock")


def test_a_submission_sees_nothing_of_the_ordinary_user_who_grades_it(graded):
    text = (graded.root / "grading/autograded/bob/counter/counter.ipynb").read_text()
    assert "FOUND []" in text


def test_nbgrader_s_own_commands_work_for_an_ordinary_user(graded):
    ok(graded.nbgrader("autograde", "counter", "--force", "--student", "ada"))
    ok(graded.nbgrader("generate_feedback", "counter", "--force", "--student", "ada"))
    ok(graded.nbgrader("export", "--to", str(graded.root / "out.csv")))
    assert "ada" in (graded.root / "out.csv").read_text()
    assert "5 of 10 points" in graded.page("ada")


def test_everything_that_was_made_belongs_to_that_user(graded):
    owner = pwd.getpwnam("nobody").pw_uid if ROOT else os.geteuid()
    assert {p.stat().st_uid for p in (graded.root / "grading").rglob("*")} == {owner}
