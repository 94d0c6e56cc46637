// Figure 16: two graphs of curves, each the share of runs that had a leader within so many milliseconds. A stroke that is dragged
// through both reads the shares. While Python has not run everything yet, the picture asks for more.

const GRAPH = { left: 46, right: 24, top: 44, plot: 232, axis: 44, row: 20, gap: 30, foot: 26 };
const X_MS = [20, 10000];
const X_TICKS = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
const DASHES = ["2 3", "7 3", "9 3 2 3", "5 2", "12 4", "3 2 3 6"];
const CURSOR_STEP = 1.05;

const rowsOf = (view) => Math.max(...Object.values(view.graphs).map((curves) => curves.length));
const graphHeight = (view) => GRAPH.top + GRAPH.plot + GRAPH.axis + 18 + GRAPH.row * rowsOf(view);
const sideBySide = (width) => width >= 760;

// The share of a curve's runs that had a leader within so many milliseconds.
function shareWithin(curve, ms) {
  let count = 0;
  while (count < curve.ms.length && curve.ms[count] <= ms) count++;
  return curve.runs ? count / curve.runs : 0;
}

function stairs(curve, x, y) {
  if (!curve.runs) return "";
  let d = `M${round(x(X_MS[0]))} ${round(y(0))}`;
  curve.ms.forEach((ms, i) => { if (ms <= X_MS[1]) d += `H${round(x(ms))}V${round(y((i + 1) / curve.runs))}`; });
  return `${d}H${round(x(X_MS[1]))}`;
}

// Where the number of a curve stands: on it, each at a height of its own; a curve that does not come so high has it at its end.
function badgeAt(curve, i, n, x, y) {
  const level = (i + 1) / (n + 1);
  const at = curve.ms[Math.ceil(level * curve.runs) - 1];
  return at === undefined ? [x(X_MS[1]) - 12 - 22 * (i % 2), y(shareWithin(curve, X_MS[1])) - 1] : [x(at), y(level)];
}

function drawGraph(ctx, name, curves, { left, top, width }) {
  const { words } = ctx;
  const g = mark(ctx.svg, "g", name, { transform: `translate(${round(left)} ${round(top)})` });
  const x = logScale(...X_MS, GRAPH.left, width - GRAPH.right);
  const y = scale(0, 1, GRAPH.top + GRAPH.plot, GRAPH.top);
  mark(g, "text", "title", { x: 0, y: 12, class: "fl-strong" }, words.graphs[name]);
  const shown = width < 420 ? X_TICKS.filter((_, i) => i % 2 === 0) : X_TICKS;
  axisX(g, "x", x, { y: GRAPH.top + GRAPH.plot, label: words.x, values: shown, format: (v) => ctx.number(v), grid: GRAPH.plot });
  axisY(g, "y", y, { x: GRAPH.left, label: words.y, values: [0, 0.25, 0.5, 0.75, 1], format: (v) => ctx.number(100 * v), grid: width - GRAPH.right - GRAPH.left });
  const answer = mark(g, "g", "answer", { class: "fl-answer" });
  marks(answer, "curves", curves, (c) => c.name, (one, curve, i) => mark(one, "path", "line", {
    d: stairs(curve, x, y), class: `fl-el-curve fl-el-${curve.own ? "own" : i}`, "stroke-dasharray": curve.own ? null : DASHES[i % DASHES.length],
  }));
  marks(answer, "badges", curves.filter((c) => c.runs), (c) => c.name, (one, curve) => {
    const i = curves.indexOf(curve);
    const [bx, by] = badgeAt(curve, i, curves.length, x, y);
    drawBadge(one, bx, by, i, curve);
  });
  drawPublished(mark(g, "g", "published", { class: "fl-answer", display: name === "spreads" ? null : "none" }), ctx, x, y);
  drawRows(mark(g, "g", "rows"), ctx, curves, width);
  return { g, x, y };
}

function drawBadge(parent, x, y, i, curve) {
  mark(parent, "circle", "disc", { cx: round(x), cy: round(y), r: 8.5, class: `fl-el-badge fl-el-${curve.own ? "own" : i}` });
  mark(parent, "text", "number", { x: round(x), y: round(y + 4), "text-anchor": "middle", class: "fl-strong" }, String(i + 1));
}

// What the paper's text says: a hollow diamond with its range. One that lies off the scale has an arrow.
function drawPublished(g, ctx, x, y) {
  marks(g, "marks", ctx.view.published, ([name]) => name, (one, [name, ms, share]) => {
    const off = ms >= X_MS[1];
    const [px, py] = [x(ms), y(share)];
    mark(one, "path", "diamond", { d: SHAPES.diamond(px, py, 6), class: "fl-el-published" });
    const text = ctx.say(off ? ctx.words.never : ctx.words.published, { range: name, ms: ctx.number(ms) });
    const place = off ? { x: px - 10, y: py - 24, "text-anchor": "end" } : share === 1 ? { x: px + 10, y: py - 8 } : { x: px + 12, y: py + 4 };
    mark(one, "text", "words", { ...place, class: "fl-pl-halo fl-el-halo" }, text);
  });
}

function drawRows(g, ctx, curves, width) {
  const top = GRAPH.top + GRAPH.plot + GRAPH.axis + 14;
  marks(g, "rows", curves, (c) => c.name, (row, curve, i) => {
    const y = top + 10 + i * GRAPH.row;
    drawBadge(row, GRAPH.left + 8, y, i, curve);
    mark(row, "path", "sample", { d: `M${GRAPH.left + 22} ${y}h36`, class: `fl-el-curve fl-el-${curve.own ? "own" : i}`, "stroke-dasharray": curve.own ? null : DASHES[i % DASHES.length] });
    mark(row, "text", "name", { x: GRAPH.left + 68, y: y + 4, class: curve.own ? "fl-strong" : "" }, curve.own ? ctx.say(ctx.words.own, { range: curve.name }) : curve.name);
    mark(row, "text", "share", { x: width - GRAPH.right, y: y + 4, "text-anchor": "end", class: "fl-answer fl-strong" });
  });
}

// The stroke through both graphs, and what it reads.
function showCursor(ctx, graphs) {
  const ms = ctx.svg.flCursorMs ??= 400;
  const { words } = ctx;
  for (const [name, { g, x, y, curves, width }] of Object.entries(graphs)) {
    const group = mark(g, "g", "cursor", { class: "fl-answer" });
    const at = round(x(ms));
    mark(group, "line", "line", { x1: at, x2: at, y1: y.range[1], y2: y.range[0], class: "fl-el-cursor" });
    const knob = mark(group, "circle", "knob", { cx: at, cy: y.range[0], r: 7, class: "fl-el-knob" });
    knob.flClass = "fl-el-knob";
    const text = ctx.say(words.cursor_value, { ms: ctx.number(ms) });
    draggable(knob, {
      label: words.cursor, value: Math.log(ms), min: Math.log(X_MS[0]), max: Math.log(X_MS[1]), step: Math.log(CURSOR_STEP), text,
      at: (px) => Math.log(x.invert(px - graphs[name].left)), set: (v) => { ctx.svg.flCursorMs = Math.round(Math.exp(v)); showCursor(ctx, graphs); },
    });
    const top = GRAPH.top + GRAPH.plot + GRAPH.axis;
    const rows = mark(g, "g", "rows");
    mark(rows, "text", "within", { x: width - GRAPH.right, y: top + 8, "text-anchor": "end", class: "fl-soft fl-answer" }, ctx.say(words.within, { ms: ctx.number(ms) }));
    for (const curve of curves) {
      const row = mark(mark(rows, "g", "rows"), "g", curve.name);
      mark(row, "text", "share", {}, curve.runs ? ctx.say(words.share, { n: ctx.number(Math.round(100 * shareWithin(curve, ms))) }) : "–");
    }
  }
}

function drawFoot(ctx, view, y) {
  const [done, total] = view.runs;
  const g = mark(ctx.svg, "g", "foot", { transform: `translate(0 ${round(y)})` });
  const text = ctx.say(ctx.words.progress, { done: ctx.number(done), total: ctx.number(total) });
  mark(g, "rect", "room", { x: GRAPH.left, y: 4, width: 120, height: 6, rx: 3, class: "fl-el-room" });
  mark(g, "rect", "done", { x: GRAPH.left, y: 4, width: round((120 * done) / (total || 1)), height: 6, rx: 3, class: "fl-el-done" });
  mark(g, "text", "words", { x: GRAPH.left + 130, y: 12, class: "fl-soft" }, text);
}

// The next slice, unless something else is being asked. The shell knows the newest values of the controls.
function askForMore(ctx, view) {
  if (view.runs[0] >= view.runs[1]) return;
  const panel = ctx.svg.closest(".fl-panel")?.faultlab;
  queueMicrotask(() => { if (panel?.link && !panel.link.busy) panel.link.ask(panel.params); });
}

const picture = {
  height: (width, view) => (sideBySide(width) ? 1 : 2) * graphHeight(view) + (sideBySide(width) ? 0 : GRAPH.gap) + GRAPH.foot,
  draw(view, ctx) {
    const beside = sideBySide(ctx.width);
    const width = beside ? (ctx.width - GRAPH.gap) / 2 : ctx.width;
    const graphs = {};
    Object.entries(view.graphs).forEach(([name, curves], i) => {
      const place = { left: beside ? i * (width + GRAPH.gap) : 0, top: beside ? 0 : i * (graphHeight(view) + GRAPH.gap), width };
      graphs[name] = { ...drawGraph(ctx, name, curves, place), ...place, curves };
      cover(ctx, { x: place.left + GRAPH.left + 4, y: place.top + GRAPH.top + 8, width: width - GRAPH.left - GRAPH.right - 8, height: GRAPH.plot - 16, key: `cover-${name}` });
    });
    showCursor(ctx, graphs);
    drawFoot(ctx, view, (beside ? 1 : 2) * graphHeight(view) + (beside ? 0 : GRAPH.gap) + 4);
    askForMore(ctx, view);
  },
};
