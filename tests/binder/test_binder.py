"""What mybinder.org builds from `binder/`: the real repo2docker takes it, and its steps work for an ordinary user.

Nothing here needs docker: repo2docker renders the Dockerfile, and the steps in it that are ours (pip's line and
postBuild) run as they stand there, in a fresh environment that holds the Jupyter of Binder's own base.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from repo2docker.app import Repo2Docker

from faultlab.badge import READMES, ROOT, launch_url, repository

# In Binder's base these come first, and the course must live with the versions that are there.
BASE = ("jupyterlab", "notebook", "jupyter_server", "jupyterlab_server", "ipywidgets", "ipykernel", "nbclient")
TOKEN = "t"


@dataclass
class Image:
    """The emulated image: a copy of the repository as the home, an environment, and the user both belong to."""

    home: Path
    prefix: Path
    user: dict[str, object]
    environment: dict[str, str]

    def run(self, command: str, timeout_s: float = 900.0) -> subprocess.CompletedProcess[str]:
        """Run one line of the Dockerfile's, by the shell, in the home, as the user."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            **self.user,
        )


def copy_of_the_repository(to: Path) -> Path:
    """What git keeps of it: Binder builds from a clone."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    return to


def rendered(folder: Path) -> tuple[str, object]:
    """The Dockerfile that repo2docker writes for `folder`, and the buildpack that wrote it."""
    machine = "linux/arm64" if platform.machine() in ("aarch64", "arm64") else "linux/amd64"
    before = Path.cwd()
    os.chdir(folder)
    try:
        app = Repo2Docker()
        pack = next(pack for pack in (kind(app.base_image) for kind in app.buildpacks) if pack.detect())
        pack.platform = machine
        return pack.render({"NB_USER": "jovyan", "NB_UID": "1000"}), pack
    finally:
        os.chdir(before)


def python_for(everyone: bool) -> str:
    """An interpreter that the user may start: one below /root is closed to everybody else."""
    own = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if not everyone or all(folder.stat().st_mode & 0o001 for folder in own.parents):
        return str(own)
    check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    others = ("/usr/local/bin/python3", "/usr/bin/python3")
    for other in others:
        if Path(other).exists() and not subprocess.run([other, "-c", check], capture_output=True).returncode:
            return other
    raise AssertionError(f"no Python 3.11 with venv that an ordinary user may start: {own}, {', '.join(others)}")


def pip_configuration() -> dict[str, str]:
    """This user's pip configuration as environment variables, for a user who has none."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    pairs = re.findall(r"^(?:global|install|:env:|user|site)\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    return {"PIP_" + name.upper().replace("-", "_"): value.replace("\\n", " ") for name, value in pairs}


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The emulated image, before pip's line has run. Not below pytest's own folder, which is closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix="binder-"))
    folder.chmod(0o755)
    home, prefix = copy_of_the_repository(folder / "home"), folder / "env"
    prefix.mkdir()
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        user = {"user": 1000, "group": 1000, "extra_groups": []}
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 1000, 1000)
    environment = {
        **pip_configuration(),
        "HOME": str(home),
        "KERNEL_PYTHON_PREFIX": str(prefix),
        "LC_ALL": "C.UTF-8",
        "NB_PYTHON_PREFIX": str(prefix),
        "PATH": f"{prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COMPILE": "1",  # Python compiles what it uses; compiling all of it takes as long as the rest
        "REPO_DIR": str(home),
        "USER": "jovyan",
    }
    emulated = Image(home, prefix, user, environment)
    try:
        lock = next(
            Path(sys.modules["repo2docker"].__file__).parent.glob("buildpacks/conda/environment.py-3.12-linux-64.lock")
        )
        versions = dict(re.findall(r"/([\w-]+?)-(\d[\w.]*)-[\w]+\.conda", lock.read_text(encoding="utf-8")))
        base = " ".join(f"{name}=={versions[name]}" for name in BASE)
        made = emulated.run(f"{python_for(bool(user))} -m venv {prefix} && {prefix}/bin/pip install -q {base}")
        assert made.returncode == 0, made.stderr[-3000:]
        yield emulated
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_repo2docker_accepts_the_folder(tmp_path: Path) -> None:
    copy_of_the_repository(tmp_path)
    command = [
        sys.executable,
        "-m",
        "repo2docker",
        "--no-build",
        "--debug",
        "--user-id",
        "1000",
        "--user-name",
        "jovyan",
    ]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "binder/requirements.txt" in done.stdout + done.stderr


def test_binder_builds_with_a_python_that_the_project_allows(tmp_path: Path) -> None:
    _dockerfile, pack = rendered(copy_of_the_repository(tmp_path))
    assert type(pack).__name__ == "PythonBuildPack"
    assert tuple(map(int, pack.python_version.split("."))) >= (3, 11)


def test_binders_own_jupyter_is_not_pinned() -> None:
    """Binder's notebook and jupyterlab belong together; pip would replace one and exit with 0."""
    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").split()
    assert lines == ["-e", "."]


@pytest.mark.parametrize(("name", "language"), READMES.items())
def test_the_badge_opens_an_index_that_exists(name: str, language: str) -> None:
    url = launch_url(repository(), language)
    assert url in (ROOT / name).read_text(encoding="utf-8")
    (path,) = parse_qs(urlsplit(url).query)["urlpath"]
    assert (ROOT / path.removeprefix("lab/tree/")).is_file()


@pytest.mark.slow
def test_the_steps_of_the_dockerfile_work_and_the_badges_address_answers(image: Image) -> None:
    dockerfile, _pack = rendered(image.home)
    steps = [
        line.removeprefix("RUN ")
        for line in dockerfile.splitlines()
        if re.match(r"RUN .*(pip install|postBuild)", line)
    ]
    assert [("pip" in step, "postBuild" in step) for step in steps] == [(True, False), (False, True), (False, True)]
    for step in steps:
        done = image.run(step)
        assert done.returncode == 0, f"{step}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    command = json.loads(re.search(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)[1])
    with server(image, command) as address:
        for language in READMES.values():
            (path,) = parse_qs(urlsplit(launch_url(repository(), language)).query)["urlpath"]
            assert b"JupyterLab" in fetch(f"{address}/{path}")
            index = json.loads(fetch(f"{address}/api/contents/{path.removeprefix('lab/tree/')}"))
            assert index["content"]["metadata"]["faultlab"]["language"] == language
        settings = json.loads(fetch(f"{address}/lab/api/settings/@jupyterlab/apputils-extension:notification"))
        assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
        assert b"nbgrader formgrade" in fetch(f"{address}/formgrader")
    done = image.run(f"jupyter execute --output={image.home}/ran.ipynb course/en/start-here.ipynb")
    assert done.returncode == 0, done.stderr[-3000:]


@contextmanager
def server(image: Image, command: list[str]) -> Iterator[str]:
    """The image's own start command on a free port; the value is its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*command, "--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    command.append(f"--IdentityProvider.token={TOKEN}")
    log = image.home / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=image.home,
            env=image.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            **image.user,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _attempt in range(240):
            assert process.poll() is None, log.read_text()[-3000:]
            with suppress(OSError):
                fetch(f"{address}/api")
                break
            time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fetch(url: str) -> bytes:
    """The body of a page; an OSError if it does not answer with success."""
    request = urllib.request.Request(url, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()
