"""JupyterLab for this course: how it is opened, and what it must do differently.

1. Lab opens with the course's index in the reader's language, in the project's folder.
2. A panel's reply leaves the server at once. Jupyter Server leaves Nagle's algorithm on: a small message then waits for
   the acknowledgement of the one before, which caps a panel at some 20 pictures a second. The server extension in this
   module sets TCP_NODELAY on every kernel connection.
3. Installing the project puts three files of `faultlab/settings` into its environment (pyproject.toml, `shared-data`):
   the switch for that extension, Lab's settings (no news popup over the first page), and the loader of the nbgrader
   configuration. There is nothing to run after an installation, and `pip uninstall` takes them away.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from functools import wraps
from pathlib import Path
from typing import Any

from faultlab.i18n import LANGUAGES, default_language

ROOT = Path(__file__).resolve().parents[2]


def lab_command(language: str, arguments: tuple[str, ...] = (), root: Path = ROOT) -> list[str]:
    """The command line that opens the index in `language`; `arguments` go to JupyterLab as they are."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    command.append(f"--LabApp.default_url=/lab/tree/course/{language}/index.ipynb")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return [*command, *arguments]


def lab_environment(language: str) -> dict[str, str]:
    """The environment Lab runs in: nbgrader calls `alembic` by name, and exercises come in `language`."""
    programs = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "FAULTLAB_LANGUAGE": language,
        "PATH": os.pathsep.join((programs, os.environ.get("PATH", os.defpath))),
    }


def open_lab(language: str | None = None, arguments: tuple[str, ...] = (), root: Path = ROOT) -> int:
    """Open the course in JupyterLab and stay until it is closed; returns the exit status."""
    language = language or default_language()
    try:
        return subprocess.call(lab_command(language, arguments, root), env=lab_environment(language), cwd=root)
    except KeyboardInterrupt:
        return 130


def send_at_once(handler: type) -> None:
    """Let every connection of this kernel WebSocket handler send small messages without waiting."""
    opened = handler.open

    @wraps(opened)
    async def open_without_delay(self: Any, *arguments: Any, **options: Any) -> None:
        self.set_nodelay(True)
        await opened(self, *arguments, **options)

    handler.open = open_without_delay


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "faultlab.lab"}]


def _load_jupyter_server_extension(_server: Any) -> None:
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

    send_at_once(KernelWebsocketHandler)


def main(arguments: list[str] | None = None) -> int:
    """`python -m faultlab.lab [--language ru] [anything JupyterLab takes]`."""
    parser = argparse.ArgumentParser(prog="python -m faultlab.lab", description="Open the course in JupyterLab.")
    parser.add_argument("--language", choices=LANGUAGES, help="default: FAULTLAB_LANGUAGE, else the locale, else en")
    options, rest = parser.parse_known_args(arguments)
    return open_lab(options.language, tuple(rest))


if __name__ == "__main__":
    sys.exit(main())
