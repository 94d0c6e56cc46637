// The picture of the CRDT laboratory: three lanes with what each replica did and heard, the messages that wait, the lattice of
// the states, and how many of them differ.

const LANES = { height: 80, between: 12, pitch: 24, pitchWide: 30, pitchMax: 54 };  // wide: the writes of a register
const NODE = { height: 20, pitch: 64, pitchMin: 26, badge: 17 };
const GRAPH = { height: 74, gap: 78 };

// What the browser alone decides: up to which step is looked. `change` draws anew, `act` replaces what comes after it.
function looking(view, ctx) {
  const state = (ctx.svg.flLooking ??= { step: null });
  const last = view.frames.length - 1;
  const step = Math.min(state.step ?? last, last);
  return {
    step, last,
    change(wanted) { state.step = clamp(wanted, 0, last); picture.draw(ctx.view, ctx); },
    act(next) {
      const steps = state.step === null ? ctx.params.steps : ctx.params.steps.slice(0, step);
      state.step = null;
      ctx.set("steps", [...steps, next]);
    },
    clear() { state.step = null; ctx.set("steps", []); },
  };
}

// ---- what is clicked is a button, to the keyboard and to a screen reader too

const pressable = (node, label, act, enabled = true) => makePressable(node, "fl-crdt-press", label, act, { disabled: !enabled });

const chipWidth = (text) => Math.ceil(widthOf(text, 600)) + 14;

function chip(parent, key, text, { x, y, label = text, act, enabled = true }) {
  const g = mark(parent, "g", key, { transform: `translate(${round(x)} ${round(y)})` });
  g.flClass = "fl-crdt-chip";
  const width = chipWidth(text);
  mark(g, "rect", "box", { x: 0, y: 0, width, height: 24, rx: 12 });
  mark(g, "text", "word", { x: width / 2, y: 16, "text-anchor": "middle" }, text);
  pressable(g, label, act, enabled);
  return x + width + 4;
}

// ---- where things stand

function frameOf(view, ctx, width) {
  const how = inLines(ctx.words.how, width).length;
  const lanesTop = how * 17 + 46;
  const left = round(clamp(width * 0.36, 256, 330));
  const lanesBottom = lanesTop + view.names.length * (LANES.height + LANES.between);
  const trayTop = lanesBottom + 44;
  const boxes = boxesOf(view, ctx, width);
  const lower = trayTop + 22 + Math.max(1, boxes.rows) * 34 + 18;
  const lattice = { x: 0, y: lower, width: round(width * 0.56) };
  const ghosts = view.steps.some((step) => step.merges.some((merge) => merge.again.length)) ? 3 : 0;
  const levels = view.lattice.levels + ghosts;
  const graphsHeight = 2 * (GRAPH.height + GRAPH.gap) - 46;
  const pitch = clamp((graphsHeight - 66) / Math.max(1, levels - 1), NODE.pitchMin, NODE.pitch);
  const graphs = { x: lattice.width + 52, width: width - lattice.width - 60 };
  const latticeBottom = lower + Math.max(66 + (levels - 1) * pitch, graphsHeight);
  return { width, how, lanesTop, left, lanesBottom, trayTop, boxes, lower, lattice, ghosts, pitch, graphs, latticeBottom, height: latticeBottom + 16 + verdictHeight(view, ctx, lattice.width) };
}

// The longest that stands below the lattice at some step.
function verdictHeight(view, ctx, width) {
  const again = view.steps.flatMap((step) => step.merges.filter((merge) => merge.again.length)).map((merge) => ghostText(merge, ctx));
  const said = ["is_join", "not_above", ...(again.length ? ["no_join"] : [])];
  const first = Math.max(...said.map((name) => inLines(ctx.words[name], width, 600).length));
  return 17 * (first + Math.max(0, ...again.map((text) => inLines(text, width).length)));
}

const ghostText = (merge, ctx) => ctx.say(ctx.words.ghost, { values: merge.again.join(", ") });

const laneY = (frame, i) => frame.lanesTop + i * (LANES.height + LANES.between) + LANES.height / 2;

// Columns: one step each. Where they do not all fit, those before the one that is looked at are shown.
function columnsOf(view, frame, look) {
  const from = frame.left + 26;
  const room = frame.width - from - 12;
  const least = view.buttons[0].label.startsWith(":") ? LANES.pitchWide : LANES.pitch;
  const count = Math.max(1, Math.floor(room / least));
  const first = clamp(look.step - count + 1, 0, Math.max(0, look.last - count));
  const pitch = Math.min(LANES.pitchMax, room / Math.min(count, Math.max(1, look.last)));
  const at = (i) => from + (i - first) * pitch - pitch / 2;
  return { at: (i) => clamp(at(i), from - 8, frame.width - 4), shown: (i) => i > first && i <= first + count, first, last: Math.min(look.last, first + count), from, pitch };
}

// ---- the row of buttons, and the time slider

function drawActions(view, ctx, frame, look) {
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "actions");
  paragraph(group, "how", words.how, { x: 0, y: 14, width: frame.width, className: "fl-soft" });
  const y = frame.how * 17 + 8;
  let x = chip(group, "undo", `↶ ${words.undo}`, { x: 0, y, label: words.undo, act: () => look.change(look.step - 1), enabled: look.step > 0 });
  x = chip(group, "redo", `↷ ${words.redo}`, { x, y, label: words.redo, act: () => look.change(look.step + 1), enabled: look.step < look.last });
  x = chip(group, "sync", `⇄ ${words.sync}`, { x: x + 10, y, label: words.sync, act: () => look.act({ do: "sync" }), enabled: open(view, look) });
  x = chip(group, "clear", words.clear, { x, y, act: () => look.clear(), enabled: look.last > 0 });
  mark(group, "text", "step", { x: frame.width, y: y + 16, "text-anchor": "end", class: "fl-strong" }, ctx.say(words.steps, { n: look.step, all: look.last }));
}

const open = (view, look) => !view.full || look.step < look.last;

function drawSlider(view, ctx, frame, look, columns) {
  const group = mark(ctx.svg, "g", "slider");
  const y = frame.lanesBottom + 8;
  const end = columns.at(columns.last || 1);
  mark(group, "line", "track", { x1: columns.from - 8, x2: end, y1: y, y2: y, class: "fl-crdt-track" });
  marks(group, "numbers", view.steps.map((_s, i) => i + 1).filter((i) => columns.shown(i)), (i) => i, (g, i) => {
    mark(g, "text", "n", { x: round(columns.at(i)), y: y + 22, "text-anchor": "middle", class: i === look.step ? "fl-strong" : "fl-soft" }, String(i));
  });
  mark(group, "text", "earlier", { x: columns.from - 10, y: y + 22, "text-anchor": "middle", class: "fl-soft" }, columns.first ? "…" : "");
  const x = look.step ? columns.at(look.step) : columns.from - 8;
  mark(group, "line", "cursor", { x1: round(x), x2: round(x), y1: frame.lanesTop - 4, y2: y, class: "fl-crdt-cursor" });
  const handle = mark(group, "circle", "handle", { cx: round(x), cy: y, r: 7 });
  handle.flClass = "fl-crdt-handle";
  draggable(handle, {
    label: ctx.words.slider, value: look.step, min: 0, max: look.last, step: 1, text: ctx.say(ctx.words.steps, { n: look.step, all: look.last }),
    at: (pointer) => columns.first + (pointer - columns.from) / columns.pitch + 0.5, set: (step) => look.change(step),
  });
}

// ---- a replica: what it shows, what its state carries, what it can be told to do

function drawReplica(g, name, i, { view, ctx, frame, look }) {
  const top = laneY(frame, i) - LANES.height / 2;
  const node = view.lattice.nodes[view.frames[look.step].at[i]];
  mark(g, "rect", "card", { x: 0, y: top, width: frame.left, height: LANES.height, rx: 8, class: "fl-crdt-card" });
  mark(g, "text", "name", { x: 12, y: top + 23, class: "fl-big" }, name);
  const answer = mark(g, "g", "answer", { class: "fl-answer" });
  mark(answer, "text", "value", { x: 36, y: top + 23, class: "fl-big fl-crdt-value" }, fitting(node.value, frame.left - 60, 700));
  mark(answer, "text", "detail", { x: 12, y: top + 42, class: "fl-soft" }, fitting(node.detail, frame.left - 22));
  mark(answer, "title", "title", {}, `${name}: ${node.value} (${node.detail})`);
  const enabled = open(view, look);
  let x = 8;
  const chips = mark(g, "g", "chips");
  marks(chips, "updates", view.buttons, (b) => b.label, (one, { label, ...step }) => {
    x = chip(one, "chip", label, { x, y: top + 50, label: ctx.say(ctx.words.update, { at: name, what: label }), act: () => look.act({ ...step, at: name }), enabled });
  });
  x += 4;
  marks(chips, "sends", view.names.filter((other) => other !== name), (to) => to, (one, to) => {
    x = chip(one, "chip", `→${to}`, { x, y: top + 50, label: ctx.say(ctx.words.send, { from: name, to }), act: () => look.act({ do: "send", from: name, to }), enabled });
  });
  mark(g, "line", "lane", { x1: frame.left + 6, x2: frame.width, y1: laneY(frame, i), y2: laneY(frame, i), class: "fl-crdt-lane" });
}

// ---- what happened

function drawSteps(view, ctx, frame, look, columns) {
  const group = mark(ctx.svg, "g", "happened");
  drawMessages(group, view, ctx, { frame, look, columns });
  const shown = view.steps.map((step, i) => ({ ...step, n: i + 1 })).filter(({ n }) => columns.shown(n));
  marks(group, "steps", shown, ({ n }) => n, (g, step) => {
    const x = round(columns.at(step.n));
    g.setAttribute("class", step.n > look.step ? "fl-crdt-future" : step.note || step.idle ? "fl-crdt-refused" : "");
    const i = view.names.indexOf(step.at);
    const update = step.do === "add" || step.do === "remove";
    const shape = step.note || step.idle ? "cross" : "dot";  // an update without effect is crossed out
    mark(g, "path", "dot", { d: update ? SHAPES[shape](x, laneY(frame, i), 4.5) : "", class: `fl-crdt-${shape}` });
    mark(g, "text", "label", { x, y: update ? laneY(frame, i) - 12 : 0, "text-anchor": "middle", class: "fl-strong fl-crdt-halo" }, update ? fitting(step.label, columns.pitch - 1, 600) : "");
    const all = step.do === "sync";
    const ends = [0, view.names.length - 1].map((at) => laneY(frame, at));
    mark(g, "path", "sync", { d: all ? `M${x} ${ends[0]}V${ends[1]}` : "", class: "fl-crdt-sync" });
    mark(g, "path", "met", { d: all ? view.names.map((_n, at) => SHAPES.box(x, laneY(frame, at), 4)).join("") : "", class: "fl-crdt-dot" });
    mark(g, "text", "glyph", { x, y: all ? ends[0] - 12 : 0, "text-anchor": "middle", class: "fl-strong fl-crdt-halo" }, all ? "⇄" : "");
  });
}

function drawMessages(parent, view, ctx, { frame, look, columns }) {
  const begun = view.messages.filter((m) => (columns.shown(m.sent) || (m.end && columns.shown(m.end)) || (m.sent <= columns.first && !m.end)));
  marks(parent, "messages", begun, (m) => m.number, (g, m) => {
    const [from, to] = [m.source, m.to].map((name) => laneY(frame, view.names.indexOf(name)));
    const way = Math.sign(to - from);
    const begin = { x: columns.at(m.sent), y: from + (m.copy_of ? way * 22 : 0) };
    const box = { x: begin.x, y: begin.y + way * 15 };
    const gone = m.fate === "drop";
    const until = columns.at(m.end ?? columns.last + 1);
    const end = m.end ? { x: until, y: gone ? (from + to) / 2 + way * 20 : to - way * 5 } : { x: box.x + columns.pitch * 0.45, y: box.y + way * 9 };
    const known = m.end && m.end <= look.step;
    g.setAttribute("class", m.sent > look.step ? "fl-crdt-future" : "");
    const arrow = mark(g, "path", "arrow", {
      d: line([[begin.x, begin.y], [box.x, box.y], [end.x, end.y]]), class: `fl-crdt-arrow${m.copy_of ? " fl-crdt-copy" : ""}${known ? "" : " fl-crdt-waits"}`,
      "marker-end": known && !gone ? arrowHead(ctx, "plain") : null,
    });
    arrow.style.display = columns.shown(m.sent) || m.end ? "" : "none";
    mark(g, "path", "lost", { d: gone ? SHAPES.cross(round(end.x), round(end.y), 5) : "", class: "fl-crdt-lost", display: known ? null : "none" });
    const own = columns.shown(m.sent);
    mark(g, "rect", "box", { x: round(box.x - 9), y: round(box.y - 8), width: 18, height: 16, rx: 3, class: "fl-crdt-letter", display: own ? null : "none" });
    mark(g, "text", "number", { x: round(box.x), y: round(box.y + 4.5), "text-anchor": "middle", class: "fl-crdt-number" }, own ? String(m.number) : "");
  });
}

// ---- the messages that wait

const letterText = (m) => `${m.number}: ${m.source} → ${m.to}${m.copy_of ? ` (= ${m.copy_of})` : ""}`;

function boxWidth(ctx) {
  return 150 + ["deliver", "drop", "duplicate"].reduce((sum, name) => sum + chipWidth(ctx.words[name]) + 4, 0);
}

function boxesOf(view, ctx, width) {
  const most = Math.max(...view.frames.map((frame) => frame.waiting.length));
  const perRow = Math.max(1, Math.floor((width + 8) / (boxWidth(ctx) + 8)));
  return { perRow, rows: Math.ceil(most / perRow), width: boxWidth(ctx) };
}

function drawTray(view, ctx, frame, look) {
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "tray");
  const waiting = view.frames[look.step].waiting.map((number) => view.messages[number - 1]);
  mark(group, "text", "head", { x: 0, y: frame.trayTop + 10, class: "fl-strong" }, words.waiting);
  mark(group, "text", "none", { x: 0, y: frame.trayTop + 36, class: "fl-soft" }, waiting.length ? "" : words.nothing_waits);
  marks(group, "boxes", waiting, (m) => m.number, (g, m) => {
    const place = waiting.indexOf(m);
    const x = (place % frame.boxes.perRow) * (frame.boxes.width + 8);
    const y = frame.trayTop + 20 + Math.floor(place / frame.boxes.perRow) * 34;
    setAttributes(g, { transform: `translate(${x} ${y})` });
    mark(g, "rect", "box", { x: 0, y: 0, width: frame.boxes.width, height: 30, rx: 6, class: "fl-crdt-letter" });
    mark(g, "text", "word", { x: 8, y: 19.5, class: "fl-strong" }, letterText(m));
    const from = 16 + widthOf(letterText(m), 600);
    mark(g, "text", "value", { x: round(from), y: 19.5, class: "fl-answer" }, fitting(view.lattice.nodes[m.state].value, 138 - from));
    let at = 146;
    for (const name of ["deliver", "drop", "duplicate"]) {
      const label = ctx.say(words.act, { act: words[name], n: m.number });
      at = chip(g, name, words[name], { x: at, y: 3, label, act: () => look.act({ do: name, message: m.number }), enabled: open(view, look) });
    }
  });
}

// ---- the lattice

function drawLattice(view, ctx, frame, look) {
  const { lattice, pitch, ghosts } = frame;
  const { nodes, covers } = view.lattice;
  const group = mark(ctx.svg, "g", "lattice", { class: "fl-answer" });
  mark(group, "text", "head", { x: 0, y: lattice.y + 10, class: "fl-strong" }, fitting(ctx.words.lattice, lattice.width, 600));
  mark(group, "text", "marks", { x: 0, y: lattice.y + 27, class: "fl-soft" }, ctx.words.marks);
  const at = (i) => ({ x: lattice.x + 10 + nodes[i].x * (lattice.width - 20), y: frame.latticeBottom - 14 - nodes[i].level * pitch });
  const future = (i) => nodes[i].step > look.step;
  marks(group, "covers", covers, ([i, j]) => `${i}<${j}`, (g, [i, j]) => {
    mark(g, "path", "line", { d: line([[at(i).x, at(i).y], [at(j).x, at(j).y]]), class: `fl-crdt-cover${future(i) || future(j) ? " fl-crdt-future" : ""}` });
  });
  marks(group, "moves", movesOf(view, look), ([i, j], k) => `${i}>${j}>${k}`, (g, [i, j]) => {
    mark(g, "path", "line", { d: line([[at(i).x, at(i).y], [at(j).x, at(j).y]]), class: "fl-crdt-move" });
  });
  drawGhosts(group, view, ctx, { frame, look, at, ghosts });
  const rows = new Map();
  nodes.forEach((node) => rows.set(node.level, (rows.get(node.level) ?? 0) + 1));
  marks(group, "nodes", nodes.map((_node, i) => i), (i) => i, (g, i) => {
    const room = (lattice.width - 20) / rows.get(nodes[i].level) - 4;
    const here = view.names.filter((_name, k) => view.frames[look.step].at[k] === i);
    g.setAttribute("class", `fl-crdt-node${future(i) ? " fl-crdt-future" : ""}`);
    drawNode(g, nodes[i], here, { at: at(i), room });
    mark(g, "title", "title", {}, ctx.say(ctx.words.node, { n: i, value: nodes[i].value, detail: nodes[i].detail }));
  });
  drawVerdict(group, view, ctx, frame, look);
}

function drawNode(g, node, here, { at, room }) {
  const badges = here.length * NODE.badge;
  const text = fitting(`${node.how === "merge" ? "⊔ " : ""}${node.value}`, room - badges - 12, 600);
  const width = Math.max(14, Math.ceil(widthOf(text, 600)) + 12);
  const x = at.x - width / 2;
  mark(g, "rect", "box", { x: round(x), y: round(at.y - NODE.height / 2), width, height: NODE.height, rx: 10 });
  mark(g, "text", "value", { x: round(at.x), y: round(at.y + 4.5), "text-anchor": "middle", class: "fl-strong" }, text);
  marks(g, "badges", here, (name) => name, (one, name) => {
    const cx = round(x + width + 9 + here.indexOf(name) * NODE.badge);
    mark(one, "circle", "ring", { cx, cy: round(at.y), r: 8, class: "fl-crdt-badge" });
    mark(one, "text", "name", { x: cx, y: round(at.y + 4.5), "text-anchor": "middle", class: "fl-crdt-badge-name" }, name);
  });
}

// From which states to which the step that is looked at has led.
function movesOf(view, look) {
  if (!look.step) return [];
  const { merges } = view.steps[look.step - 1];
  const pairs = merges.flatMap((m) => [[m.before, m.after], [m.sent, m.after]]);
  const [before, after] = [view.frames[look.step - 1].at, view.frames[look.step].at];
  const own = merges.length ? [] : before.map((i, k) => [i, after[k]]);
  return [...pairs, ...own].filter(([i, j]) => i !== j);
}

const mergesUpTo = (view, look) => view.steps.slice(0, look.step).flatMap((step) => step.merges);

// Where further copies of the message that came last would lead, if the merge is no join.
function drawGhosts(parent, view, ctx, { frame, look, at }) {
  const merge = mergesUpTo(view, look).at(-1);
  const again = merge?.again ?? [];
  const start = merge ? at(merge.after) : { x: 0, y: 0 };
  const top = frame.latticeBottom - 14 - (view.lattice.levels - 1) * frame.pitch;
  const place = (k) => ({ x: start.x, y: top - (k + 1) * frame.pitch });
  const points = again.length ? [[start.x, start.y], ...again.map((_v, k) => [place(k).x, place(k).y])] : [];
  const tip = points.length ? [[points.at(-1)[0], points.at(-1)[1] - 18]] : [];
  mark(parent, "path", "runaway", { d: line([...points, ...tip]), class: "fl-crdt-runaway", "marker-end": again.length ? arrowHead(ctx, "runaway") : null });
  marks(parent, "ghosts", again, (_value, k) => k, (g, value, k) => {
    const width = Math.ceil(widthOf(value, 600)) + 14;
    g.setAttribute("class", "fl-crdt-ghost");
    mark(g, "rect", "box", { x: round(place(k).x - width / 2), y: round(place(k).y - 10), width, height: NODE.height, rx: 10 });
    mark(g, "text", "value", { x: round(place(k).x), y: round(place(k).y + 4.5), "text-anchor": "middle" }, value);
  });
}

function drawVerdict(parent, view, ctx, frame, look) {
  const merge = mergesUpTo(view, look).at(-1);
  const { words } = ctx;
  const bad = merge?.again.length > 0;
  const group = mark(parent, "g", "verdict", { class: bad || merge?.above === false ? "fl-crdt-bad" : "fl-crdt-good" });
  const y = frame.latticeBottom + 22;
  const text = !merge ? words.no_merge : bad ? words.no_join : merge.above ? words.is_join : words.not_above;
  const below = paragraph(group, "text", text, { x: 0, y, width: frame.lattice.width, className: merge ? "fl-strong" : "fl-soft" });
  paragraph(group, "ghost", bad ? ghostText(merge, ctx) : "", { x: 0, y: below, width: frame.lattice.width, className: "fl-soft" });
}

// ---- how many differ, and what it costs

function graph(ctx, key, { x, y, width, last, look, head, max, lines, ticksOf }) {
  const group = mark(ctx.svg, "g", key, { class: "fl-answer" });
  mark(group, "text", "head", { x: x - 34, y: y + 10, class: "fl-strong" }, fitting(head, width + 34, 600));
  let at = x - 34;
  marks(group, "legend", lines, ({ word }) => word, (g, { word, style }) => {
    mark(g, "line", "sample", { x1: at, x2: at + 22, y1: y + 24, y2: y + 24, class: `fl-crdt-line fl-crdt-${style}` });
    mark(g, "text", "word", { x: at + 28, y: y + 28, class: "fl-soft" }, word);
    at += 44 + widthOf(word);
  });
  const [top, bottom] = [y + 44, y + 44 + GRAPH.height];
  const across = scale(0, Math.max(1, last), x, x + width);
  const up = scale(0, max, bottom, top);
  axisY(group, "up", up, { x, values: ticksOf, grid: width });
  const steps = ticks(0, Math.max(1, last), Math.max(2, Math.floor(width / 40))).filter(Number.isInteger);
  axisX(group, "across", across, { y: bottom, values: steps });
  mark(group, "line", "cursor", { x1: round(across(look.step)), x2: round(across(look.step)), y1: top, y2: bottom, class: "fl-crdt-cursor" });
  marks(group, "lines", lines, ({ word }) => word, (g, { values, style, lift = 0 }) => {
    const points = values.flatMap((v, i) => (i ? [[across(i), up(values[i - 1]) - lift], [across(i), up(v) - lift]] : [[across(0), up(v) - lift]]));
    mark(g, "path", "line", { d: line(points), class: `fl-crdt-line fl-crdt-${style}` });
  });
}

function drawGraphs(view, ctx, frame, look) {
  const { words } = ctx;
  const { x, width } = frame.graphs;
  const shared = { x, width, look, last: look.last };
  const agree = [
    { word: words.states, style: "first", values: view.frames.map((f) => f.states) },
    { word: words.values, style: "second", values: view.frames.map((f) => f.values), lift: -2.5 },
  ];
  graph(ctx, "agree", { ...shared, y: frame.lower, head: words.agree, max: 3, lines: agree, ticksOf: [0, 1, 2, 3] });
  const sizes = Object.entries(view.sizes).map(([name, values]) => ({ word: words[name], values, style: name === "lean" ? "second" : "first" }));
  const max = Math.max(4, ...sizes.flatMap(({ values }) => values));
  graph(ctx, "size", { ...shared, y: frame.lower + GRAPH.height + GRAPH.gap, head: words.size, max, lines: sizes, ticksOf: ticks(0, max, 4).filter(Number.isInteger) });
}

const picture = {
  height(width, view, ctx) {
    measureIn(ctx.svg);
    return frameOf(view, ctx, width).height;
  },

  draw(view, ctx) {
    measureIn(ctx.svg);
    const frame = frameOf(view, ctx, ctx.width);
    const look = looking(view, ctx);
    const columns = columnsOf(view, frame, look);
    setAttributes(ctx.svg, { height: frame.height, viewBox: `0 0 ${ctx.width} ${frame.height}` });
    drawActions(view, ctx, frame, look);
    marks(ctx.svg, "replicas", view.names, (name) => name, (g, name, i) => drawReplica(g, name, i, { view, ctx, frame, look }));
    drawSlider(view, ctx, frame, look, columns);
    drawSteps(view, ctx, frame, look, columns);
    drawTray(view, ctx, frame, look);
    drawLattice(view, ctx, frame, look);
    drawGraphs(view, ctx, frame, look);
    cover(ctx, { x: 0, y: frame.lower - 6, width: frame.width, height: frame.height - frame.lower + 2 });
  },

  restart(ctx) { ctx.svg.flLooking = { step: null }; },
};
