// A history as bars that are moved and changed, and below it the map of the models with the verdict of each.

const HISTORY = { top: 96, lane: 44, bar: 26, left: 28, axis: 24, handle: 9 };
const MAP = { row: 66, box: 40, frame: 26 };
// Where a model stands on the map: the middle of its box as a share of the width, and its row. Stronger is higher.
const STANDS = {
  linearizable: [0.45, 0], sequential: [0.45, 1], "causal convergence": [0.25, 2], "causal memory": [0.65, 2], PRAM: [0.8, 3],
  causal: [0.1, 4], "writes follow reads": [0.3, 4], "monotonic reads": [0.5, 4], "monotonic writes": [0.7, 4], "read your writes": [0.9, 4],
};
const SIGN = { ok: "✓", violated: "✗", unknown: "?" };

// What the browser alone decides: which bar is being changed, and which model is looked at.
function looking(view, ctx) {
  const state = (ctx.svg.flHistory ??= { chosen: null, model: null, hint: null });
  const asked = ctx.spec.presets.find((one) => same(one.params.operations, ctx.params.operations))?.question ?? ctx.spec.question;
  const [first] = asked.name.split("/");
  return { state, chosen: state.chosen < view.operations.length ? state.chosen : null, model: state.model ?? first };
}

function change(ctx, what) {
  Object.assign(ctx.svg.flHistory, { hint: null }, what);
  picture.draw(ctx.view, ctx);
}

// ---- words and chips

const pressable = (node, label, act, options) => makePressable(node, "fl-history-press", label, act, options);

// Chips in a row that go on in the next line where there is no room; the answer is the y below them.
function chips(parent, key, items, { y, width }) {
  let [x, row] = [0, 0];
  marks(parent, key, items, ({ name }) => name, (g, { text, label = text, act }) => {
    const wide = Math.ceil(widthOf(text)) + 18;
    if (x && x + wide > width) [x, row] = [0, row + 1];
    g.flClass = "fl-history-chip";
    setAttributes(g, { transform: `translate(${x} ${y + row * 30})` });
    mark(g, "rect", "box", { x: 0, y: 0, width: wide, height: 25, rx: 12.5 });
    mark(g, "text", "word", { x: wide / 2, y: 17, "text-anchor": "middle" }, text);
    pressable(g, label, act);
    x += wide + 6;
  });
  return y + (row + 1) * 30;
}

// ---- editing

const setOperations = (operations, ctx) => ctx.set("operations", operations);
const changed = (index, what, ctx) => setOperations(ctx.params.operations.map((item, i) => (i === index ? { ...item, ...what } : item)), ctx);

// How far an operation can go without running into its client's others.
function roomOf(index, ctx) {
  const own = ctx.params.operations[index];
  const others = ctx.params.operations.filter((item, i) => i !== index && item.client === own.client);
  return [Math.max(0, ...others.filter((o) => o.to <= own.from).map((o) => o.to)),
    Math.min(ctx.view.moments, ...others.filter((o) => o.from >= own.to).map((o) => o.from))];
}

function move(index, from, ctx) {
  const own = ctx.params.operations[index];
  const [low, high] = roomOf(index, ctx);
  const start = clamp(from, low, high - (own.to - own.from));
  if (start !== own.from) changed(index, { from: start, to: start + own.to - own.from }, ctx);
}

function resize(index, to, ctx) {
  const own = ctx.params.operations[index];
  const end = clamp(to, own.from + 1, roomOf(index, ctx)[1]);
  if (end !== own.to) changed(index, { to: end }, ctx);
}

function nextValue({ kind, value }, ctx) {
  const least = kind === "write" ? 1 : 0;
  return value + 1 > ctx.view.values ? least : value + 1;
}

function swapKind(index, ctx) {
  const own = ctx.params.operations[index];
  const kind = own.kind === "write" ? "read" : "write";
  changed(index, { kind, value: kind === "write" ? Math.max(1, own.value) : own.value }, ctx);
}

function nextKey({ key }, ctx) {
  return ctx.view.keys[(ctx.view.keys.indexOf(key) + 1) % ctx.view.keys.length];
}

function add(client, ctx) {
  const { operations } = ctx.params;
  const from = Math.max(-1, ...operations.filter((o) => o.client === client).map((o) => o.to)) + 1;
  if (from >= ctx.view.moments) return change(ctx, { hint: ctx.say(ctx.words.full, { name: client }) });
  change(ctx, { chosen: operations.length });
  const to = Math.min(from + 2, ctx.view.moments);
  return setOperations([...operations, { client, kind: "read", key: "x", value: 0, from, to }], ctx);
}

function remove(index, ctx) {
  if (ctx.params.operations.length === 1) return change(ctx, { hint: ctx.words.last });
  change(ctx, { chosen: null });
  return setOperations(ctx.params.operations.filter((_item, i) => i !== index), ctx);
}

function drawEditor(view, ctx, width) {
  const { state, chosen } = looking(view, ctx);
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "editor", { role: "group", "aria-label": words.edit });
  const below = chips(group, "add", view.clients.map((name) => ({ name, text: ctx.say(words.add, { name }), act: () => add(name, ctx) })), { y: 0, width });
  const own = chosen === null ? null : ctx.params.operations[chosen];
  const tools = own === null ? [] : [
    { name: "kind", act: () => swapKind(chosen, ctx) }, { name: "key", act: () => changed(chosen, { key: nextKey(own, ctx) }, ctx) },
    { name: "value", act: () => changed(chosen, { value: nextValue(own, ctx) }, ctx) },
    { name: "earlier", act: () => move(chosen, own.from - 1, ctx) }, { name: "later", act: () => move(chosen, own.from + 1, ctx) },
    { name: "shorter", act: () => resize(chosen, own.to - 1, ctx) }, { name: "longer", act: () => resize(chosen, own.to + 1, ctx) },
    { name: "remove", act: () => remove(chosen, ctx) },
  ].map((tool) => ({ ...tool, text: words[tool.name] }));
  chips(group, "change", tools, { y: below, width });
  const told = state.hint ?? (own === null ? words.none : ctx.say(words.chosen, { text: `${own.client} ${view.operations[chosen].text}` }));
  const hint = mark(group, "g", "told", { "aria-live": "polite" });
  const y = 79 + (toolRows(view, ctx, width) - 2) * 30;
  marks(hint, "lines", inLines(told, width), (_line, i) => i, (g, one, i) =>
    mark(g, "text", "line", { x: 2, y: y + i * 17, class: state.hint ? "fl-strong" : "fl-soft" }, one));
}

// How many rows the tools take, if all of them are there.
function toolRows(view, ctx, width) {
  const rows = (texts) => {
    let [x, count] = [0, 1];
    for (const text of texts) {
      const wide = Math.ceil(widthOf(text)) + 18;
      if (x && x + wide > width) [x, count] = [0, count + 1];
      x += wide + 6;
    }
    return count;
  };
  const { words } = ctx;
  const adds = rows(view.clients.map((name) => ctx.say(words.add, { name })));
  const tools = rows([words.kind, words.key, words.value, words.earlier, words.later, words.shorter, words.longer, words.remove]);
  return adds + tools;
}

// ---- where things stand

function frameOf(view, ctx, width) {
  const hints = inLines(ctx.words.none, width).length;
  const top = HISTORY.top + (toolRows(view, ctx, width) - 2) * 30 + (hints - 1) * 17;
  const x = scale(0, view.moments, HISTORY.left, width - 6);
  const lanesBottom = top + view.clients.length * HISTORY.lane;
  const texts = Object.entries(view.models).map(([name, model]) => reasonText(name, model, ctx));
  const lines = Math.max(...texts.map((text) => inLines(text, width - 4).length));
  const reasonTop = lanesBottom + HISTORY.axis + 16;
  const mapTop = reasonTop + lines * 17 + 14;
  return { width, top, x, lanesBottom, reasonTop, mapTop, height: mapTop + 4 * MAP.row + MAP.frame + MAP.box + 14 };
}

const reasonText = (name, model, ctx) => `${ctx.words.names[name]} – ${ctx.words.status[model.status]}: ${model.reason}`;

// ---- the history

function drawHistory(view, ctx, frame) {
  const { chosen, model } = looking(view, ctx);
  const { x } = frame;
  marks(ctx.svg, "clients", view.clients, (name) => name, (g, name, i) => {
    const y = frame.top + i * HISTORY.lane + HISTORY.bar / 2;
    mark(g, "line", "life", { x1: HISTORY.left - 4, x2: frame.width - 6, y1: y, y2: y, class: "fl-history-life" });
    mark(g, "text", "name", { x: 2, y: y + 5, class: "fl-big" }, name);
  });
  mark(ctx.svg, "text", "time", { x: frame.width - 6, y: frame.lanesBottom + 10, "text-anchor": "end", class: "fl-soft" }, ctx.words.time);
  const told = ctx.revealed ? view.models[model] : { operations: [], order: [] };
  const group = mark(ctx.svg, "g", "bars");
  marks(group, "all", view.operations, (_operation, i) => i, (g, operation, i) => {
    const y = frame.top + view.clients.indexOf(operation.client) * HISTORY.lane;
    const width = round(x(operation.to) - x(operation.from));
    const blamed = told.operations.includes(i);
    setAttributes(g, { transform: `translate(${round(x(operation.from))} ${y})` });
    g.flClass = `fl-history-bar fl-history-${operation.kind}${i === chosen ? " fl-history-chosen" : ""}${blamed ? " fl-history-blamed" : ""}`;
    g.flIndex = i;
    mark(g, "rect", "ring", { x: -3, y: -3, width: width + 6, height: HISTORY.bar + 6, rx: 6, class: "fl-history-ring", display: i === chosen ? null : "none" });
    mark(g, "rect", "bar", { x: 0, y: 0, width, height: HISTORY.bar, rx: 4, class: "fl-history-body" });
    mark(g, "rect", "grip", { x: width - HISTORY.handle, y: 0, width: HISTORY.handle, height: HISTORY.bar, class: "fl-history-grip" });
    const place = told.order.indexOf(i);
    mark(g, "text", "word", { x: round(width / 2), y: 17, "text-anchor": "middle", class: "fl-strong" }, operation.text);
    mark(g, "text", "place", { x: round(width / 2), y: 39, "text-anchor": "middle", class: "fl-soft" }, place >= 0 ? String(place + 1) : blamed ? "⚠" : "");
    const text = ctx.say(ctx.words.bar, { client: operation.client, text: operation.text, from: operation.from, to: operation.to });
    pressable(g, text, () => change(ctx, { chosen: i }), { pressed: i === chosen, keys: keysOf(i, operation, ctx) });
  });
  listen(ctx, group);
}

function keysOf(index, operation, ctx) {
  return {
    ArrowRight: () => move(index, operation.from + 1, ctx), ArrowLeft: () => move(index, operation.from - 1, ctx),
    "+": () => resize(index, operation.to + 1, ctx), "-": () => resize(index, operation.to - 1, ctx), Delete: () => remove(index, ctx),
  };
}

// A bar is moved by its body and made longer by its right end.
function listen(ctx, group) {
  if (group.flListens) return;
  group.flListens = true;
  const { svg } = ctx;
  let held = null;
  const moment = (event) => frameOf(ctx.view, ctx, ctx.width).x.invert(event.clientX - svg.getBoundingClientRect().left);
  group.addEventListener("pointerdown", (event) => {
    const index = event.target.closest(".fl-history-bar")?.flIndex;
    if (index === undefined) return;
    const own = ctx.params.operations[index];
    held = { index, end: event.target.classList.contains("fl-history-grip"), offset: moment(event) - own.from };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held || !event.buttons) return;
    if (held.end) resize(held.index, Math.round(moment(event)), ctx);
    else move(held.index, Math.round(moment(event) - held.offset), ctx);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) svg.addEventListener(end, () => { held = null; });
}

// ---- the map

function drawReason(view, ctx, frame) {
  const { model } = looking(view, ctx);
  const lines = ctx.revealed ? inLines(reasonText(model, view.models[model], ctx), frame.width - 4) : [];
  const group = mark(ctx.svg, "g", "reason", { "aria-live": "polite" });
  marks(group, "lines", lines, (_line, i) => i, (g, one, i) => mark(g, "text", "line", { x: 2, y: frame.reasonTop + 10 + i * 17 }, one));
}

function boxOf(name, frame) {
  const [share, row] = STANDS[name];
  const last = row === 4;
  return {
    x: share * frame.width, y: frame.mapTop + row * MAP.row + (last ? MAP.frame : 0),
    width: last ? Math.min(frame.width * 0.2 - 5, 150) : Math.min(frame.width * 0.32, 170),
  };
}

// Shapes of a verdict: round for satisfied, cut corners for violated, a plain box in dashes for what cannot be told.
function outline(status, width, height) {
  const [w, h] = [round(width / 2), height / 2];
  if (status === "violated") return `M${-w + 10} ${-h}H${w - 10}L${w} ${-h + 10}V${h - 10}L${w - 10} ${h}H${-w + 10}L${-w} ${h - 10}V${-h + 10}z`;
  const r = status === "ok" ? 18 : 2;
  return `M${-w + r} ${-h}H${w - r}a${r} ${r} 0 0 1 ${r} ${r}V${h - r}a${r} ${r} 0 0 1 ${-r} ${r}H${-w + r}a${r} ${r} 0 0 1 ${-r} ${-r}V${-h + r}a${r} ${r} 0 0 1 ${r} ${-r}z`;
}

function drawMap(view, ctx, frame) {
  const looked = looking(view, ctx).model;
  const group = mark(ctx.svg, "g", "map", { role: "group", "aria-label": ctx.words.map });
  drawSessions(group, ctx, frame);
  const arrows = Object.entries(view.implies).flatMap(([strong, weaker]) => arrowsFrom(strong, weaker, view, frame));
  marks(group, "arrows", arrows, ({ key }) => key, (g, { a, b }) => {
    mark(g, "path", "line", { d: line([[a.x, a.y + MAP.box], [b.x, b.y - 1]]), class: "fl-history-implies", "marker-end": arrowHead(ctx, "plain") });
  });
  marks(group, "models", Object.keys(STANDS), (name) => name, (g, name) => {
    const { x, y, width } = boxOf(name, frame);
    const { status } = view.models[name];
    const shown = ctx.revealed ? status : "hidden";
    setAttributes(g, { transform: `translate(${round(x)} ${round(y + MAP.box / 2)})` });
    g.flClass = `fl-history-model fl-history-is-${shown}${name === looked ? " fl-history-looked" : ""}`;
    mark(g, "path", "box", { d: outline(shown, width, MAP.box), class: "fl-history-box" });
    const text = ctx.revealed ? `${SIGN[status]}\u00a0${ctx.words.names[name]}` : ctx.words.names[name];
    const lines = inLines(text, width - 8, 600);
    marks(g, "words", lines, (_line, i) => i, (inner, one, i) =>
      mark(inner, "text", "line", { y: 4.5 + (i - (lines.length - 1) / 2) * 16, "text-anchor": "middle", class: "fl-strong" }, one));
    const words = ctx.revealed ? ctx.words.status[status] : ctx.words.hidden;
    pressable(g, ctx.say(ctx.words.node, { name: ctx.words.names[name], status: words }), () => change(ctx, { model: name }), { pressed: name === looked });
  });
}

// The arrows from a model to what it implies by itself, not only through another one. One that implies all session guarantees
// points to the frame around them.
function arrowsFrom(strong, weaker, view, frame) {
  const from = boxOf(strong, frame);
  const all = view.guarantees.every((name) => weaker.includes(name));
  const through = new Set(weaker.flatMap((name) => view.implies[name] ?? []));
  const single = weaker.filter((name) => (all ? !view.guarantees.includes(name) : !through.has(name)));
  const arrows = single.map((weak) => ({ key: `${strong}>${weak}`, a: from, b: boxOf(weak, frame) }));
  if (!all) return arrows;
  return [...arrows, { key: `${strong}>all`, a: from, b: { x: (from.x + frame.width * 0.4) / 2, y: sessionsTop(frame) } }];
}

const sessionsTop = (frame) => frame.mapTop + 4 * MAP.row;

function drawSessions(group, ctx, frame) {
  const first = boxOf("writes follow reads", frame);
  const last = boxOf("read your writes", frame);
  const x = first.x - first.width / 2 - 2.5;
  mark(group, "rect", "sessions", {
    x: round(x), y: sessionsTop(frame), width: round(last.x + last.width / 2 + 2.5 - x), height: MAP.frame + MAP.box + 8, rx: 10, class: "fl-history-sessions",
  });
  mark(group, "text", "sessions-name", { x: round(x + 10), y: sessionsTop(frame) + 17, class: "fl-soft" }, ctx.words.sessions);
}

const picture = {
  height(width, view, ctx) {
    measureIn(ctx.svg);
    return frameOf(view, ctx, width).height;
  },

  draw(view, ctx) {
    measureIn(ctx.svg);
    const frame = frameOf(view, ctx, ctx.width);
    drawEditor(view, ctx, ctx.width);
    drawHistory(view, ctx, frame);
    drawReason(view, ctx, frame);
    drawMap(view, ctx, frame);
  },

  restart(ctx) { ctx.svg.flHistory = undefined; },
};
