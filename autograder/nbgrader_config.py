"""The project's nbgrader configuration: where things are, and the judge in place of nbgrader's own execution.

Everything lies under one root, the repository (or `FAULTLAB_ROOT`). A larger class changes values here, not code: a
PostgreSQL `db_url`, another exchange folder, private checks and seeds. What can be set for the judge is told by
`faultlab grade --help` and in `pipeline.JudgeExecute`.
"""

import contextlib
import os
from pathlib import Path

from faultlab.i18n import default_language

c = get_config()  # noqa: F821 (traitlets provides it)

ROOT = Path(os.environ.get("FAULTLAB_ROOT") or Path(__file__).resolve().parent.parent)
LANGUAGE = default_language()
GRADING = ROOT / "grading"

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.course_id = "reliability"
c.CourseDirectory.source_directory = f"build/source/{LANGUAGE}"
c.CourseDirectory.release_directory = f"exercises/{LANGUAGE}"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.solution_directory = "grading/solution"
c.CourseDirectory.db_url = f"sqlite:///{GRADING / 'gradebook.db'}"
# Kilobytes. What is larger is no notebook; outputs can be cleared.
c.CourseDirectory.max_file_size = 40_000
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "verdicts.json", ".being-graded"]

c.Exchange.root = str(GRADING / "exchange")
c.Exchange.cache = str(GRADING / "cache")
c.Exchange.assignment_dir = str(ROOT / "work")
c.ExchangeFactory.collect = "autograder.pipeline.Collect"
# One person may submit for several students; on a server with real accounts set this to True.
c.ExchangeCollect.check_owner = False
c.Collect.check_owner = False

c.Autograde.exporter_class = "autograder.pipeline.SubmissionExporter"
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.pipeline.JudgeExecute",
    "autograder.pipeline.SaveVerdicts",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

c.GenerateFeedback.exporter_class = "autograder.pipeline.FeedbackExporter"
c.GenerateFeedback.preprocessors = [
    "autograder.pipeline.GetScores",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.ExportApp.plugin_class = "autograder.pipeline.StatusExport"

# nbgrader needs these folders before it can make its database, and before the browser's assignment list works.
for folder in (GRADING / "exchange", ROOT / "work"):
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
