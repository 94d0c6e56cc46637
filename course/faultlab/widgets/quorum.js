// The picture of N, W and R: the ring with the write set and the read set as arcs around it, and beside it how old reads are.

const RING = { node: 19, write: 34, read: 46 };
const CHART_HEIGHT = 250;

// What the browser alone decides: which node the next step is for.
const chosen = (ctx) => (ctx.svg.flChosen ??= { name: null });

// ---- where things stand

function frameOf(view, ctx, width) {
  const how = inLines(ctx.words.how, width).length;
  const actions = how * 17 + 8;
  const rows = rowsOf(view, ctx, width);
  const top = actions + rows.count * 32 + 16;
  const left = round(width * 0.5);
  const radius = clamp(left / 2 - 67, 62, 110);
  const centre = { x: left / 2, y: top + radius + 66 };
  const legend = centre.y + radius + 86;
  const ringBottom = legend + (view.nodes.some((node) => node.hints.length) ? 78 : 58);
  const chart = { x: left + 50, width: width - left - 62, top: top + 34, bottom: top + 34 + CHART_HEIGHT };
  const keys = keysOf(view, ctx).map((key) => inLines(key.text, width - chart.x - 32).length);
  const chartBottom = chart.bottom + 46 + keys.reduce((sum, lines) => sum + lines * 17 + 4, 0);
  const lower = Math.max(ringBottom, chartBottom) + 24;
  const calls = view.calls.reduce((sum, call) => sum + inLines(call.text, width - 20).length, 0);
  const because = verdictLines(view, ctx, width).length;
  return { width, how, actions, rows, top, left, radius, centre, legend, chart, lower, height: lower + 22 + (calls + because) * 19 + 8 };
}

function verdictText(view, { words }) {
  return { ok: words.is_linearizable, violated: words.not_linearizable, unknown: words.not_told }[view.linearizable];
}
const verdictLines = (view, ctx, width) => inLines(verdictText(view, ctx), width, 600);

// The buttons in as many rows as they need.
function rowsOf(view, ctx, width) {
  const placed = [];
  let x = 0;
  let count = 1;
  for (const one of actionsOf(view, ctx)) {
    const wide = Math.ceil(widthOf(one.widest ?? one.text, 600)) + 20;
    if (x && x + wide > width) { x = 0; count += 1; }
    placed.push({ ...one, x, row: count - 1, wide });
    x += wide + 6;
  }
  return { placed, count };
}

function actionsOf(view, ctx) {
  const { words, say, params } = ctx;
  const at = chosen(ctx).name ?? view.nodes[0].name;
  const node = view.nodes.find((one) => one.name === at);
  const add = (doing, where = at) => () => ctx.set("steps", [...ctx.params.steps, { do: doing, at: where }]);
  const fails = node.down ? "up" : "down";
  const widest = [words.up, words.down].map((text) => say(text, { at })).reduce((a, b) => (widthOf(a, 600) > widthOf(b, 600) ? a : b));
  return [
    { key: "write", text: say(words.write, { at }), act: add("write"), enabled: !view.full },
    { key: "read", text: say(words.read, { at }), act: add("read"), enabled: !view.full },
    { key: "fail", text: say(words[fails], { at }), widest, act: add(fails), enabled: !view.full },
    { key: "wait", text: words.wait, act: add("wait", view.nodes[0].name), enabled: !view.full },
    { key: "undo", text: `↶ ${words.undo}`, label: words.undo, act: () => ctx.set("steps", ctx.params.steps.slice(0, -1)), enabled: params.steps.length > 0 },
    { key: "clear", text: words.clear, act: () => ctx.set("steps", []), enabled: params.steps.length > 0 },
  ];
}

// ---- what is pressed

function drawActions(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "actions");
  paragraph(group, "how", ctx.words.how, { x: 0, y: 14, width: frame.width, className: "fl-soft" });
  marks(group, "chips", frame.rows.placed, (one) => one.key, (g, one) => {
    const chip = mark(g, "g", "chip", { transform: `translate(${one.x} ${frame.actions + one.row * 32})` });
    mark(chip, "rect", "box", { x: 0, y: 0, width: one.wide, height: 26, rx: 13 });
    mark(chip, "text", "word", { x: one.wide / 2, y: 17, "text-anchor": "middle" }, one.text);
    chip.flClass = "fl-quorum-chip";
    makePressable(chip, "fl-quorum-press", one.label ?? one.text, one.act, { disabled: !one.enabled });
  });
}

// ---- the ring

const angleOf = (i, of) => -Math.PI / 2 + (i * 2 * Math.PI) / of;
const polar = ({ x, y }, r, angle) => [round(x + r * Math.cos(angle)), round(y + r * Math.sin(angle))];

// The sectors of the nodes in a set, as arcs; sectors side by side run together.
function arcs(frame, names, r, nodes) {
  const half = Math.PI / nodes.length;
  return nodes.map((node, i) => {
    if (!names.has(node.name)) return "";
    const joined = (k) => names.has(nodes[(i + k + nodes.length) % nodes.length].name);
    const middle = angleOf(i, nodes.length);
    const from = polar(frame.centre, r, middle - half * (joined(-1) ? 1 : 0.82));
    const to = polar(frame.centre, r, middle + half * (joined(1) ? 1 : 0.82));
    return `M${from}A${r} ${r} 0 0 1 ${to}`;
  }).join("");
}

function drawRing(view, ctx, frame) {
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "ring");
  const { nodes } = view;
  mark(group, "circle", "round", { cx: frame.centre.x, cy: frame.centre.y, r: frame.radius, class: "fl-quorum-ring" });
  const answer = mark(group, "g", "sets", { class: "fl-answer" });
  const set = (key) => new Set(nodes.filter((node) => node[key]).map((node) => node.name));
  mark(answer, "path", "write", { d: arcs(frame, set("in_write"), frame.radius + RING.write, nodes), class: "fl-quorum-write" });
  mark(answer, "path", "read", { d: arcs(frame, set("in_read"), frame.radius + RING.read, nodes), class: "fl-quorum-read" });
  marks(group, "nodes", nodes, (node) => node.name, (g, node, i) => drawNode(g, node, i, { view, ctx, frame }));
  const legend = mark(group, "g", "legend", { class: "fl-answer" });
  const y = frame.legend;
  mark(legend, "path", "w", { d: `M4 ${y - 4}h26`, class: "fl-quorum-write" });
  mark(legend, "text", "wt", { x: 36, y }, `${words.write_set} (W = ${view.w})`);
  mark(legend, "path", "r", { d: `M4 ${y + 16}h26`, class: "fl-quorum-read" });
  mark(legend, "text", "rt", { x: 36, y: y + 20 }, `${words.read_set} (R = ${view.r})`);
  mark(legend, "path", "b", { d: SHAPES.diamond(17, y + 36, 8), class: "fl-quorum-both" });
  mark(legend, "text", "bt", { x: 36, y: y + 40 }, `${words.both}: ${view.overlap.join(", ") || "∅"}`);
  const hints = nodes.some((node) => node.hints.length);
  mark(legend, "text", "h", { x: 17, y: y + 60, "text-anchor": "middle", class: "fl-strong" }, hints ? "✉" : "");
  mark(legend, "text", "ht", { x: 36, y: y + 60 }, hints ? words.a_hint : "");
}

function drawNode(g, node, i, { view, ctx, frame }) {
  const { words, say } = ctx;
  const angle = angleOf(i, view.nodes.length);
  const [x, y] = polar(frame.centre, frame.radius, angle);
  const now = chosen(ctx).name ?? view.nodes[0].name;
  const what = [node.place ? say(words.replica, { n: node.place }) : words.other, ...(node.down ? [words.is_down] : [])];
  const press = mark(g, "g", "press");
  const both = node.in_write && node.in_read && ctx.revealed;
  const r = RING.node;
  mark(press, "path", "shape", { d: both ? SHAPES.diamond(x, y, r + 6) : SHAPES.dot(x, y, r), class: `fl-quorum-node ${node.place ? "" : "fl-quorum-spare"} ${both ? "fl-quorum-both" : ""} ${node.name === now ? "fl-quorum-now" : ""}` });
  mark(press, "path", "down", { d: node.down ? SHAPES.cross(x, y, r - 3) : "", class: "fl-quorum-down" });
  mark(press, "text", "name", { x, y: y + 5, "text-anchor": "middle", class: "fl-big fl-quorum-halo" }, node.name);
  press.flClass = "fl-quorum-pick";
  makePressable(press, "fl-quorum-press", say(words.node, { name: node.name, what: what.join(", ") }), () => {
    chosen(ctx).name = node.name;
    picture.draw(ctx.view, ctx);
  }, { pressed: node.name === now });
  drawHeld(g, node, angle, { ctx, frame });
}

// What a node holds stands inside the ring; for whom it keeps a hint, outside of the sets.
function drawHeld(g, node, angle, { ctx, frame }) {
  const answer = mark(g, "g", "held", { class: "fl-answer" });
  const [x, y] = polar(frame.centre, frame.radius - RING.node - 17, angle);
  mark(answer, "text", "value", { x, y: y + 4, "text-anchor": "middle", class: node.value === null ? "fl-soft" : "fl-strong" }, node.value === null ? "–" : `=${node.value}`);
  const [hx, hy] = polar(frame.centre, frame.radius + RING.read + 12, angle);
  const side = Math.cos(angle);
  const anchor = Math.abs(side) < 0.3 ? "middle" : side > 0 ? "start" : "end";
  const text = node.hints.length ? `✉ ${node.hints.join(", ")}` : "";
  mark(answer, "text", "hint", { x: hx, y: hy + 4, "text-anchor": anchor, class: "fl-strong" }, text);
  mark(answer, "title", "title", {}, node.hints.length ? ctx.say(ctx.words.hint, { names: node.hints.join(", ") }) : "");
}

// ---- how old reads are

function drawChart(view, ctx, frame) {
  const { words } = ctx;
  const { chart } = view;
  const at = frame.chart;
  const group = mark(ctx.svg, "g", "chart");
  const x = scale(0, chart.end_ms, at.x, at.x + at.width);
  const y = scale(0, 1, at.bottom, at.top);
  axisX(group, "x", x, { y: at.bottom, label: words.after });
  axisY(group, "y", y, { x: at.x, label: words.fresh, values: [0, 0.25, 0.5, 0.75, 1], format: (v) => `${ctx.number(v * 100)}%`, grid: at.width });
  const answer = mark(group, "g", "answer", { class: "fl-answer" });
  mark(answer, "path", "bound", { d: line([[x(0), y(chart.bound)], [x(chart.end_ms), y(chart.bound)]]), class: "fl-quorum-bound" });
  mark(answer, "path", "wars", { d: line(chart.curve.map(([t, share]) => [x(t), y(share)])), class: "fl-quorum-wars" });
  const now = round(x(ctx.params.t));
  mark(answer, "path", "now", { d: `M${now} ${at.top}V${at.bottom}`, class: "fl-quorum-cursor" });
  const here = round(x(chart.t_ms));
  mark(answer, "path", "range", { d: `M${here} ${round(y(chart.low))}V${round(y(chart.high))}M${here - 5} ${round(y(chart.low))}h10M${here - 5} ${round(y(chart.high))}h10`, class: "fl-quorum-range" });
  mark(answer, "path", "point", { d: SHAPES.dot(here, y(chart.fresh), 5), class: "fl-quorum-point" });
  let down = at.bottom + 58;
  marks(answer, "keys", keysOf(view, ctx), ({ key }) => key, (g, { key, text, look }) => {
    const sign = key === "measured" ? SHAPES.dot(at.x + 10, down - 4, 5) : `M${at.x - 4} ${down - 4}h28`;
    mark(g, "path", "sign", { d: sign, class: look });
    down = paragraph(g, "text", text, { x: at.x + 32, y: down, width: frame.width - at.x - 32 }) + 4;
  });
}

function keysOf(view, ctx) {
  const looks = { measured: "fl-quorum-point", wars: "fl-quorum-wars", bound: "fl-quorum-bound" };
  const shares = { measured: view.chart.fresh, wars: view.chart.wars, bound: view.chart.bound };
  return Object.entries(looks).map(([key, look]) => ({ key, look, text: `${ctx.words[key]}: ${ctx.number(shares[key] * 100)}%` }));
}

// ---- the calls, and what the checker says of them

function drawCalls(view, ctx, frame) {
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "calls", { class: "fl-answer" });
  mark(group, "text", "title", { x: 0, y: frame.lower, class: "fl-strong" }, words.calls);
  const lines = view.calls.flatMap((call) => inLines(call.text, frame.width - 20));
  marks(group, "lines", lines, (_line, i) => i, (g, text, i) => mark(g, "text", "line", { x: 8, y: frame.lower + 20 + i * 19 }, text));
  const look = { ok: "fl-quorum-good", violated: "fl-quorum-bad", unknown: "fl-soft" }[view.linearizable];
  marks(group, "verdict", verdictLines(view, ctx, frame.width), (_l, i) => i, (g, text, i) => {
    mark(g, "text", "line", { x: 8, y: frame.lower + 22 + (lines.length + i) * 19, class: `fl-strong ${look}` }, text);
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
    drawActions(view, ctx, frame);
    drawRing(view, ctx, frame);
    mark(ctx.svg, "text", "steps", { x: frame.width, y: frame.top, "text-anchor": "end", class: "fl-soft" }, ctx.say(ctx.words.steps, { n: view.steps.length, all: view.max }));
    drawChart(view, ctx, frame);
    drawCalls(view, ctx, frame);
    cover(ctx, { x: frame.chart.x + 2, y: frame.chart.top, width: frame.chart.width, height: CHART_HEIGHT - 2 });
  },

  restart(ctx) {
    chosen(ctx).name = null;
  },
};
