// The picture of PACELC: how long requests take in each region, every design tried as a point (latency, stale reads), the
// distances, and the four boxes.

const STRIP = { row: 26, rowMax: 38, left: 104, right: 112, least: 0.5, most: 3000 };
const TRADE = { left: 36, height: 250, least: 0.8, most: 1000 };
const MAP = { width: 250, height: 176, node: 18 };
const WIDE = 880;
// Where a region stands, as shares of the map's sides, and how far from its first end a distance is written.
const PLACES = { us: [0.08, 0.42], eu: [0.5, 0.1], asia: [0.92, 0.36], oce: [0.68, 0.88] };
// Where "leader" is written beside the region: from its centre, and how the text is anchored.
const LEADS_AT = { us: [-16, 34, "start"], eu: [-23, -7, "end"], asia: [6, -25, "middle"], oce: [23, 5, "start"] };
const LABEL_AT = { "eu-oce": 0.64, "us-asia": 0.36 };

// What the browser alone keeps: the designs tried, for each set of conditions under which they can be compared.
function triedOf(view, ctx) {
  const all = (ctx.svg.flTried ??= new Map());
  if (!all.has(view.group)) all.set(view.group, new Map());
  const tried = all.get(view.group);
  if (ctx.revealed && view.point.ms !== null) tried.set(view.point.key, view.point);
  return tried;
}

// ---- where things stand

function frameOf(view, ctx, width) {
  const wide = width >= WIDE;
  const strip = { width: wide ? round(width * 0.54) : width, row: wide ? STRIP.rowMax : STRIP.row };
  strip.bottom = 48 + view.rows.length * strip.row;
  const chart = { x: wide ? strip.width + 76 : TRADE.left, top: (wide ? 0 : strip.bottom + 60) + 44 };
  chart.width = width - chart.x - 16;
  chart.bottom = chart.top + TRADE.height;
  const keys = keysOf(view, ctx);
  const lines = keys.map(({ text }) => inLines(text, width - chart.x - 26).length);
  const chartEnd = chart.bottom + 48 + lines.reduce((sum, n) => sum + n * 17 + 4, 0) + 30;
  const lower = Math.max(strip.bottom + 44, chartEnd) + 30;
  const beside = width >= 640;
  const boxes = { x: beside ? MAP.width + 40 : 0, top: beside ? lower : lower + MAP.height + 60 };
  boxes.width = width - boxes.x - 2;
  boxes.label = round(clamp(boxes.width * 0.24, 92, 150));
  boxes.cell = (boxes.width - boxes.label) / 2;
  boxes.row = boxHeight(view, ctx, boxes);
  boxes.head = 18 + 17 * Math.max(...[ctx.words.latency, ctx.words.consistency].map((text) => inLines(text, boxes.cell - 8).length));
  const height = Math.max(lower + MAP.height + 36, boxes.top + boxes.head + 2 * boxes.row + 12);
  return { width, strip, chart, lines, keys, lower, boxes, height };
}

const namesOf = (view, box) => view.systems[box].join(", ");
function boxHeight(view, ctx, boxes) {
  const labels = [ctx.words.available, ctx.words.consistent].map((text) => inLines(text, boxes.label - 8, 600).length);
  return 36 + Math.max(...labels, ...Object.keys(view.systems).map((box) => inLines(namesOf(view, box), boxes.cell - 20).length + 1)) * 17;
}

// ---- latencies, region by region

function drawStrips(view, ctx, { strip }) {
  const { words } = ctx;
  const x = logScale(STRIP.least, STRIP.most, STRIP.left, strip.width - STRIP.right);
  const group = mark(ctx.svg, "g", "strips");
  mark(group, "text", "title", { x: 0, y: 14, class: "fl-strong" }, words.times);
  axisX(group, "axis", x, { y: strip.bottom, values: [1, 10, 100, 1000], grid: strip.bottom - 40, format: (v) => ctx.number(v) });
  const columns = [strip.width - 62, strip.width - 4];
  mark(group, "text", "median", { x: columns[0], y: 36, "text-anchor": "end", class: "fl-soft" }, words.median);
  mark(group, "text", "tail", { x: columns[1], y: 36, "text-anchor": "end", class: "fl-soft" }, words.tail);
  marks(group, "rows", view.rows, (row) => `${row.region} ${row.kind}`, (g, row, i) => {
    const y = 48 + (i + 0.5) * strip.row;
    setAttributes(g, { transform: `translate(0 ${y})` });
    const first = row.kind === "read";
    mark(g, "line", "rule", { x1: 0, x2: strip.width, y1: -strip.row / 2, y2: -strip.row / 2, class: first ? "fl-pacelc-rule" : "fl-pacelc-none" });
    mark(g, "text", "region", { x: 0, y: 4.5, class: "fl-strong" }, first ? `${row.region === view.cut ? "✗ " : ""}${row.region}` : "");
    mark(g, "text", "kind", { x: STRIP.left - 12, y: 4.5, "text-anchor": "end", class: "fl-soft" }, words[row.kind]);
    drawTimes(mark(g, "g", "answer", { class: "fl-answer" }), row, ctx, { x, columns });
  });
}

function drawTimes(g, row, ctx, { x, columns }) {
  const answered = row.dots.length > 0;
  const [low, high] = answered ? [row.dots[0], row.dots.at(-1)].map(x) : [0, 0];
  mark(g, "line", "span", { x1: round(low), x2: round(high), y1: 0, y2: 0, class: "fl-pacelc-span", display: answered ? null : "none" });
  mark(g, "path", "dots", { d: shapes("dot", row.dots.map((ms) => [x(ms), 0]), 3.5), class: `fl-pacelc-dots fl-pacelc-${row.kind}` });
  mark(g, "path", "median", { d: answered ? SHAPES.bar(x(row.p50), 0, 9) : "", class: "fl-pacelc-median" });
  mark(g, "path", "tail", { d: answered ? SHAPES.triangle(x(row.p99), 0, 5) : "", class: "fl-pacelc-tail" });
  mark(g, "text", "p50", { x: columns[0], y: 4.5, "text-anchor": "end", class: "fl-strong" }, answered ? ctx.number(row.p50) : "");
  const last = answered ? ctx.number(row.p99) : `✗ ${ctx.words.refused}`;
  mark(g, "text", "p99", { x: columns[1], y: 4.5, "text-anchor": "end", class: answered ? null : "fl-strong fl-pacelc-bad" }, last);
}

// ---- every design a point

function keysOf(view, ctx) {
  const { words, say } = ctx;
  const told = ({ ms, stale }) => `${ctx.number(ms)} ${ctx.words.ms}, ${ctx.number(stale * 100, stale < 0.1 ? 1 : 0)}%`;
  const keys = [{ key: "own", text: `${view.point.name}: ${told(view.point)}` }];
  if (view.cut) keys.push({ key: "cut", text: cutText(view, ctx, told) });
  const tried = triedOf(view, ctx);
  if (tried.size > 1) keys.push({ key: "frontier", text: words.frontier });
  return [...keys, { key: "tried", text: say(words.tried, { n: tried.size }) }];
}

function cutText(view, ctx, told) {
  const name = ctx.say(ctx.words.cut, { region: view.cut });
  if (view.cut_point.ms === null) return `${name}: ${ctx.words.no_answer}`;
  const refused = view.cut_point.refused ? `, ${ctx.say(ctx.words.partly, { share: ctx.number(view.cut_point.refused * 100) })}` : "";
  return `${name}: ${told(view.cut_point)}${refused}`;
}

// From left to right, what no point before it beats.
function frontierOf(points) {
  let best = Infinity;
  return [...points].sort((a, b) => a.ms - b.ms || a.stale - b.stale).filter((point) => {
    if (point.stale >= best) return false;
    best = point.stale;
    return true;
  });
}

function drawTrade(view, ctx, frame) {
  const { chart } = frame;
  const { words } = ctx;
  const x = logScale(TRADE.least, TRADE.most, chart.x, chart.x + chart.width);
  const y = scale(0, 1, chart.bottom, chart.top);
  const group = mark(ctx.svg, "g", "trade");
  mark(group, "text", "title", { x: chart.x - TRADE.left, y: chart.top - 30, class: "fl-strong" }, words.trade);
  axisX(group, "x", x, { y: chart.bottom, label: words.mean, values: [1, 10, 100, 1000], grid: TRADE.height, format: (v) => ctx.number(v) });
  axisY(group, "y", y, { x: chart.x, label: words.stale, values: [0, 0.25, 0.5, 0.75, 1], format: (v) => ctx.number(v * 100) });
  const answer = mark(group, "g", "answer", { class: "fl-answer" });
  const tried = [...triedOf(view, ctx).values()];
  const best = frontierOf(tried);
  const steps = best.flatMap((point, i) => (i ? [[x(point.ms), y(best[i - 1].stale)], [x(point.ms), y(point.stale)]] : [[x(point.ms), y(point.stale)]]));
  mark(answer, "path", "frontier", { d: best.length > 1 ? line(steps) : "", class: "fl-pacelc-frontier" });
  marks(answer, "tried", tried.filter((point) => point.key !== view.point.key), (point) => point.key, (g, point) => {
    g.flClass = "fl-pacelc-tried";
    setAttributes(g, { transform: `translate(${round(x(point.ms))} ${round(y(point.stale))})` });
    mark(g, "path", "dot", { d: SHAPES.dot(0, 0, 5.5) });
    const label = ctx.say(words.point, { name: point.name, ms: ctx.number(point.ms), stale: ctx.number(point.stale * 100, 1) });
    mark(g, "title", "title", {}, label);
    makePressable(g, "fl-pacelc-press", label, () => Object.entries(point.params).forEach(([name, value]) => ctx.set(name, value)));
  });
  drawOwn(answer, view, ctx, { x, y });
  drawKeys(group, view, ctx, frame);
}

function drawOwn(g, view, ctx, { x, y }) {
  const at = (point) => [x(point.ms), y(point.stale)];
  const [own, cut] = [view.point, view.cut_point];
  const leads = cut && cut.ms !== null && own.ms !== null;
  const [a, b] = leads ? [at(own), at(cut)] : [[0, 0], [0, 0]];
  const long = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const end = long > 24 ? [b[0] - ((b[0] - a[0]) * 10) / long, b[1] - ((b[1] - a[1]) * 10) / long] : null;
  mark(g, "path", "leads", { d: leads && end ? line([a, end]) : "", class: "fl-pacelc-leads", "marker-end": arrowHead(ctx, "plain") });
  mark(g, "path", "cut", { d: leads ? SHAPES.box(...b, 6) : "", class: "fl-pacelc-cut" });
  mark(g, "path", "own", { d: own.ms === null ? "" : SHAPES.diamond(...at(own), 8), class: "fl-pacelc-own" });
}

function drawKeys(parent, view, ctx, { chart, keys, lines, width }) {
  const group = mark(parent, "g", "keys", { class: "fl-answer" });
  let y = chart.bottom + 60;
  const left = chart.x - TRADE.left;
  marks(group, "all", keys, ({ key }) => key, (g, { key, text }, i) => {
    const own = { own: SHAPES.diamond(left + 10, y - 4, 7), cut: SHAPES.box(left + 10, y - 4, 5.5), tried: SHAPES.dot(left + 10, y - 4, 5), frontier: line([[left, y - 9], [left + 10, y - 9], [left + 10, y], [left + 22, y]]) };
    mark(g, "path", "sign", { d: own[key], class: `fl-pacelc-${key === "tried" ? "pale" : key}` });
    paragraph(g, "text", text, { x: left + 30, y, width: width - chart.x - 26 });
    y += lines[i] * 17 + 4;
  });
  const wide = Math.ceil(widthOf(ctx.words.forget)) + 20;
  const chip = mark(group, "g", "forget", { transform: `translate(${left + 30} ${y - 10})` });
  chip.flClass = "fl-pacelc-chip";
  mark(chip, "rect", "box", { x: 0, y: 0, width: wide, height: 25, rx: 12.5 });
  mark(chip, "text", "word", { x: wide / 2, y: 17, "text-anchor": "middle" }, ctx.words.forget);
  makePressable(chip, "fl-pacelc-press", ctx.words.forget, () => forget(ctx), { disabled: triedOf(view, ctx).size < 2 });
}

function forget(ctx) {
  ctx.svg.flTried = new Map();
  picture.draw(ctx.view, ctx);
}

// ---- the distances

function drawMap(view, ctx, { lower }) {
  const group = mark(ctx.svg, "g", "map");
  mark(group, "text", "title", { x: 0, y: lower, class: "fl-strong" }, ctx.words.map);
  const at = (name) => [PLACES[name][0] * MAP.width + 12, lower + 20 + PLACES[name][1] * MAP.height];
  marks(group, "links", view.links, ([a, b]) => `${a}-${b}`, (g, [a, b, ms]) => {
    const [[x1, y1], [x2, y2]] = [at(a), at(b)];
    const off = view.cut === a || view.cut === b;
    mark(g, "line", "line", { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2), class: off ? "fl-pacelc-off" : "fl-pacelc-link" });
    const share = LABEL_AT[`${a}-${b}`] ?? 0.5;
    const where = { x: round(x1 + (x2 - x1) * share), y: round(y1 + (y2 - y1) * share + 4), "text-anchor": "middle" };
    mark(g, "text", "ms", { ...where, class: "fl-pacelc-halo" }, `${off ? "✗ " : ""}${ctx.number(ms)}`);
  });
  marks(group, "regions", Object.keys(PLACES), (name) => name, (g, name) => {
    const [x, y] = at(name).map(round);
    mark(g, "circle", "node", { cx: x, cy: y, r: MAP.node, class: view.cut === name ? "fl-pacelc-node fl-pacelc-gone" : "fl-pacelc-node" });
    mark(g, "circle", "leader", { cx: x, cy: y, r: MAP.node - 4, class: "fl-pacelc-leader", display: view.leader === name ? null : "none" });
    mark(g, "text", "name", { x, y: y + 4.5, "text-anchor": "middle", class: "fl-strong" }, name);
    const [dx, dy, anchor] = LEADS_AT[name];
    mark(g, "text", "leads", { x: x + dx, y: y + dy, "text-anchor": anchor, class: "fl-soft fl-pacelc-halo" }, view.leader === name ? ctx.words.leads : "");
  });
}

// ---- the four boxes

function drawBoxes(view, ctx, { boxes }) {
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "boxes");
  mark(group, "text", "title", { x: boxes.x, y: boxes.top, class: "fl-strong" }, words.boxes);
  const [columns, rows] = [["L", "C"], ["A", "C"]];
  const left = (i) => boxes.x + boxes.label + i * boxes.cell;
  const top = (i) => boxes.top + boxes.head + i * boxes.row;
  [words.latency, words.consistency].forEach((text, i) => paragraph(group, `column${i}`, text, { x: round(left(i) + 4), y: boxes.top + 26, width: boxes.cell - 8, className: "fl-soft" }));
  [words.available, words.consistent].forEach((text, i) => paragraph(group, `row${i}`, text, { x: boxes.x, y: top(i) + 20, width: boxes.label - 8, className: "fl-soft" }));
  const cells = rows.flatMap((p, i) => columns.map((e, j) => ({ box: `P${p}/E${e}`, x: left(j), y: top(i) })));
  marks(group, "cells", cells, ({ box }) => box, (g, { box, x, y }) => {
    const own = box === view.box;
    mark(g, "rect", "cell", { x: round(x + 2), y: y + 2, width: round(boxes.cell - 4), height: boxes.row - 4, rx: 6, class: own ? "fl-pacelc-box fl-pacelc-here" : "fl-pacelc-box" });
    mark(g, "text", "letters", { x: round(x + 12), y: y + 21, class: "fl-strong" }, box);
    const below = paragraph(g, "systems", namesOf(view, box), { x: round(x + 12), y: y + 39, width: boxes.cell - 20, className: "fl-soft" });
    const sign = own ? `◆ ${words.yours}` : "";
    mark(g, "text", "own", { x: round(x + 12), y: below, class: "fl-strong" }, sign);
  });
}

const picture = {
  height(width, view, ctx) {
    measureIn(ctx.svg);
    return frameOf(view, ctx, width).height;
  },

  draw(view, ctx) {
    measureIn(ctx.svg);
    const frame = frameOf(view, ctx, ctx.width);
    setAttributes(ctx.svg, { height: frame.height, viewBox: `0 0 ${ctx.width} ${frame.height}` });
    drawStrips(view, ctx, frame);
    drawTrade(view, ctx, frame);
    drawMap(view, ctx, frame);
    drawBoxes(view, ctx, frame);
    const { strip, chart } = frame;
    cover(ctx, { x: STRIP.left - 4, y: 44, width: strip.width - STRIP.left + 4, height: strip.bottom - 46, key: "cover" });
    cover(ctx, { x: chart.x + 2, y: chart.top, width: chart.width, height: TRADE.height - 2, key: "cover2" });
  },
};
