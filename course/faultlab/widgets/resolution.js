// The picture of three resolutions: what is written and heard when, and below it what A and B show after each moment.

const TIMES = { lane: 62, row: 28 };

// ---- where things stand

function frameOf(view, ctx, width) {
  const how = inLines(ctx.words.how, width).length;
  const lanes = [0, 1].map((i) => how * 17 + 44 + i * TIMES.lane);
  const axis = lanes[1] + 46;
  const head = axis + 74;
  const x = scale(0, view.end_s, 34, width - 16);
  const label = round(clamp(width * 0.25, 128, 220));
  const group = (width - label) / 3;
  const heads = Math.max(...view.runs.map((run) => inLines(ctx.words[run.method], group - 12, 600).length));
  const top = head + heads * 17 + 26;
  const bottom = top + view.runs[0].rows.length * TIMES.row;
  const texts = Math.max(...view.runs.map((run) => inLines(together(run.text), group - 32, 600).length));
  return { width, how, lanes, axis, head, x, label, group, heads, top, bottom, height: bottom + 30 + texts * 17 };
}

const groupX = (frame, k) => frame.label + k * frame.group;
// Two values stay on one line.
const together = (text) => text.replaceAll(" | ", "\u00a0|\u00a0");

const cellX = (frame, k, i) => groupX(frame, k) + 4 + (i + 0.5) * ((frame.group - 12) / 2);

// ---- what happens when

function drawTimes(view, ctx, frame) {
  const { x, lanes, axis } = frame;
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "times");
  paragraph(group, "how", words.how, { x: 0, y: 14, width: frame.width, className: "fl-soft" });
  ["A", "B"].forEach((name, i) => {
    mark(group, "text", `name${name}`, { x: 4, y: lanes[i] + 5, class: "fl-big" }, name);
    mark(group, "line", `lane${name}`, { x1: x(0), x2: x(view.end_s), y1: lanes[i], y2: lanes[i], class: "fl-resolution-lane" });
    const at = x(view.writes_s[name]);
    mark(group, "path", `write${name}`, { d: SHAPES.dot(at, lanes[i], 5), class: "fl-resolution-write" });
    const text = ctx.say(words.writes, { n: view.by[name], clock: ctx.number(view.stamps_s[name], 1) });
    mark(group, "text", `stamp${name}`, { x: round(at), y: lanes[i] + (i ? 24 : -13), "text-anchor": "middle", class: "fl-strong fl-resolution-halo" }, text);
  });
  axisX(group, "axis", x, { y: axis, label: words.true_time, values: ticks(0, view.end_s, 12) });
  drawArrows(group, view, ctx, frame);
  const mine = view.relation === "concurrent" ? words.concurrent : words.before;
  mark(group, "text", "relation", { x: 0, y: axis + 34, class: "fl-strong" }, `${view.relation === "concurrent" ? "∥" : "→"} ${mine}`);
}

function drawArrows(parent, view, ctx, { x, lanes }) {
  const [a, b] = lanes;
  const drawn = [["tells", view.writes_s.A, view.heard_s, a, b], ["answers", view.writes_s.B, view.a_hears_s, b, a]];
  if (view.settles) drawn.push(["settles", ...view.settles, a, b]);
  marks(parent, "arrows", drawn, ([name]) => name, (g, [name, from, to, y1, y2]) => {
    const way = Math.sign(y2 - y1);
    mark(g, "line", "line", {
      x1: round(x(from)), y1: y1 + way * 6, x2: round(x(to)), y2: y2 - way * 9, class: `fl-resolution-arrow fl-resolution-${name}`, "marker-end": arrowHead(ctx, "plain"),
    });
    mark(g, "path", "start", { d: name === "settles" ? SHAPES.diamond(round(x(from)), y1, 6) : "", class: "fl-resolution-write" });
  });
  const handle = mark(parent, "circle", "handle", { cx: round(x(view.heard_s)), cy: b, r: 8 });
  handle.flClass = "fl-resolution-handle";
  draggable(handle, {
    label: ctx.words.handle, value: view.heard_s, min: view.range_s[0], max: view.range_s[1], step: 0.5, text: `${ctx.number(view.heard_s, 1)} ${ctx.spec.labels.seconds}`,
    at: (pointer) => x.invert(pointer), set: (value) => ctx.set("heard", value),
  });
}

// ---- what they show

function drawTable(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "table");
  const { words } = ctx;
  const moments = view.runs[0].rows;
  marks(group, "moments", moments, (row) => row.what, (g, row) => {
    const y = frame.top + moments.indexOf(row) * TIMES.row;
    mark(g, "line", "line", { x1: 0, x2: frame.width, y1: y, y2: y, class: "fl-resolution-rule" });
    mark(g, "text", "at", { x: 30, y: y + 19, "text-anchor": "end", class: "fl-soft" }, row.what === "start" ? "" : ctx.number(row.at_s, 1));
    mark(g, "text", "what", { x: 38, y: y + 19 }, words[row.what]);
  });
  marks(group, "runs", view.runs, (run) => run.method, (g, run) => {
    const k = view.runs.indexOf(run);
    mark(g, "rect", "card", { x: round(groupX(frame, k)), y: frame.head - 18, width: round(frame.group - 6), height: frame.height - frame.head + 16, rx: 8, class: "fl-resolution-card" });
    paragraph(g, "title", words[run.method], { x: round(groupX(frame, k) + 6), y: frame.head, width: frame.group - 12, className: "fl-strong" });
    ["A", "B"].forEach((name, i) => mark(g, "text", name, { x: round(cellX(frame, k, i)), y: frame.top - 8, "text-anchor": "middle", class: "fl-soft" }, name));
    const answer = mark(g, "g", "answer", { class: "fl-answer" });
    marks(answer, "rows", run.rows, (row) => row.what, (one, row) => drawRow(one, row, run.rows.indexOf(row), { frame, k }));
    drawVerdict(answer, run, { frame, k });
  });
}

function drawRow(g, row, at, { frame, k }) {
  const y = frame.top + at * TIMES.row;
  ["A", "B"].forEach((name, i) => {
    const text = row.values[name];
    const two = text.includes("|");
    const changed = row.changed.includes(name);
    const x = cellX(frame, k, i);
    const writes = row.what === `write_${name.toLowerCase()}`;
    const width = Math.min((frame.group - 12) / 2 - 3, widthOf(text, 600) + 14);
    const kind = two ? "fl-resolution-two" : changed ? "fl-resolution-new" : "fl-resolution-same";
    mark(g, "rect", `box${name}`, { x: round(x - width / 2), y: y + 3, width: round(width), height: 22, rx: 5, class: kind });
    mark(g, "text", `value${name}`, { x: round(x), y: y + 18.5, "text-anchor": "middle", class: changed ? "fl-strong" : "fl-soft" }, text);
    // A write that its own replica does not take, as it is older than what is there: a cross beside what stays.
    mark(g, "path", `gone${name}`, { d: writes && !changed ? SHAPES.cross(round(x + width / 2 + 3), y + 14, 5) : "", class: "fl-resolution-gone" });
  });
}

function drawVerdict(g, run, { frame, k }) {
  const [icon, kind] = run.lost.length ? ["✗", "bad"] : run.open ? ["?", "open"] : ["✓", "good"];
  const x = round(groupX(frame, k) + 6);
  mark(g, "text", "icon", { x, y: frame.bottom + 22, class: `fl-strong fl-resolution-${kind}` }, icon);
  paragraph(g, "text", together(run.text), { x: x + 16, y: frame.bottom + 22, width: frame.group - 32, className: "fl-strong" });
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
    drawTable(view, ctx, frame);
    drawTimes(view, ctx, frame);
    mark(ctx.svg, "text", "end", { x: 0, y: frame.bottom + 22, class: "fl-strong" }, ctx.words.end);
    cover(ctx, { x: frame.label - 2, y: frame.top - 2, width: frame.width - frame.label + 2, height: frame.height - frame.top + 2 });
  },
};
