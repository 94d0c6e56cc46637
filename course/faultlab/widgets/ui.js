// The shell of every panel. A topic's file follows this one and defines `picture`; panel.py adds the entry point.
//
//   picture = {
//     height(width, view, ctx)   height of the drawing in px; it depends on the width only, so that nothing jumps
//     draw(view, ctx)            brings the SVG up to date with a new view (or width, or reveal)
//     tick(view, ctx)            optional: only the time cursor moved
//     width(width)               optional: the width of the drawing, if it does not take the whole stage
//     build(panel)               optional: once, to put HTML parts of its own into panel.stage; then the time bar and the log are its
//                                own too
//     receive(view)              optional: the view as it came -> as `draw` wants it; null if it builds on something that this
//                                browser does not have (then Python is asked again, and `have` says what there is)
//     have(view)                 optional: the name of the data that the view holds
//     restart(ctx)               optional: a scenario was chosen, or reset
//     close()                    optional: the panel goes away
//   }
//
// ctx: svg, width, height, params, view, spec, words, revealed, time, reduced, and
//   set(name, value)  change a control     seek(t)  move the time cursor     id(name)  an id unique to this panel
//   ask()             ask the question again, because what it is about was chosen anew
//   number(x, digits) a number in the learner's language     say(text, values) a text with its {placeholders} filled in

// ------------------------------------------------------------------------------------------------ HTML and SVG

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

// JupyterLab takes arrow keys and letters from whatever has the focus, unless that very element says no.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };
const TAKES_FOCUS = new Set(["button", "input", "select", "summary", "textarea"]);

function html(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  setAttributes(node, TAKES_FOCUS.has(tag) ? { ...OWN_KEYS, ...attributes } : attributes);
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

// Only what changed is written: most redraws change a handful of attributes.
function setAttributes(node, attributes) {
  const known = (node.flKnown ??= {});
  for (const [name, value] of Object.entries(attributes)) {
    if (known[name] === value) continue;
    known[name] = value;
    if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : value);
  }
}

// The child of `parent` called `key`: made the first time, brought up to date afterwards.
function mark(parent, tag, key, attributes = {}, text = null) {
  const children = (parent.flChildren ??= new Map());
  let node = children.get(key);
  if (!node) {
    node = document.createElementNS(SVG_NAMESPACE, tag);
    children.set(key, node);
    parent.appendChild(node);
  }
  setAttributes(node, attributes);
  if (text !== null && node.flText !== text) node.textContent = node.flText = text;
  return node;
}

// One keyed group per item; groups of items that are gone are removed.
function marks(parent, key, items, keyOf, drawItem) {
  const group = mark(parent, "g", key);
  const wanted = new Set();
  items.forEach((item, index) => {
    const name = String(keyOf(item, index));
    wanted.add(name);
    drawItem(mark(group, "g", name), item, index);
  });
  for (const [name, node] of group.flChildren ?? []) {
    if (wanted.has(name)) continue;
    node.remove();
    group.flChildren.delete(name);
  }
  return group;
}

// ------------------------------------------------------------------------------------------------ words, and what can be pressed

const ruler = document.createElement("canvas").getContext("2d");
const widths = new Map();
let family = "sans-serif";

// To be called before a picture is drawn: to ask for a style in between would make the browser lay out everything each time.
function measureIn(svg) {
  const now = getComputedStyle(svg).fontFamily || "sans-serif";
  if (now !== family) widths.clear();
  family = now;
}

// How wide a text is in the picture, in pixels.
function widthOf(text, weight = 400, size = 12) {
  const key = `${weight} ${size} ${text}`;
  if (!widths.has(key)) {
    ruler.font = `${weight} ${size}px ${family}`;
    widths.set(key, ruler.measureText(text).width);
  }
  return widths.get(key);
}

function inLines(text, width, weight = 400) {
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && widthOf(longer, weight) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// As much of a text as there is room for.
function fitting(text, width, weight = 400) {
  if (widthOf(text, weight) <= width) return text;
  let end = text.length;
  while (end > 0 && widthOf(`${text.slice(0, end)}…`, weight) > width) end -= 1;
  return end ? `${text.slice(0, end)}…` : "";
}

// A text in as many lines as it needs; the answer is the y below it.
function paragraph(parent, key, text, { x, y, width, className = null }) {
  const lines = text ? inLines(text, width, className?.includes("fl-strong") ? 600 : 400) : [];
  marks(parent, key, lines, (_line, i) => i, (g, one, i) => mark(g, "text", "line", { x, y: y + i * 17, class: className }, one));
  return y + lines.length * 17;
}

// What is clicked is a button, to the keyboard and to a screen reader too. `keys` says what further keys do.
function makePressable(node, look, label, act, { pressed = null, keys = null, tabindex = 0, disabled = false } = {}) {
  setAttributes(node, {
    ...OWN_KEYS, role: "button", tabindex: disabled ? -1 : tabindex, "aria-label": label,
    "aria-pressed": pressed === null ? null : String(pressed), "aria-disabled": disabled ? "true" : null,
    class: `${node.flClass ?? ""} ${look}`.trim(),
  });
  const known = node.flPress;
  node.flPress = { act: disabled ? () => {} : act, keys };
  if (known) return;
  node.addEventListener("click", () => node.flPress.act());
  node.addEventListener("keydown", (event) => {
    const other = node.flPress.keys?.[event.key];
    if (!other && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    (other ?? node.flPress.act)();
  });
}

// ------------------------------------------------------------------------------------------------ scales, axes, shapes

function scale(from, to, start, end) {
  const factor = (end - start) / (to - from || 1);
  const map = (value) => start + (value - from) * factor;
  map.invert = (pixel) => from + (pixel - start) / factor;
  map.domain = [from, to];
  map.range = [start, end];
  return map;
}

function logScale(from, to, start, end) {
  const inner = scale(Math.log10(from), Math.log10(to), start, end);
  const map = (value) => inner(Math.log10(Math.max(value, from)));
  map.invert = (pixel) => 10 ** inner.invert(pixel);
  map.domain = [from, to];
  map.range = [start, end];
  return map;
}

// Round numbers, at most `count` or so of them.
function ticks(from, to, count = 6) {
  const rough = (to - from) / Math.max(1, count);
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const result = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) result.push(+(i * step).toPrecision(12));
  return result;
}

function axisX(parent, key, x, { y, label = "", values = null, format = String, grid = 0 }) {
  const group = mark(parent, "g", key, { class: "fl-axis" });
  const [start, end] = x.range;
  mark(group, "line", "line", { x1: start, x2: end, y1: y, y2: y });
  const shown = values ?? ticks(...x.domain, Math.max(2, Math.floor((end - start) / 80)));
  marks(group, "ticks", shown, (v) => v, (g, v) => {
    const at = round(x(v));
    mark(g, "line", "tick", { x1: at, x2: at, y1: y, y2: y + 4 });
    if (grid) mark(g, "line", "grid", { x1: at, x2: at, y1: y - grid, y2: y, class: "fl-grid" });
    mark(g, "text", "label", { x: at, y: y + 17, "text-anchor": "middle" }, format(v));
  });
  mark(group, "text", "name", { x: end, y: y + 33, "text-anchor": "end", class: "fl-axis-name" }, label);
  return group;
}

function axisY(parent, key, y, { x, label = "", values = null, format = String, grid = 0 }) {
  const group = mark(parent, "g", key, { class: "fl-axis" });
  const [bottom, top] = y.range;
  mark(group, "line", "line", { x1: x, x2: x, y1: bottom, y2: top });
  const shown = values ?? ticks(...y.domain, Math.max(2, Math.floor(Math.abs(bottom - top) / 40)));
  marks(group, "ticks", shown, (v) => v, (g, v) => {
    const at = round(y(v));
    mark(g, "line", "tick", { x1: x - 4, x2: x, y1: at, y2: at });
    if (grid) mark(g, "line", "grid", { x1: x, x2: x + grid, y1: at, y2: at, class: "fl-grid" });
    mark(g, "text", "label", { x: x - 8, y: at + 4, "text-anchor": "end" }, format(v));
  });
  mark(group, "text", "name", { x: x - 4, y: Math.min(bottom, top) - 10, "text-anchor": "start", class: "fl-axis-name" }, label);
  return group;
}

const round = (value) => Math.round(value * 100) / 100;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// Path data of one shape around (x, y); `r` is half its size. Many marks of one kind go into one path.
const SHAPES = {
  dot: (x, y, r) => `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  cross: (x, y, r) => `M${round(x - r)} ${round(y - r)}l${2 * r} ${2 * r}m${-2 * r} 0l${2 * r} ${-2 * r}`,
  box: (x, y, r) => `M${round(x - r)} ${round(y - r)}h${2 * r}v${2 * r}h${-2 * r}z`,
  diamond: (x, y, r) => `M${round(x)} ${round(y - r)}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`,
  triangle: (x, y, r) => `M${round(x)} ${round(y - r)}l${r} ${2 * r}h${-2 * r}z`,
  bar: (x, y, r) => `M${round(x)} ${round(y - r)}v${2 * r}`,
};

function shapes(kind, points, r) {
  const size = round(r);
  return points.map(([x, y]) => SHAPES[kind](x, y, size)).join("");
}

function line(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${round(x)} ${round(y)}`).join("");
}

// A hatched fill, `url(#...)`: what is hatched is out of service, whatever its colour.
function hatch(ctx, name, { gap = 6, angle = 45 } = {}) {
  const id = ctx.id(`hatch-${name}`);
  const defs = mark(ctx.svg, "defs", "defs");
  const pattern = mark(defs, "pattern", id, {
    id, width: gap, height: gap, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})`,
  });
  mark(pattern, "line", "line", { x1: 0, x2: 0, y1: 0, y2: gap, class: `fl-hatch fl-hatch-${name}` });
  return `url(#${id})`;
}

function arrowHead(ctx, name) {
  const id = ctx.id(`arrow-${name}`);
  const defs = mark(ctx.svg, "defs", "defs");
  const marker = mark(defs, "marker", id, {
    id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse",
  });
  mark(marker, "path", "head", { d: "M0 0.5L8 4L0 7.5z", class: `fl-arrow fl-arrow-${name}` });
  return `url(#${id})`;
}

// A lid over the part of the picture that answers the question. Everything under it carries the class `fl-answer`.
function cover(ctx, { x, y, width, height, key = "cover" }) {
  const group = mark(ctx.svg, "g", key, { class: "fl-cover", display: ctx.revealed ? "none" : null });
  mark(group, "rect", "lid", { x, y, width, height, rx: 8 });
  mark(group, "text", "words", { x: x + width / 2, y: y + height / 2 + 5, "text-anchor": "middle" }, ctx.spec.labels.covered);
  return group;
}

// A mark that is dragged with the pointer and moved with the arrow keys; to a screen reader it is a slider.
// `at(event, box)` turns a pointer position (px in the picture) into a value.
function draggable(node, { label, value, min, max, step, text, at, set }) {
  setAttributes(node, {
    ...OWN_KEYS, role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": min, "aria-valuemax": max,
    "aria-valuenow": value, "aria-valuetext": text ?? String(value), class: `${node.flClass ?? ""} fl-drag`.trim(),
  });
  const known = node.flDrag;
  node.flDrag = { value, min, max, step, at, set };
  if (known) return;
  const snap = (v) => { const d = node.flDrag; return clamp(+(Math.round(v / d.step) * d.step).toPrecision(10), d.min, d.max); };
  const move = (event) => {
    const box = node.ownerSVGElement.getBoundingClientRect();
    const wanted = snap(node.flDrag.at(event.clientX - box.left, event.clientY - box.top));
    if (wanted !== node.flDrag.value) node.flDrag.set(wanted);
  };
  node.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    node.focus();
    node.setPointerCapture(event.pointerId);
    node.flHeld = true;
  });
  node.addEventListener("pointermove", (event) => { if (node.flHeld) move(event); });
  for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, () => { node.flHeld = false; });
  node.addEventListener("keydown", (event) => {
    const d = node.flDrag;
    const wanted = keyValue(event.key, d.value, d.step, d.min, d.max);
    if (wanted === null) return;
    event.preventDefault();
    d.set(snap(wanted));
  });
}

function keyValue(key, value, step, min, max) {
  const large = Math.max(step, Math.round((max - min) / 10 / step) * step);
  const moves = {
    ArrowRight: value + step, ArrowUp: value + step, ArrowLeft: value - step, ArrowDown: value - step,
    PageUp: value + large, PageDown: value - large, Home: min, End: max,
  };
  return key in moves ? moves[key] : null;
}

// ------------------------------------------------------------------------------------------------ asking Python: latest wins

const ANSWER_SLOW_MS = 1500;
const LOCAL_REST_MS = 300;
const ANSWER_LOST_MS = 12000;

function makeLink(model, { onView, onSlow, onLost, envelope = () => ({}) }) {
  let seq = model.get("view").seq ?? 0;
  let waitingFor = null;
  let newest = null;
  let slow = null;
  let lost = null;

  function send() {
    const params = newest;
    newest = null;
    waitingFor = ++seq;
    model.set("params", { ...params, ...envelope(), seq });
    model.save_changes();
    slow = setTimeout(onSlow, ANSWER_SLOW_MS);
    lost = setTimeout(() => { waitingFor = null; onLost(); }, ANSWER_LOST_MS);
  }

  function receive() {
    const view = model.get("view");
    seq = Math.max(seq, view.seq ?? 0);
    if (waitingFor !== null && view.seq >= waitingFor) {
      waitingFor = null;
      clearTimeout(slow);
      clearTimeout(lost);
    }
    onView(view);
    if (newest && waitingFor === null) send();
  }

  model.on("change:view", receive);
  return {
    ask(params) { newest = params; if (waitingFor === null) send(); },
    get busy() { return waitingFor !== null; },
    close() { model.off("change:view", receive); clearTimeout(slow); clearTimeout(lost); },
  };
}

// ------------------------------------------------------------------------------------------------ controls

function decimals(step) {
  const text = String(step);
  return text.includes(".") ? text.split(".")[1].length : 0;
}

function makeControl(control, panel) {
  const make = { slider: makeSlider, choice: makeChoice, menu: makeMenu, toggle: makeToggle }[control.kind];
  const made = make(control, panel);
  made.node.dataset.control = control.name;
  if (control.help) made.node.title = control.help;
  return made;
}

function makeSlider(control, panel) {
  const id = panel.id(`control-${control.name}`);
  const toPosition = control.log ? (v) => Math.log10(v) : (v) => v;
  const places = decimals(control.step);
  const fromPosition = (p) => {
    const raw = control.log ? 10 ** p : p;
    const snapped = Math.round((raw - control.min) / control.step) * control.step + control.min;
    return clamp(+snapped.toFixed(Math.max(places, decimals(control.min))), control.min, control.max);
  };
  const input = html("input", {
    type: "range", id, min: toPosition(control.min), max: toPosition(control.max),
    step: control.log ? (Math.log10(control.max) - Math.log10(control.min)) / 100 : control.step,
  });
  const output = html("output", { for: id });
  const node = html("div", { class: "fl-control fl-slider" }, html("label", { for: id }, control.label), output, input);
  input.addEventListener("input", () => panel.set(control.name, fromPosition(Number(input.value))));
  const show = (value) => {
    if (fromPosition(Number(input.value)) !== value || input.value === "") input.value = toPosition(value);
    const text = `${panel.ctx.number(value, places)}${control.unit ? "\u00a0" + control.unit : ""}`;
    if (output.textContent === text) return;
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
    const share = (toPosition(value) - toPosition(control.min)) / (toPosition(control.max) - toPosition(control.min));
    input.style.setProperty("--fl-share", `${round(share * 100)}%`);
  };
  return { node, show };
}

function makeChoice(control, panel) {
  const group = panel.id(`control-${control.name}`);
  const buttons = control.options.map((option) => {
    const input = html("input", { type: "radio", name: group, value: option.value });
    input.addEventListener("change", () => panel.set(control.name, option.value));
    return { input, node: html("label", { class: "fl-segment" }, input, html("span", {}, option.label)) };
  });
  const node = html("fieldset", { class: "fl-control fl-choice" },
    html("legend", {}, control.label), html("div", { class: "fl-segments" }, ...buttons.map((b) => b.node)));
  return { node, show: (value) => buttons.forEach((b) => { b.input.checked = b.input.value === value; }) };
}

function makeMenu(control, panel) {
  const id = panel.id(`control-${control.name}`);
  const options = control.options.map((option) => html("option", { value: option.value }, option.label));
  const select = html("select", { id }, ...options);
  select.addEventListener("change", () => panel.set(control.name, select.value));
  const node = html("div", { class: "fl-control fl-menu" }, html("label", { for: id }, control.label), select);
  return { node, show: (value) => { select.value = value; } };
}

function makeToggle(control, panel) {
  const input = html("input", { type: "checkbox", role: "switch" });
  const words = html("span", { class: "fl-toggle-word" });
  input.addEventListener("change", () => panel.set(control.name, input.checked));
  const node = html("div", { class: "fl-control fl-toggle" }, html("label", {}, input, html("span", {}, control.label)), words);
  return { node, show: (value) => { input.checked = value; words.textContent = panel.labels[value ? "on" : "off"]; } };
}

function makeControls(panel) {
  const made = new Map();
  const shown = html("div", { class: "fl-controls" });
  const folded = html("div", { class: "fl-controls" });
  for (const control of panel.spec.controls) {
    if (control.kind === "list") continue;  // its picture shows it
    const one = makeControl(control, panel);
    made.set(control.name, one);
    (control.more ? folded : shown).append(one.node);
  }
  const more = folded.childElementCount
    ? html("details", { class: "fl-fold fl-more" }, html("summary", {}, panel.labels.more), folded) : null;
  return { node: html("div", { class: "fl-controls-all" }, shown, more), show: (params) => made.forEach((one, name) => one.show(params[name])) };
}

function button(label, onClick, attributes = {}) {
  const node = html("button", { type: "button", class: "fl-button", ...attributes }, label);
  node.addEventListener("click", onClick);
  return node;
}

// ------------------------------------------------------------------------------------------------ question and verdict

function makeQuestion(panel) {
  const text = html("legend", { class: "fl-question-text" });
  const options = html("div", { class: "fl-options" });
  const show = button(panel.labels.show, () => panel.reveal(null), { class: "fl-link", "data-action": "show" });
  const verdict = html("p", { class: "fl-verdict", role: "status", "aria-live": "polite" });
  const node = html("fieldset", { class: "fl-question" }, text, options, verdict);
  const group = panel.id("prediction");
  let current = null;

  function rebuild(question) {
    current = question;
    text.textContent = question.text;
    const choices = question.options.map((option) => {
      const input = html("input", { type: "radio", name: group, value: option.value });
      input.addEventListener("change", () => panel.reveal(option.value));
      return html("label", { class: "fl-option", "data-option": option.value }, input, html("span", {}, option.label));
    });
    options.replaceChildren(...choices, show);
  }

  function update() {
    const question = panel.question();
    node.hidden = !question;
    if (!question) return;
    if (question !== current) rebuild(question);
    show.hidden = panel.revealed;
    for (const label of options.querySelectorAll(".fl-option")) {
      const input = label.firstChild;
      input.checked = panel.prediction === input.value;
      input.disabled = panel.revealed;
      label.classList.toggle("fl-true", panel.revealed && panel.outcome().answer === input.value);
      label.classList.toggle("fl-chosen", panel.revealed && panel.prediction === input.value);
    }
    showVerdict(verdict, panel);
  }
  return { node, update };
}

function showVerdict(node, panel) {
  const { prediction, labels } = panel;
  const { answer, because = "" } = panel.outcome();
  if (!panel.revealed) {
    node.dataset.verdict = node.flShown = "";
    return node.replaceChildren();
  }
  const untouched = panel.revealedFor === panel.scenarioKey();
  const right = prediction !== null && prediction === answer;
  const lead = !untouched ? labels.now : prediction === null ? labels.shown : right ? labels.right : labels.not_quite;
  const verdict = !untouched || prediction === null ? "" : right ? "right" : "wrong";
  if (node.flShown === `${verdict} ${lead} ${because}`) return;
  node.flShown = `${verdict} ${lead} ${because}`;
  node.dataset.verdict = verdict;
  const icon = verdict ? html("span", { class: "fl-icon", "aria-hidden": "true" }, right ? "✓" : "✗") : null;
  node.replaceChildren(...[icon, html("strong", {}, lead), ` ${because}`].filter((c) => c !== null));
}

// ------------------------------------------------------------------------------------------------ presets, numbers, words

function makePresets(panel) {
  const watch = html("p", { class: "fl-watch", "aria-live": "polite" });
  const buttons = panel.spec.presets.map((preset) =>
    button(preset.label, () => panel.choosePreset(preset), { class: "fl-chip", "data-preset": preset.name, "aria-pressed": "false" }));
  const row = html("div", { class: "fl-preset-row", role: "group", "aria-label": panel.labels.presets }, ...buttons);
  const node = html("div", { class: "fl-presets" }, row, watch);
  node.hidden = !buttons.length;
  let shown;
  function update() {
    if (shown === panel.preset) return;
    shown = panel.preset;
    panel.spec.presets.forEach((preset, i) => buttons[i].setAttribute("aria-pressed", String(preset === panel.preset)));
    watch.replaceChildren(...(panel.preset ? [html("strong", {}, panel.labels.watch), ` ${panel.preset.watch}`] : ["\u00a0"]));
  }
  return { node, update };
}

function makeNumbers(panel) {
  const table = html("table", { class: "fl-numbers-table" });
  const node = html("div", { class: "fl-numbers fl-answer" }, table);
  const written = (value) => (typeof value === "number" ? panel.ctx.number(value, 2) : value ?? "–");
  let form = null;
  let cells = [];
  function update() {
    const { columns = [], numbers = [] } = panel.view;
    const texts = numbers.flatMap((row) => row.values.map(written));
    const wanted = JSON.stringify([columns, numbers.map((row) => [row.label, row.values.length])]);
    if (wanted !== form) rebuild(columns, numbers);
    form = wanted;
    texts.forEach((text, i) => { if (cells[i].textContent !== text) cells[i].textContent = text; });
  }
  function rebuild(columns, numbers) {
    node.hidden = !numbers.length;
    const head = columns.length
      ? [html("thead", {}, html("tr", {}, html("td"), ...columns.map((c) => html("th", { scope: "col" }, c))))] : [];
    const rows = numbers.map((row) => html("tr", {}, html("th", { scope: "row", title: row.note || null }, row.label),
      ...row.values.map(() => html("td"))));
    table.replaceChildren(html("caption", {}, panel.labels.numbers), ...head, html("tbody", {}, ...rows));
    cells = [...table.querySelectorAll("tbody td")];
  }
  return { node, update };
}

function makeWords(panel) {
  const summary = html("p", { class: "fl-summary", "aria-live": "polite" });
  const log = html("ol", { class: "fl-log" });
  const node = html("details", { class: "fl-fold fl-words fl-answer" }, html("summary", {}, panel.labels.words), log);
  const fill = () => {
    if (node.open) log.replaceChildren(...(panel.view.log ?? []).map((text) => html("li", {}, text)));
  };
  node.addEventListener("toggle", fill);
  node.hidden = Boolean(panel.picture.build);  // such a picture brings a log of its own
  function update() {
    const text = panel.revealed ? panel.view.summary ?? "" : "";
    if (summary.textContent !== text) summary.textContent = text;
    fill();
  }
  return { node, summary, update };
}

// ------------------------------------------------------------------------------------------------ time bar

const ICONS = {
  play: "M3 1.5L13 8L3 14.5z", pause: "M3 2h3.5v12H3zM9.5 2H13v12H9.5z",
  back: "M13 2L5 8l8 6zM2.5 2h2v12h-2z", forward: "M3 2l8 6l-8 6zM11.5 2h2v12h-2z",
};

function iconButton(icon, label, onClick, action) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(svg, { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" });
  mark(svg, "path", "icon", { d: ICONS[icon] });
  const node = button(svg, onClick, { class: "fl-icon-button", title: label, "aria-label": label, "data-action": action });
  node.flIcon = (name, text) => { mark(svg, "path", "icon", { d: ICONS[name] }); setAttributes(node, { title: text, "aria-label": text }); };
  return node;
}

function makeTimeBar(panel) {
  const { labels } = panel;
  const speeds = panel.spec.time?.speeds ?? [1, 5, 20];
  const play = iconButton("play", labels.play, () => panel.player.toggle(), "play");
  const back = iconButton("back", labels.back, () => panel.player.step(-1), "back");
  const forward = iconButton("forward", labels.forward, () => panel.player.step(1), "forward");
  const range = html("input", { type: "range", min: 0, step: 0.1, "aria-label": labels.time, "data-action": "time" });
  const clock = html("output", { class: "fl-clock" });
  const select = html("select", { "aria-label": labels.speed, "data-action": "speed" },
    ...speeds.map((s) => html("option", { value: s }, `${panel.ctx.number(s, 2)}\u00a0${labels.per_second}`)));
  select.value = String(speeds[Math.min(1, speeds.length - 1)]);
  range.addEventListener("input", () => {
    const wanted = Number(range.value);  // read first: pausing writes the bar anew
    panel.player.pause();
    panel.seek(wanted);
  });
  const node = html("div", { class: "fl-time fl-answer", role: "group", "aria-label": labels.time }, back, play, forward, range, clock, select);
  node.hidden = !panel.spec.time;
  function update() {
    const end = panel.timeEnd();
    if (range.max !== String(end)) range.max = end;
    range.value = panel.time;
    const text = `${panel.ctx.number(panel.time, 1, true)}\u00a0${labels.seconds}`;
    clock.textContent = text;
    range.setAttribute("aria-valuetext", text);
    range.style.setProperty("--fl-share", `${round((panel.time / (end || 1)) * 100)}%`);
    const playing = panel.player?.playing;
    if (node.flPlaying !== playing) play.flIcon(playing ? "pause" : "play", playing ? labels.pause : labels.play);
    node.flPlaying = playing;
  }
  return { node, update, speed: () => Number(select.value) };
}

// Moves the time cursor in the browser alone. With reduced motion it goes from event to event instead of gliding.
const STILL_STEP_MS = 700;

function makePlayer(panel) {
  let frame = null;
  let before = null;
  let visible = true;
  const seen = new IntersectionObserver((entries) => { visible = entries.at(-1).isIntersecting; before = null; });
  seen.observe(panel.root);

  function run(now) {
    frame = requestAnimationFrame(run);
    before ??= now;
    const passed = now - before;
    if (!visible || (panel.ctx.reduced && passed < STILL_STEP_MS)) return;
    before = now;
    if (panel.ctx.reduced) step(1, true);
    else panel.seek(Math.min(panel.timeEnd(), panel.time + (passed / 1000) * panel.timeBar.speed()));
    if (panel.time >= panel.timeEnd()) pause();
  }
  function play() {
    if (frame !== null) return;
    if (panel.time >= panel.timeEnd() - 1e-9) panel.seek(0);
    before = null;
    frame = requestAnimationFrame(run);
    panel.timeBar.update();
  }
  function pause() {
    if (frame !== null) cancelAnimationFrame(frame);
    frame = null;
    panel.timeBar.update();
  }
  function step(direction, keepPlaying = false) {
    if (!keepPlaying) pause();
    if (panel.stepTo) return panel.stepTo(direction);
    const events = panel.view.events ?? [];
    const next = direction > 0 ? events.find((t) => t > panel.time + 1e-6) ?? panel.timeEnd()
      : events.findLast((t) => t < panel.time - 1e-6) ?? 0;
    panel.seek(next);
  }
  return {
    play, pause, step, toggle: () => (frame === null ? play() : pause()), get playing() { return frame !== null; },
    close() { pause(); seen.disconnect(); },
  };
}

// ------------------------------------------------------------------------------------------------ seed, reset, scenario

function makeFooter(panel) {
  const { labels } = panel;
  const id = panel.id("seed");
  const seed = html("input", { type: "number", id, min: 0, max: 999999, step: 1, "data-control": "seed" });
  seed.addEventListener("change", () => {
    const value = clamp(Math.round(Number(seed.value) || 0), 0, 999999);
    panel.set("seed", value);
  });
  const newSeed = button(labels.new_seed, () => panel.set("seed", 1 + Math.floor(Math.random() * 999998)), { "data-action": "new-seed" });
  const reset = button(labels.reset, () => panel.reset(), { "data-action": "reset" });
  const scenario = makeScenario(panel);
  const node = html("div", { class: "fl-footer" },
    html("label", { class: "fl-seed", for: id }, labels.seed, seed), newSeed, reset);
  node.hidden = scenario.node.hidden = Boolean(panel.spec.still);  // nothing to ask Python for
  return { node, scenario: scenario.node, update() { if (Number(seed.value) !== panel.params.seed || seed.value === "") seed.value = panel.params.seed; scenario.update(); } };
}

function makeScenario(panel) {
  const { labels } = panel;
  const id = panel.id("scenario");
  const area = html("textarea", { id, rows: 4, spellcheck: "false", "data-action": "scenario" });
  const message = html("p", { class: "fl-message", role: "status", "aria-live": "polite" });
  const say = (text, bad = false) => { message.textContent = text; message.classList.toggle("fl-bad", bad); };
  const copy = button(labels.copy, () => copyText(area, say, labels), { "data-action": "copy" });
  const apply = button(labels.apply, () => {
    const { params, problem } = readScenario(area.value, panel);
    if (problem) return say(problem, true);
    area.flEdited = false;
    panel.replace(params);
    say(labels.applied);
  }, { "data-action": "apply" });
  area.addEventListener("input", () => { area.flEdited = true; say(""); });
  const node = html("details", { class: "fl-fold fl-scenario" }, html("summary", {}, labels.scenario),
    html("label", { for: id }, labels.scenario_help), area, html("div", { class: "fl-row" }, copy, apply, message));
  function update() {
    if (area.flEdited || !node.open) return;
    area.value = JSON.stringify({ panel: panel.spec.topic, params: panel.params });
  }
  node.addEventListener("toggle", () => { area.flEdited = false; say(""); update(); });
  return { node, update };
}

async function copyText(area, say, labels) {
  try {
    await navigator.clipboard.writeText(area.value);
    say(labels.copied);
  } catch {
    area.focus();
    area.select();
    say(labels.copy_by_hand);
  }
}

function fill(text, values = {}) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

// What was pasted, checked before anything changes: the values of a scenario, or one sentence on what is wrong with it.
function readScenario(text, panel) {
  const { labels } = panel;
  let given;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return { problem: fill(labels.bad_json, { reason: error.message }) };
  }
  const isObject = (v) => typeof v === "object" && v !== null && !Array.isArray(v);
  if (!isObject(given) || !isObject(given.params)) return { problem: labels.not_object };
  if (given.panel !== undefined && given.panel !== panel.spec.topic) {
    return { problem: fill(labels.bad_panel, { other: given.panel, own: panel.spec.topic }) };
  }
  const controls = panel.controlsByName();
  for (const [name, value] of Object.entries(given.params)) {
    const control = controls.get(name);
    if (!control) return { problem: fill(labels.bad_name, { name, known: [...controls.keys()].join(", ") }) };
    const expected = unexpected(control, value, labels);
    if (expected) return { problem: fill(labels.bad_value, { name, expected }) };
  }
  return { params: { ...panel.defaults(), ...given.params } };
}

function unexpected(control, value, labels) {
  if (control.kind === "toggle") return typeof value === "boolean" ? null : labels.true_or_false;
  if (control.kind === "list") return Array.isArray(value) ? null : labels.a_list;
  if (control.kind === "slider") {
    const good = typeof value === "number" && value >= control.min && value <= control.max;
    return good ? null : fill(labels.a_number, { min: control.min, max: control.max });
  }
  const values = control.options.map((o) => o.value);
  return values.includes(value) ? null : fill(labels.one_of, { values: values.join(", ") });
}

// ------------------------------------------------------------------------------------------------ the panel

function withoutSeq(params) {
  const { seq, have, ...rest } = params;
  return rest;
}

// Equal values of a control; a list is a value too.
const same = (a, b) => a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));

class FaultlabPanel {
  constructor(model, el, picture) {
    this.model = model;
    this.picture = picture;
    this.spec = model.get("spec");
    this.labels = this.spec.labels;
    // Every panel brings its own copy of this module: only the page can count them.
    this.number_ = globalThis.faultlabPanels = (globalThis.faultlabPanels ?? 0) + 1;
    this.params = withoutSeq(model.get("params"));
    const view = model.get("view");
    this.view = this.received(view) ?? { seq: view.seq, error: null };
    this.incomplete = this.view.error === null;
    this.time = 0;
    this.prediction = null;
    this.revealed = Boolean(this.spec.reveal) || !this.spec.question;
    this.revealedFor = this.revealed ? this.scenarioKey() : null;
    this.preset = this.spec.presets.find((p) => this.isAt(p)) ?? null;
    this.asked = this.preset?.question ?? this.spec.question;
    this.start = { ...this.params };
    this.startRevealed = this.revealed;
    this.ctx = this.makeContext();
    this.build(el);
    this.link = makeLink(model, {
      onView: (view) => this.onView(view),
      onSlow: () => this.status(this.labels.waiting),
      onLost: () => this.status(this.labels.no_kernel, true),
      envelope: () => (picture.have ? { have: picture.have(this.view) } : {}),
    });
    this.onParams = () => this.paramsFromPython();
    model.on("change:params", this.onParams);
    if (this.view.error) this.showError(this.view);
    else if (this.view.notice) this.status(this.view.notice, true);
    this.time = this.restingTime();
    this.redraw();
    if (this.incomplete) this.link.ask(this.params);
  }

  // A topic may send only what changed; `picture.receive` makes a whole view of it, or null if it cannot.
  received(view) {
    return view.error || !this.picture.receive ? view : this.picture.receive(view, this.spec);
  }

  id(name) { return `fl-${this.number_}-${name}`; }

  makeContext() {
    const panel = this;
    const locale = this.spec.language;
    const motion = window.matchMedia("(prefers-reduced-motion: reduce)");
    const formats = new Map();
    return {
      spec: this.spec, words: this.spec.words,
      get params() { return panel.params; },
      get view() { return panel.view; },
      get revealed() { return panel.revealed; },
      get time() { return panel.time; },
      get reduced() { return motion.matches; },
      set: (name, value) => panel.set(name, value),
      ask: () => { panel.askAgain(); panel.redraw(); },
      seek: (time) => { panel.player.pause(); panel.seek(time); },
      id: (name) => panel.id(name),
      say: fill,
      number(value, digits = 0, fixed = false) {
        const key = `${digits}${fixed}`;
        if (!formats.has(key)) {
          formats.set(key, new Intl.NumberFormat(locale, { maximumFractionDigits: digits, minimumFractionDigits: fixed ? digits : 0 }));
        }
        return formats.get(key).format(value);
      },
    };
  }

  build(el) {
    this.root = html("section", {
      class: `fl-panel fl-${this.spec.topic}`, ...OWN_KEYS, "aria-label": this.spec.title, lang: this.spec.language,
    });
    this.root.faultlab = this;  // for tests, and for the curious at the browser's console
    this.questionPart = makeQuestion(this);
    this.presets = makePresets(this);
    this.controls = makeControls(this);
    this.numbers = makeNumbers(this);
    this.words = makeWords(this);
    this.timeBar = makeTimeBar(this);
    this.footer = makeFooter(this);
    this.message = html("p", { class: "fl-status", role: "status", "aria-live": "polite" });
    const svg = document.createElementNS(SVG_NAMESPACE, "svg");
    setAttributes(svg, { class: "fl-picture", role: "group", "aria-label": this.spec.title });
    this.ctx.svg = svg;
    this.stage = html("div", { class: "fl-stage" }, svg);
    this.root.append(html("h4", { class: "fl-title" }, this.spec.title), this.questionPart.node, this.presets.node, this.controls.node,
      this.stage, ...(this.picture.build ? [] : [this.timeBar.node]), this.message,
      html("div", { class: "fl-below" }, this.numbers.node, this.words.summary),
      html("div", { class: "fl-folds" }, this.words.node, this.footer.scenario), this.footer.node);
    el.replaceChildren(this.root);
    this.player = makePlayer(this);
    this.picture.build?.(this);
    this.watchWidth();
  }

  watchWidth() {
    this.width = Math.round(this.stage.clientWidth) || 900;
    this.resized = new ResizeObserver(() => {
      const width = Math.round(this.stage.clientWidth);
      if (!width || width === this.width) return;
      this.width = width;
      this.draw();
    });
    this.resized.observe(this.stage);
  }

  // ---- what the learner does

  set(name, value) {
    if (same(this.params[name], value)) return;
    this.params = { ...this.params, [name]: value };
    if (this.preset && !this.isAt(this.preset)) this.preset = null;
    this.controls.show(this.params);
    this.presets.update();
    this.footer.update();
    clearTimeout(this.resting);
    if (this.controlsByName().get(name)?.local) this.redrawHere();
    else this.link.ask(this.params);
  }

  // A local control changes only what is drawn from the present view. Python hears of it when the control has come to
  // rest, so that the numbers and the words catch up.
  redrawHere() {
    this.draw();
    this.resting = setTimeout(() => this.link.ask(this.params), LOCAL_REST_MS);
  }

  replace(params) {
    this.params = { ...params };
    this.preset = this.spec.presets.find((p) => this.isAt(p)) ?? null;
    this.restart = true;
    this.controls.show(this.params);
    this.link.ask(this.params);
  }

  choosePreset(preset) {
    this.player.pause();
    this.replace({ ...this.defaults(), ...preset.params });
    this.preset = preset;
    this.askAgain();
    this.redraw();
  }

  reset() {
    this.player.pause();
    this.replace(this.start);
    this.askAgain();
    this.redraw();
  }

  askAgain() {
    this.asked = this.preset?.question ?? this.spec.question;
    this.prediction = null;
    this.revealed = this.startRevealed;
    this.revealedFor = null;
  }

  reveal(prediction) {
    this.prediction = prediction;
    this.revealed = true;
    this.revealedFor = this.scenarioKey();
    this.redraw();
  }

  seek(time) {
    this.time = clamp(time, 0, this.timeEnd());
    this.timeBar.update();
    if (this.picture.tick && !this.view.error) this.picture.tick(this.view, this.ctx);
  }

  // ---- what Python answers

  onView(answer) {
    this.status("");
    if (answer.error) return this.showError(answer);
    const view = this.received(answer);
    if (!view) return this.link.ask(this.params);
    this.view = view;
    this.incomplete = false;
    this.root.classList.remove("fl-stale");
    if (this.restart) {
      this.time = this.restingTime();
      this.picture.restart?.(this.ctx);
    }
    this.restart = false;
    this.time = Math.min(this.time, this.timeEnd());
    this.redraw();
    if (view.notice) this.status(view.notice, true);
  }

  showError(view) {
    this.root.classList.add("fl-stale");
    this.status(view.error, true);
  }

  paramsFromPython() {
    const given = withoutSeq(this.model.get("params"));
    if (this.link.busy || JSON.stringify(given) === JSON.stringify(this.params)) return;
    this.params = given;
    this.preset = this.spec.presets.find((p) => this.isAt(p)) ?? null;
    this.redraw();
  }

  status(text, bad = false) {
    this.message.textContent = text;
    this.message.classList.toggle("fl-bad", bad && text !== "");
  }

  // ---- what is asked of the whole

  // The question stays while controls are moved; what came true is looked up under its name in the newest view.
  question() { return this.asked; }
  outcome() { return this.view.answers?.[this.asked?.name] ?? {}; }
  controlsByName() {
    const seed = { name: "seed", kind: "slider", min: 0, max: 999999, step: 1 };
    return new Map([...this.spec.controls.map((c) => [c.name, c]), ["seed", seed]]);
  }
  defaults() { return { ...Object.fromEntries(this.spec.controls.map((c) => [c.name, c.value])), seed: this.spec.seed }; }
  isAt(preset) {
    const wanted = { ...this.defaults(), ...preset.params };
    return Object.entries(wanted).every(([name, value]) => name === "seed" || same(this.params[name], value));
  }
  scenarioKey() { return JSON.stringify(this.params); }
  timeEnd() { return this.view.time_end_s ?? this.spec.time?.end_s ?? 0; }
  restingTime() { return this.view.rest_s ?? this.timeEnd(); }

  redraw() {
    this.root.classList.toggle("fl-hidden-answer", !this.revealed);
    this.controls.show(this.params);
    this.questionPart.update();
    this.presets.update();
    this.numbers.update();
    this.words.update();
    this.timeBar.update();
    this.footer.update();
    this.draw();
  }

  draw() {
    if (this.view.error || this.incomplete) return;
    const height = this.picture.height(this.width, this.view, this.ctx);
    const width = this.picture.width?.(this.width) ?? this.width;
    this.ctx.width = width;
    this.ctx.height = height;
    setAttributes(this.ctx.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    this.picture.draw(this.view, this.ctx);
    this.picture.tick?.(this.view, this.ctx);
    this.root.dataset.seq = this.view.seq;
  }

  close() {
    clearTimeout(this.resting);
    this.player.close();
    this.picture.close?.(this);
    this.resized.disconnect();
    this.link.close();
    this.model.off("change:params", this.onParams);
  }
}

function mountPanel(model, el, picture) {
  const panel = new FaultlabPanel(model, el, picture);
  return () => panel.close();
}
