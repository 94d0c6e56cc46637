"""The base of every panel: what a panel is made of, and how the browser and Python talk.

A panel is a picture with a question. Its parts are always the same and always in the same order: a question to
predict, presets, at most seven controls (the rest folds away), the picture, a time bar where time plays a part,
numbers, and the same in words.

1. Three traits, all plain JSON. `spec` says what the panel consists of (built once, in the learner's language).
   `params` holds the values of the controls and is written by the browser. `view` is what Python computed from them
   and is only read by the browser.
2. Latest wins. The browser has at most one request under way; it carries a number, `seq`, which comes back in `view`.
   While it waits, the newest values replace each other, and one request goes out when the answer is there. So a
   dragged slider never builds a queue.
3. Playing, scrubbing, hovering and folding happen in the browser alone, and so does what a `local` control draws.
   Python is asked only when the scenario changes.
4. An exception never kills a panel. It becomes `view["error"]`: one line under a dimmed last picture. A topic that
   can still show something puts the line into `view["notice"]` instead, which dims nothing.
5. The verdict on a prediction comes from the simulation: `compute` returns `answers`, for each question by its name
   the option that came true and a sentence with the numbers. Nothing about the outcome is typed in beforehand.

Left out: state that survives a restart of the kernel (run the cell again), and pages without a kernel.
"""

from __future__ import annotations

import linecache
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from faultlab.i18n import _, language
from faultlab.widgets import theme

HERE = Path(__file__).parent
PACKAGE = HERE.parent
LEARNER_TIME_MAX_S = 2.0
LEARNER_WAIT_MAX_S = 10.0
SEED_MAX = 999_999
# What travels in `params` beside the values: the number of the request, and which data the browser has already.
ENVELOPE = ("seq", "have")

Json = Any


# ---------------------------------------------------------------- what a panel consists of


def slider(
    name: str,
    label: str,
    value: float,
    minimum: float,
    maximum: float,
    step: float,
    unit: str = "",
    *,
    more: bool = False,
    help: str = "",
    logarithmic: bool = False,
    local: bool = False,
) -> dict[str, Json]:
    """A number. `unit` stands after the value; `more` folds the control away; `logarithmic` spreads small values.

    `local`: the picture is drawn anew from the view that the browser has, within the frame; Python is asked when the
    control has come to rest.
    """
    if not minimum <= value <= maximum:
        raise ValueError(f"{name}: {value} is not between {minimum} and {maximum}")
    if logarithmic and minimum <= 0:
        raise ValueError(f"{name}: a logarithmic slider starts above 0")
    return {
        "kind": "slider",
        "name": name,
        "label": label,
        "value": value,
        "min": minimum,
        "max": maximum,
        "step": step,
        "unit": unit,
        "more": more,
        "help": help,
        "log": logarithmic,
        "local": local,
    }


def choice(
    name: str,
    label: str,
    value: str,
    options: Iterable[tuple[str, str]],
    *,
    more: bool = False,
    help: str = "",
    menu: bool | None = None,
    local: bool = False,
) -> dict[str, Json]:
    """One of a few: a row of buttons, or a drop-down menu from five options on (`menu` decides otherwise).

    `local`: see `slider`.
    """
    listed = [{"value": v, "label": text} for v, text in options]
    if value not in [o["value"] for o in listed]:
        raise ValueError(f"{name}: {value!r} is not among its options")
    as_menu = len(listed) > 4 if menu is None else menu
    kind = "menu" if as_menu else "choice"
    return {
        "kind": kind,
        "name": name,
        "label": label,
        "value": value,
        "options": listed,
        "more": more,
        "help": help,
        "local": local,
    }


def toggle(name: str, label: str, value: bool, *, more: bool = False, help: str = "") -> dict[str, Json]:
    """On or off."""
    return {"kind": "toggle", "name": name, "label": label, "value": value, "more": more, "help": help}


def hidden_list(name: str, value: list[Json]) -> dict[str, Json]:
    """A list of JSON objects, which a picture edits in its own way; what may stand in it, `compute` says."""
    return {"kind": "list", "name": name, "label": name, "value": value, "more": True, "help": "", "local": False}


def question(text: str, options: Iterable[tuple[str, str]], name: str = "main") -> dict[str, Json]:
    """What the learner predicts. What came true stands in `view["answers"][name]`, see `outcome`."""
    return {"name": name, "text": text, "options": [{"value": value, "label": label} for value, label in options]}


def outcome(answer: str, because: str) -> dict[str, str]:
    """The option that came true, and a sentence with the numbers of the simulation that show it."""
    return {"answer": answer, "because": because}


def preset(
    name: str, label: str, watch: str, question: dict[str, Json] | None = None, **params: Json
) -> dict[str, Json]:
    """A scenario with one sentence on what to watch for. Controls that it does not name go to their defaults."""
    return {"name": name, "label": label, "watch": watch, "question": question, "params": params}


def number(label: str, *values: Json, note: str = "") -> dict[str, Json]:
    """A row of the table of numbers: a label and one value for each column."""
    return {"label": label, "values": list(values), "note": note}


def text_number(value: float, digits: int = 0) -> str:
    """A number for a sentence, with the decimal sign of the language in use."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if language() == "ru" else text


def shell_labels() -> dict[str, str]:
    """The words that every panel uses, in the learner's language."""
    return {
        "show": _("Show without guessing"),
        "covered": _("Predict first, then look"),
        "right": _("Right."),
        "not_quite": _("Not quite."),
        "shown": _("What happens:"),
        "now": _("With these values:"),
        "presets": _("Scenarios"),
        "watch": _("Watch:"),
        "more": _("More controls"),
        "numbers": _("Numbers"),
        "words": _("The same in words"),
        "time": _("Time"),
        "play": _("Play"),
        "pause": _("Pause"),
        "back": _("Step back"),
        "forward": _("Step forward"),
        "speed": _("Speed"),
        "seconds": _("s"),
        "per_second": _("s per second"),
        "seed": _("Seed"),
        "new_seed": _("New seed"),
        "reset": _("Reset"),
        "scenario": _("Share this scenario"),
        "scenario_help": _("These values are the whole scenario. Copy them, or put others here and apply them."),
        "copy": _("Copy"),
        "copied": _("Copied."),
        "copy_by_hand": _("The browser does not let me copy: the text is selected, press Ctrl+C."),
        "apply": _("Apply"),
        "applied": _("Applied."),
        "bad_json": _("This is not valid JSON, so nothing was changed: {reason}"),
        "bad_panel": _("This scenario is for the panel “{other}”, and this is “{own}”. Nothing was changed."),
        "bad_name": _("There is no control “{name}” here. Nothing was changed. Known: {known}."),
        "bad_value": _("“{name}” must be {expected}. Nothing was changed."),
        "a_number": _("a number from {min} to {max}"),
        "one_of": _("one of {values}"),
        "true_or_false": _("true or false"),
        "a_list": _("a list of objects"),
        "not_object": _("A scenario is a JSON object with “params”. Nothing was changed."),
        "waiting": _("Waiting for Python …"),
        "no_kernel": _("Python does not answer. If the kernel was restarted, run this cell again."),
        "on": _("on"),
        "off": _("off"),
    }


# ---------------------------------------------------------------- values that come from outside


def controls_of(spec: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """The controls by name; the seed is one of them."""
    return {c["name"]: c for c in spec["controls"]} | {"seed": slider("seed", "seed", 1, 0, SEED_MAX, 1)}


def defaults_of(spec: Mapping[str, Json]) -> dict[str, Json]:
    """The value of each control that a fresh panel shows."""
    return {name: c["value"] for name, c in controls_of(spec).items()} | {"seed": spec["seed"]}


def clean(spec: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
    """`values` over the defaults. ValueError in one line for an unknown name or a value out of range."""
    controls = controls_of(spec)
    result = defaults_of(spec)
    for name, value in values.items():
        if name not in controls:
            raise ValueError(
                _("There is no control “{name}” here. Known: {known}.", name=name, known=", ".join(controls))
            )
        result[name] = _checked(controls[name], value)
    return result


def _checked(control: Mapping[str, Json], value: Json) -> Json:
    kind, name = control["kind"], control["name"]
    if kind == "toggle":
        expected, good = _("true or false"), isinstance(value, bool)
    elif kind == "list":
        expected = _("a list of objects")
        good = isinstance(value, list) and all(isinstance(item, dict) for item in value)
    elif kind == "slider":
        expected = _("a number from {min} to {max}", min=control["min"], max=control["max"])
        number_given = isinstance(value, (int, float)) and not isinstance(value, bool)
        good = number_given and control["min"] <= value <= control["max"]
    else:
        allowed = [o["value"] for o in control["options"]]
        expected, good = _("one of {values}", values=", ".join(allowed)), value in allowed
    if not good:
        raise ValueError(_("“{name}” must be {expected}, not {value!r}.", name=name, expected=expected, value=value))
    return value


# ---------------------------------------------------------------- the learner's code


class LearnerTimeout(BaseException):
    """The learner's code ran too long. Not an Exception, so that `except Exception` in a loop does not swallow it."""


@contextmanager
def time_limit(work_s: float = LEARNER_TIME_MAX_S, wait_s: float = LEARNER_WAIT_MAX_S) -> Iterator[None]:
    """Stop an endless loop in the learner's code after `work_s` of processor time, and a deadlock after `wait_s`.

    Processor time, so that a busy machine stops nobody. Without interval timers (Windows, other threads) nothing stops.
    """
    possible = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not possible:
        yield
        return

    def stop(signum: int, frame: object) -> None:
        raise LearnerTimeout

    timers = ((signal.ITIMER_VIRTUAL, signal.SIGVTALRM, work_s), (signal.ITIMER_REAL, signal.SIGALRM, wait_s))
    previous = [signal.signal(number, stop) for _timer, number, _seconds in timers]
    for timer, _number, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (timer, number, _seconds), handler in zip(timers, previous, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def explain(error: BaseException) -> str:
    """An exception as one line for the learner: what, where in their code, and the text of that line."""
    if isinstance(error, LearnerTimeout):
        return _("Stopped: is there an endless loop, or a lock that is never released?")
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    what = " ".join(what.split())[:300]
    place = _learner_frame(error)
    if place is None:
        return what
    function, line, source = place
    where = _("line {line} in {function}", line=line, function=function)
    return f"{what} ({where}: {source})" if source else f"{what} ({where})"


def _learner_frame(error: BaseException) -> tuple[str, int, str] | None:
    """The innermost frame that belongs neither to this package nor to an installed library."""
    found = None
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = code.co_filename
        library = path.startswith((str(PACKAGE), sys.prefix, sys.base_prefix, "<frozen"))
        if not library:
            source = linecache.getline(path, traceback.tb_lineno).strip()[:80]
            found = (code.co_qualname if hasattr(code, "co_qualname") else code.co_name, traceback.tb_lineno, source)
        traceback = traceback.tb_next
    return found


# ---------------------------------------------------------------- the panel


def script(parts: Iterable[str]) -> str:
    """The JavaScript of a panel: the shell, then the files `<part>.js`, one of which defines `picture`."""
    return "\n".join((HERE / f"{name}.js").read_text("utf-8") for name in ("ui", *parts))


def front_end(parts: Iterable[str]) -> str:
    """`script`, and the entry point that a widget needs."""
    return script(parts) + "\nexport default { render: ({ model, el }) => mountPanel(model, el, picture) };\n"


def style(parts: Iterable[str]) -> str:
    """The style sheet of a panel: the theme's variables, the common rules, and those of the parts that have any."""
    own = [HERE / f"{name}.css" for name in ("theme", *parts)]
    return "\n".join([theme.css_variables(), *(path.read_text("utf-8") for path in own if path.exists())])


def assemble_spec(described: Mapping[str, Json], topic: str, seed: int, reveal: bool) -> dict[str, Json]:
    """What the browser is told once: what a topic described, and what every panel has."""
    spec = {"question": None, "presets": [], "words": {}, "time": None} | dict(described)
    shared = {"topic": topic, "language": language(), "labels": shell_labels(), "seed": seed, "reveal": reveal}
    return spec | shared


class Panel(anywidget.AnyWidget):
    """Base class. A topic sets `topic` and writes `describe()` and `compute(params)`; the module says the rest.

    `parts` are the files of its picture, `<part>.js` and `<part>.css`, in order; by default the one of its topic.
    """

    topic = ""
    parts: tuple[str, ...] = ()

    params = traitlets.Dict().tag(sync=True, echo_update=False)
    view = traitlets.Dict().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.topic and "_esm" not in cls.__dict__:
            parts = cls.parts or (cls.topic,)
            cls._esm, cls._css = front_end(parts), style(parts)
        super().__init_subclass__(**kwargs)

    def __init__(self, *, seed: int = 1, reveal: bool = False, **params: Json) -> None:
        spec = assemble_spec(self.describe_whole(), self.topic, seed, reveal)
        values = clean(spec, {**params, "seed": seed})
        # Sent with the first message: the browser never sees a panel without a view.
        super().__init__(spec=spec, params={**values, "seq": 0}, view=self._view_of(spec, values))
        self.observe(lambda change: self._answer(change["new"]), names="params")

    # -------- what a topic writes

    def describe(self) -> dict[str, Json]:
        """`title`, `question`, `controls`, `presets`, `words`, and `time`: None, or `end_s` and `speeds`."""
        raise NotImplementedError

    def compute(self, params: Mapping[str, Json]) -> dict[str, Json]:
        """The data of the picture for these values.

        Anything that the topic's `draw` reads, and `answers`, `columns`, `numbers`, `summary`, `log`; with a time bar
        also `events` (where a step goes) and `rest_s` (where the cursor stands at first).
        """
        raise NotImplementedError

    def describe_whole(self) -> dict[str, Json]:
        """`describe()`, and what a base class of several topics adds to it."""
        return {"presets": []} | self.describe()

    # -------- the conversation with the browser

    def _answer(self, params: Mapping[str, Json]) -> None:
        values = {name: value for name, value in params.items() if name not in ENVELOPE}
        self.view = self._view_of(self.spec, values) | {"seq": params.get("seq", 0)}

    def _view_of(self, spec: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
        try:
            with time_limit():
                return {"seq": 0, **self.compute(clean(spec, values))}
        except (Exception, LearnerTimeout) as error:
            return {"seq": 0, "error": explain(error)}

    # -------- for a notebook that is read without Python

    def text(self) -> str:
        """The panel in words: title, question, and what the simulation shows."""
        lines = [self.spec["title"]]
        if self.spec["question"]:
            lines.append(self.spec["question"]["text"])
        lines += [self.view[key] for key in ("error", "notice", "summary") if self.view.get(key)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Json], dict[str, Json]] | dict[str, Json] | None:
        """Where no widget can be shown (a saved notebook, an export): the title, and how to get the picture."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if not bundle:
            return bundle
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = _("{title}: an interactive panel. Run this cell to see it.", title=self.spec["title"])
        return bundle
