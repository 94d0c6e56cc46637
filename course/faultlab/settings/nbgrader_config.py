"""Installed into the environment's etc/jupyter, so that nbgrader and JupyterLab find the project from any folder."""

from pathlib import Path

import autograder

load_subconfig("nbgrader_config.py", path=str(Path(autograder.__file__).parent))  # noqa: F821 (traitlets provides it)
