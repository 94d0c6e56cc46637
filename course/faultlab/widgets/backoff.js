// The backoff panel: two rasters of writes over the load they make, and below them the curves.

const MARGIN = { left: 44, right: 12, gap: 28 };
const RASTER = { top: 42, height: 184 };
const LOAD = { top: 250, height: 62 };
const CURVES_TOP = 368;
const CURVES_HEIGHT = 230;

function columns(width) {
  const inner = (width - MARGIN.gap) / 2;
  return [0, 1].map((i) => {
    const left = i * (inner + MARGIN.gap) + MARGIN.left;
    return { left, right: left + inner - MARGIN.left - MARGIN.right };
  });
}

// Curves as matplotlib drew them. The text is replaced in one go, so nothing flickers.
function inlineFigure(parent, key, text, x, y) {
  const group = mark(parent, "g", key, { transform: `translate(${round(x)} ${round(y)})` });
  if (group.flFigure !== text) group.innerHTML = group.flFigure = text;
  return group;
}

function drawSide(ctx, side, box, letter, loadMax) {
  const { view, words } = ctx;
  const g = mark(ctx.svg, "g", `side-${letter}`);
  const x = scale(0, view.time_end_s, box.left, box.right);
  const y = scale(-1, view.clients, RASTER.top + RASTER.height, RASTER.top);
  mark(g, "text", "title", { x: box.left, y: 14, class: "fl-strong" }, `${letter.toUpperCase()} · ${side.name}`);
  const answer = mark(g, "g", "answer", { class: "fl-answer" });
  mark(answer, "line", "ground", { x1: box.left, x2: box.right, y1: RASTER.top + RASTER.height, y2: RASTER.top + RASTER.height, class: "fl-backoff-base" });
  const r = clamp(RASTER.height / view.clients / 2, 1.2, 4);
  mark(answer, "path", "lost", { d: shapes("bar", side.lost.map(([c, t]) => [x(t), y(c)]), r), class: "fl-backoff-lost" });
  mark(answer, "path", "won", { d: shapes("dot", side.won.map(([c, t]) => [x(t), y(c)]), Math.max(2, r * 1.2)), class: "fl-shape-ok" });
  const height = scale(0, loadMax, LOAD.top + LOAD.height, LOAD.top);
  const width = (box.right - box.left) / side.load.length;
  const bars = side.load.map((n, i) => (n ? `M${round(box.left + i * width)} ${LOAD.top + LOAD.height}V${round(height(n))}h${round(width * 0.86)}V${LOAD.top + LOAD.height}z` : ""));
  mark(answer, "path", "load", { d: bars.join(""), class: `fl-backoff-load fl-backoff-${letter}` });
  const perBin = ctx.say(words.load, { width: ctx.number((view.time_end_s / side.load.length) * 1000) });
  axisY(g, "load-axis", height, { x: box.left, label: perBin, values: [0, loadMax] });
  axisX(g, "time-axis", x, { y: LOAD.top + LOAD.height, label: words.time, format: (v) => ctx.number(v, 2) });
  mark(g, "text", "client", { x: box.left - 8, y: RASTER.top + 8, "text-anchor": "end", class: "fl-soft" }, ctx.number(view.clients));
  mark(g, "text", "client-1", { x: box.left - 8, y: RASTER.top + RASTER.height, "text-anchor": "end", class: "fl-soft" }, "1");
  const across = RASTER.top + RASTER.height / 2;
  mark(g, "text", "client-name", { x: box.left - 12, y: across, "text-anchor": "middle", class: "fl-soft", transform: `rotate(-90 ${box.left - 12} ${across})` }, words.client);
}

function drawLegend(ctx) {
  const g = mark(ctx.svg, "g", "legend", { transform: `translate(${MARGIN.left} ${CURVES_TOP - 14})` });
  const { words } = ctx;
  mark(g, "path", "won", { d: shapes("dot", [[6, -4]], 4), class: "fl-shape-ok" });
  mark(g, "text", "won-word", { x: 16, y: 0, class: "fl-soft" }, words.won);
  const next = 34 + words.won.length * 7;
  mark(g, "path", "lost", { d: shapes("bar", [[next, -4]], 5), class: "fl-backoff-lost" });
  mark(g, "text", "lost-word", { x: next + 9, y: 0, class: "fl-soft" }, words.lost);
}

const picture = {
  height(width) { return width < 800 ? CURVES_TOP + 2 * CURVES_HEIGHT + 20 : CURVES_TOP + CURVES_HEIGHT + 8; },
  draw(view, ctx) {
    const boxes = columns(ctx.width);
    const loadMax = Math.max(1, ...view.sides.flatMap((s) => s.load));
    view.sides.forEach((side, i) => drawSide(ctx, side, boxes[i], "ab"[i], loadMax));
    drawLegend(ctx);
    const narrow = ctx.width < 800;
    const answer = mark(ctx.svg, "g", "curves", { class: "fl-answer" });
    inlineFigure(ctx.svg, "delays", view.figures.delays, 0, CURVES_TOP);
    const left = narrow ? 0 : 440;
    const top = narrow ? CURVES_TOP + CURVES_HEIGHT : CURVES_TOP;
    const room = (ctx.width - left) / 2;
    const shrink = Math.min(1, room / 300);
    for (const [i, name] of ["calls", "time"].entries()) {
      const g = mark(answer, "g", `place-${name}`, { transform: `translate(${round(left + i * room)} ${top}) scale(${round(shrink)})` });
      inlineFigure(g, name, view.figures[name], 0, 0);
      const x = scale(0, 100, 56, 234);
      const at = round(x(Math.min(view.clients, 100)));
      mark(g, "line", "now", { x1: at, x2: at, y1: 26, y2: 188, class: "fl-backoff-now" });
    }
    cover(ctx, { x: 2, y: RASTER.top - 8, width: ctx.width - 4, height: LOAD.top + LOAD.height - RASTER.top + 28, key: "cover-raster" });
    cover(ctx, { x: left + 20, y: top + 6, width: ctx.width - left - 32, height: CURVES_HEIGHT - 30, key: "cover-curves" });
  },
  tick(view, ctx) {
    columns(ctx.width).forEach((box, i) => {
      const x = scale(0, view.time_end_s, box.left, box.right);
      const side = view.sides[i];
      const at = round(x(clamp(ctx.time, 0, view.time_end_s)));
      const g = mark(ctx.svg, "g", `cursor-${i}`, { class: "fl-answer" });
      mark(g, "line", "line", { x1: at, x2: at, y1: RASTER.top - 4, y2: LOAD.top + LOAD.height, class: "fl-backoff-cursor" });
      const before = (list) => list.reduce((n, [, t]) => n + (t <= ctx.time), 0);
      const done = before(side.won);
      const over = ctx.time >= side.finish_s;
      const text = over ? ctx.say(ctx.words.total, { calls: ctx.number(side.calls), time: ctx.number(side.finish_s, 2) })
        : ctx.say(ctx.words.now, { done: ctx.number(done), clients: ctx.number(view.clients), calls: ctx.number(done + before(side.lost)) });
      mark(g, "text", "count", { x: box.left, y: 31, class: "fl-soft" }, text);
    });
  },
};
