// The picture of a run of etcd: a lane for each member above, the client's attempts below, one time axis for both.

const SPACE = { left: 172, right: 16, top: 8, lane: 46, bar: 24, gap: 30, row: 30, axis: 44, legend: 24, source: 24 };
const LETTER_PX = 6.6;  // a letter on average

function etcdFrame(width, view) {
  const rows = SPACE.top + view.members.length * SPACE.lane + SPACE.gap;
  const end = rows + 3 * SPACE.row;
  return {
    x: scale(view.from_s, view.to_s, SPACE.left, width - SPACE.right), rows, end,
    laneY: (i) => SPACE.top + i * SPACE.lane + 18, rowY: (i) => rows + (i + 0.5) * SPACE.row,
  };
}

const within = (view, t) => t >= view.from_s - 1e-9 && t <= view.to_s + 1e-9;

// ---- the members

function drawLane(parent, view, ctx, frame, member, index) {
  const { x, laneY } = frame;
  const y = laneY(index);
  const g = mark(parent, "g", member.name);
  mark(g, "text", "name", { x: 0, y: y + 16, class: "fl-strong" }, member.name);
  const stretches = member.stretches.filter(([from, to]) => to > view.from_s && from < view.to_s);
  marks(g, "stretches", stretches, (s) => s[0], (one, [from, to, role, term]) => {
    const [left, right] = [Math.max(x(from), x.range[0]), Math.min(x(to), x.range[1])];
    const kind = role === "pre-candidate" ? "candidate" : role;
    const fill = kind === "candidate" ? hatch(ctx, "candidate", { gap: 6 }) : null;
    if (kind === "down") mark(one, "line", "bar", { x1: round(left), x2: round(right), y1: y + SPACE.bar / 2, y2: y + SPACE.bar / 2, class: "fl-etcd-down" });
    else mark(one, "rect", "bar", { x: round(left), y, width: round(Math.max(0, right - left - 1)), height: SPACE.bar, rx: 4, fill, class: `fl-etcd-bar fl-etcd-${kind}` });
    const texts = kind === "down" ? [ctx.words.roles.down, ""] : [ctx.say(ctx.words.roles[role], { n: term }), ctx.say(ctx.words.term, { n: term }), String(term), ""];
    const inset = kind === "down" ? 14 : 8;
    const text = texts.find((t) => t.length * LETTER_PX + inset + 6 <= right - left) ?? "";
    mark(one, "text", "word", { x: round(left + inset), y: y + 16, class: `fl-etcd-word fl-etcd-word-${kind}` }, text);
  });
  const signs = (name, times, kind, dy, r, rotate = false) => {
    const points = times.filter((t) => within(view, t)).map((t) => [x(t), y + dy]);
    mark(g, "path", name, { d: shapes(kind, points, r), class: `fl-etcd-${name}` });
  };
  signs("candidacy", member.candidacies.map((c) => c[0]), "diamond", -7, 5);
  signs("restart", member.restarts, "triangle", -7, 5);
  signs("kill", member.kills, "cross", SPACE.bar / 2, 6);
  // A candidacy that came to nothing is a term that nobody led: its number stands beside the mark.
  const numbered = member.candidacies.filter(([t]) => within(view, t));
  marks(g, "terms", numbered, ([t]) => t, (one, [t, term], i) => {
    const room = (numbered[i + 1] ? x(numbered[i + 1][0]) : x.range[1]) - x(t);
    const full = ctx.say(ctx.words.term, { n: term });
    const before = i === 0 && full.length * LETTER_PX + 12 > room;
    mark(one, "text", "n", { x: round(x(t) + (before ? -8 : 8)), y: y - 3, "text-anchor": before ? "end" : "start", class: "fl-soft" }, full.length * LETTER_PX + 12 <= room || before ? full : String(term));
  });
}

// ---- the client

function drawRow(parent, ctx, frame, index, name) {
  const y = frame.rowY(index);
  mark(parent, "text", `name-${index}`, { x: 0, y: y + 4, class: "fl-strong" }, name);
  mark(parent, "line", `line-${index}`, { x1: frame.x.range[0], x2: frame.x.range[1], y1: y, y2: y, class: "fl-etcd-row" });
  return y;
}

// What was answered is a dot where the answer came; what was not, a line from the request to where it was given up, and a cross.
function drawAttempts(parent, view, frame, y, key, attempts) {
  const { x } = frame;
  const shown = attempts.filter(([at, end]) => within(view, at) && within(view, end));
  const point = ([, end]) => [x(end), y];
  const lost = shown.filter((a) => !a[2]);
  mark(parent, "path", `${key}-waited`, { d: lost.map(([at, end]) => `M${round(x(at) + 2)} ${y}H${round(x(end))}`).join(""), class: "fl-etcd-waited" });
  mark(parent, "path", `${key}-ring`, { d: shapes("dot", lost.filter((a) => a[3]).map(point), 8), class: "fl-etcd-ring" });
  mark(parent, "path", `${key}-lost`, { d: shapes("cross", lost.map(point), 4), class: "fl-shape-failed" });
  mark(parent, "path", `${key}-ok`, { d: shapes("dot", shown.filter((a) => a[2]).map(point), 4), class: "fl-shape-ok" });
}

function drawGaps(parent, view, ctx, frame) {
  const { x, rows } = frame;
  const shown = view.outages.filter(([from, to]) => within(view, from) && within(view, to));
  marks(parent, "gaps", shown, (o) => o[0], (g, [from, to]) => {
    const [left, right] = [round(x(from)), round(x(to))];
    mark(g, "rect", "shade", { x: left, y: SPACE.top, width: right - left, height: frame.end - SPACE.top, class: "fl-etcd-shade" });
    mark(g, "path", "bracket", { d: `M${left} ${rows + 1}v-8H${right}v8`, class: "fl-etcd-bracket" });
    mark(g, "text", "length", { x: round((left + right) / 2), y: rows - 12, "text-anchor": "middle", class: "fl-strong fl-etcd-halo" },
      ctx.say(ctx.words.gap, { n: ctx.number(to - from, 2, true) }));
  });
}

// The entries of the key, and whether they need a second row.
function keyOf(words, width) {
  const entries = [
    [words.ok, "dot", "fl-shape-ok", 4], [words.lost, "cross", "fl-shape-failed", 4], [words.applied, "ring", "fl-shape-failed", 4],
    [words.kill, "cross", "fl-etcd-kill", 6], [words.restart, "triangle", "fl-etcd-restart", 5], [words.candidacy, "diamond", "fl-etcd-candidacy", 5],
  ];
  return [entries, entries.reduce((sum, [text]) => sum + 38 + text.length * LETTER_PX, 0) > width];
}

function drawKey(parent, ctx, y) {
  const [entries, twoRows] = keyOf(ctx.words, ctx.width);
  let at = 8;
  entries.forEach(([text, kind, className, r], i) => {
    if (twoRows && i === 3) at = 8;
    const g = mark(parent, "g", `entry-${i}`, { transform: `translate(${round(at)} ${y + (twoRows && i > 2 ? SPACE.legend : 0)})` });
    mark(g, "path", "ring", { d: kind === "ring" ? shapes("dot", [[0, -4]], 8) : "", class: "fl-etcd-ring" });
    mark(g, "path", "shape", { d: shapes(kind === "ring" ? "cross" : kind, [[0, -4]], r), class: className });
    mark(g, "text", "word", { x: 13, y: 0, class: "fl-soft" }, text);
    at += 38 + text.length * LETTER_PX;
  });
}

const keyTop = (frame) => frame.end + SPACE.axis + 12;
const keyHeight = (words, width) => (keyOf(words, width)[1] ? 2 : 1) * SPACE.legend;

const picture = {
  height(width, view, ctx) { return keyTop(etcdFrame(width, view)) + keyHeight(ctx.words, width) + SPACE.source - 12; },
  draw(view, ctx) {
    const frame = etcdFrame(ctx.width, view);
    const { x, rows, end } = frame;
    const g = mark(ctx.svg, "g", "run");
    axisX(g, "axis", x, { y: end, label: ctx.words.time, format: (v) => ctx.number(v, 2) });
    drawGaps(g, view, ctx, frame);
    view.members.forEach((member, i) => drawLane(g, view, ctx, frame, member, i));
    const { writes, linearizable, serializable } = ctx.words;
    [[writes, view.writes], [linearizable, view.reads[0]], [serializable, view.reads[1]]].forEach(([name, attempts], i) => {
      drawAttempts(g, view, frame, drawRow(g, ctx, frame, i, name), `row-${i}`, attempts);
    });
    const from = Math.max(x.range[0], x(view.covered_s) - 8);
    cover(ctx, { x: from, y: SPACE.top - 8, width: x.range[1] - from + 12, height: end - SPACE.top + 6 });
    const key = mark(ctx.svg, "g", "key");
    drawKey(key, ctx, keyTop(frame));
    mark(key, "text", "source", { x: 0, y: keyTop(frame) + keyHeight(ctx.words, ctx.width) + 4, class: "fl-soft" }, view.source);
  },
};
