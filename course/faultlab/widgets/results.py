"""What a search came to, as a card in the learner's language.

`explore` belongs to the laboratory, which speaks English and knows of no languages: `print(explore(...))` is English in
a Russian notebook too. `result_card(result)` says the same in the learner's language, as text and as HTML:

1. First the verdict, in a sign and a word. A search that a bound has stopped is never called right: the card says which
   bound it was. A suspicious one is not to be believed, whatever else it says.
2. How much was searched, and whether that is everything that the budgets allow.
3. Each property with its sign, what that means for its kind, and the reason, which is the property's own sentence. With
   a property that has a schedule stands how long that is, and with a counterexample the line that opens it.

The laboratory's own reasons are a few fixed sentences with values in them; here they are found again by their form. One
that this module does not know is shown as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from faultlab.i18n import N_, _, number
from faultlab.sim.explore import NO_FAILURE
from faultlab.sim.properties import ALWAYS, EVENTUALLY, OK, OPEN, SOMETIMES, VIOLATED
from faultlab.sim.search import Result
from faultlab.sim.trace import Finding

SIGNS = {OK: "✓", VIOLATED: "✗", OPEN: "?", "suspicious": "⚠"}
COLOURS = {OK: "#009E73", VIOLATED: "#D55E00", OPEN: "#E69F00", "suspicious": "#E69F00"}
MEANINGS = {
    (ALWAYS, OK): N_("always: held in every state"),
    (ALWAYS, VIOLATED): N_("always: violated"),
    (ALWAYS, OPEN): N_("always: not decided"),
    (SOMETIMES, OK): N_("sometimes: it happened"),
    (SOMETIMES, VIOLATED): N_("sometimes: it never happened"),
    (SOMETIMES, OPEN): N_("sometimes: not seen so far"),
    (EVENTUALLY, OK): N_("eventually: it happened on every run"),
    (EVENTUALLY, VIOLATED): N_("eventually: there is a run on which it never happened"),
    (EVENTUALLY, OPEN): N_("eventually: not decided"),
}

# The sentences of the laboratory by their form, and what to say in their place.
STOPPED = (
    (r"a property is violated", N_("it ended at the first violation")),
    (r"every property is decided", N_("it ended when every property was decided")),
    (r"more than (?P<n>[\d,]+) states", N_("there are more than {n} states")),
    (r"(?P<n>[\d.e+]+) s were over", N_("{n} s were over")),
    (r"more than (?P<n>[\d.e+]+) MiB of memory", N_("it would have needed more than {n} MiB of memory")),
    (r"only (?P<n>\d+) steps from the start were looked at", N_("it looked only {n} steps far from the start")),
    (
        r"(?P<n>[\d,]+) random walks of at most (?P<steps>\d+) steps",
        N_("these were random walks, {n} of them, of at most {steps} steps"),
    ),
)
SUSPICIONS = (
    (
        r"the declared symmetry does not hold: does a name occur inside of another text\?",
        N_("the declared symmetry does not hold: does a name occur inside of another text?"),
    ),
    (
        r"(?P<what>\S+) belongs to the class: all nodes share it, and a crash does not clear it",
        N_("{what} belongs to the class: all nodes share it, and a crash does not clear it"),
    ),
    (
        r"(?P<where>.*) gives another outcome each time: (?P<what>.*)\. Chance and time come from ctx only, .*",
        N_(
            "{where} gives another outcome each time ({what}). Chance and time come from ctx only, and state is kept "
            "in self and nowhere else"
        ),
    ),
    (
        r"(?P<where>.*) depends on what other nodes did before: (?P<what>.*)\. Is there state in the class, .*",
        N_(
            "{where} depends on what other nodes did before ({what}). Is there state in the class, in a global "
            "variable, or in a default argument?"
        ),
    ),
    (
        r"(?P<where>.*) depends on the order in which a dict was filled: (?P<what>.*)\. To the model checker .*",
        N_(
            "{where} depends on the order in which a dict was filled ({what}). To the model checker it is one dict: "
            "sort it before you use it"
        ),
    ),
    (
        r"(?P<where>.*) gives another outcome in another process: (?P<what>.*)\. The order of a set differs .*",
        N_(
            "{where} gives another outcome in another process ({what}). The order of a set differs from process to "
            "process: sort it before you use it"
        ),
    ),
)
REASONS = (
    (r"a run ends, and it has never held", N_("a run ends, and it has never held")),
    (r"(?P<error>\w+) in the property: (?P<text>.*)", N_("the property itself fails: {error}: {text}")),
    (
        r"(?P<node>\S+): (?P<error>\w+) in (?P<handler>on_\w+): (?P<text>.*)",
        N_("{node} fails in {handler}: {error}: {text}"),
    ),
)
DIFFERENCES = (
    (r"(?P<part>.*?) is (?P<one>.*), then (?P<other>.*)", N_("{part}: first {one}, then {other}")),
    (r"(?P<part>error|effects|disk|fields) (?P<one>.*), then (?P<other>.*)", N_("{part}: first {one}, then {other}")),
    (r"its order", N_("its order")),
)
Forms = tuple[tuple[str, str], ...]


def translated(text: str, forms: Forms) -> str:
    """A sentence of the laboratory in the learner's language, or as it is if it has none of these forms."""
    for form, sentence in forms:
        if found := re.fullmatch(form, text, re.DOTALL):
            return _(sentence, **{name: _value(value) for name, value in found.groupdict().items()})
    return text


def _value(text: str) -> str:
    """A number as the language writes it, and a difference in its words; anything else as it is."""
    plain = text.replace(",", "")
    if plain.replace(".", "", 1).isdigit():
        return number(float(plain), 2)
    return translated(text, DIFFERENCES)


@dataclass(frozen=True)
class ResultCard:
    """A finished search in the learner's language; `text` and `html` say the same. `name` is what the notebook calls
    the result, for the line that opens a counterexample."""

    result: Result
    name: str = "result"

    @property
    def status(self) -> str:
        if getattr(self.result, "suspicions", ()):
            return "suspicious"
        statuses = [f.status for f in self.result.findings]
        return VIOLATED if VIOLATED in statuses else OPEN if OPEN in statuses or not self.result.exhausted else OK

    @property
    def verdict(self) -> str:
        return {
            "suspicious": _("Suspicious: do not believe this result"),
            VIOLATED: _("Violated"),
            OPEN: _("Not decided"),
            OK: _("Everything holds, within these budgets"),
        }[self.status]

    @property
    def searched(self) -> str:
        r = self.result
        how_far = _(
            "States: {states}, transitions: {transitions}, depth: {depth}.",
            states=number(r.states), transitions=number(r.generated), depth=number(r.depth),
        )  # fmt: skip
        if r.exhausted:
            extent = _("Exhausted: these are all states that the budgets allow.")
        else:
            extent = _("Not exhausted: {why}.", why=translated(r.stopped, STOPPED))
        return f"{how_far} {extent}"

    def meaning(self, found: Finding) -> str:
        """What a property came to, with the length of its schedule and the reason."""
        text = _(MEANINGS[found.kind, found.status])
        if found.name in self.result.paths:
            steps = _("steps: {n}", n=len(self.result.paths[found.name]))
            text += f" ({steps})"
        return f"{text}. {translated(found.because, REASONS)}" if found.because else text

    def warnings(self) -> Iterator[str]:
        """What is suspicious, and what could not be tried."""
        for text in getattr(self.result, "suspicions", ()):
            yield _("suspicious: {what}", what=translated(text, SUSPICIONS))
        if why := getattr(self.result, "unchecked", ""):
            yield _("the nodes were not tried in another process: {why}", why=why)

    def next_step(self) -> tuple[str, str] | None:
        """A sentence and the code that it is about; None if nothing is violated by a schedule."""
        broken = [f.name for f in self.result.findings if f.status == VIOLATED and f.name in self.result.paths]
        if not broken or not hasattr(self.result, "trace"):
            return None
        return _("Look at the counterexample:"), f"trace_panel({self.name}.trace({broken[0]!r}))"

    @property
    def text(self) -> str:
        """For terminals and screen readers."""
        lines = [f"{SIGNS[self.status]} {self.verdict}", self.searched]
        lines += [f"  {SIGNS[f.status]} {named(f)} – {self.meaning(f)}" for f in self.result.findings]
        lines += [f"  {SIGNS['suspicious']} {what}" for what in self.warnings()]
        if step := self.next_step():
            lines.append(" ".join(step))
        return "\n".join(lines)

    @property
    def html(self) -> str:
        """The card, in the form of those of the checks."""
        cell = 'style="text-align:left;vertical-align:top;padding:.1em .9em .1em 0"'
        rows = [
            f"<tr><td {cell}><b>{SIGNS[f.status]}</b></td><td {cell}><b>{html.escape(named(f))}</b></td>"
            f"<td {cell}>{html.escape(self.meaning(f))}</td></tr>"
            for f in self.result.findings
        ]
        colour = COLOURS[self.status]
        parts = [
            f'<div class="fl-card" style="border-left:4px solid {colour};padding:.4em .9em;margin:.4em 0">',
            f"<div><b>{SIGNS[self.status]} {html.escape(self.verdict)}</b></div>",
            f'<p style="margin:.4em 0">{html.escape(self.searched)}</p>',
            f'<table style="margin:0;border:0">{"".join(rows)}</table>',
            *(f'<p style="margin:.4em 0">{SIGNS["suspicious"]} {html.escape(what)}</p>' for what in self.warnings()),
        ]
        if step := self.next_step():
            parts.append(f'<p style="margin:.4em 0">{html.escape(step[0])} <code>{html.escape(step[1])}</code></p>')
        return "".join(parts) + "</div>"

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}


def named(found: Finding) -> str:
    """The name that its author gave to a property; the one that every exploration has is ours."""
    return _("no handler fails") if found.name == NO_FAILURE else found.name


def result_card(result: Result, name: str = "result") -> ResultCard:
    """What `explore` came to, as a card in the learner's language: `result_card(explore(...))` as a cell's last line.

    `name` is the variable that holds the result: a counterexample is opened by a line with that name. In code that goes
    on with the result, use the result itself.
    """
    return ResultCard(result, name)
