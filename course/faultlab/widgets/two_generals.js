// The picture of the two generals: the messages between the hills, and beside them every end of the protocol with who attacks.

const VALLEY = { top: 66, pitch: 40, row: 28, gap: 18 };

// ---- words and chips

const pressable = (node, label, act, pressed = null) => makePressable(node, "fl-two-press", label, act, { pressed });

function frameOf(view, ctx, width) {
  const left = round(clamp(width * 0.4, 220, 360));
  const right = { x: left + 34, width: width - left - 34 };
  const top = VALLEY.top + 17 * (inLines(ctx.words.how, width).length - 1);
  const valleyBottom = top + view.last * VALLEY.pitch + 40;
  const tableBottom = top + 6 + (view.last + 1) * (VALLEY.row + VALLEY.gap);
  const below = Math.max(valleyBottom, tableBottom) + 22;
  return { left, right, top, valleyBottom, below, hills: [22, left - 22], height: below + 168 };
}

const lose = (number, view, ctx) => ctx.set("lost", number && number !== view.lost ? [{ number }] : []);

function ruleChanged(name, heard, view, ctx) {
  const rules = { ...view.rules };
  rules[name] = rules[name].includes(heard) ? rules[name].filter((n) => n !== heard) : [...rules[name], heard].sort((a, b) => a - b);
  ctx.set("rules", [{ last: view.last, A: rules.A, B: rules.B }]);
}

// ---- the messages

function drawValley(view, ctx, frame) {
  const { hills, top, valleyBottom } = frame;
  const group = mark(ctx.svg, "g", "valley");
  ["A", "B"].forEach((name, i) => {
    mark(group, "text", `name${name}`, { x: hills[i], y: top - 4, "text-anchor": "middle", class: "fl-big" }, name);
    mark(group, "line", `line${name}`, { x1: hills[i], x2: hills[i], y1: top + 6, y2: valleyBottom - 18, class: "fl-two-life" });
    const attacks = view.now.attackers.includes(name);
    const said = mark(group, "g", `said${name}`, { class: "fl-answer" });
    mark(said, "text", "word", {
      x: i ? hills[1] + 18 : hills[0] - 18, y: valleyBottom, "text-anchor": i ? "end" : "start",
      class: `fl-strong ${attacks ? "fl-two-attacks" : "fl-two-stays"}`,
    }, `${attacks ? "▲" : "–"} ${ctx.words[attacks ? "attacks" : "stays"]}`);
  });
  const numbers = Array.from({ length: view.last }, (_unused, i) => i + 1);
  marks(group, "messages", numbers, (n) => n, (g, n) => drawMessage(g, n, view, ctx, frame));
}

function drawMessage(g, n, view, ctx, { hills, top }) {
  const [from, to] = n % 2 ? hills : [...hills].reverse();
  const way = Math.sign(to - from);
  const y = top + 14 + (n - 1) * VALLEY.pitch;
  const lost = n === view.lost;
  const unsent = view.lost > 0 && n > view.lost;
  const middle = (from + to) / 2;
  const end = lost ? middle + way * 26 : to - way * 4;
  g.flClass = `fl-two-message${lost ? " fl-two-lost" : unsent ? " fl-two-unsent" : ""}`;
  mark(g, "rect", "target", { x: hills[0] + 4, y: y - 6, width: hills[1] - hills[0] - 8, height: 36, rx: 6, class: "fl-two-target" });
  mark(g, "line", "line", {
    x1: from + way * 2, y1: y + 12, x2: round(end), y2: lost ? y + 17 : y + 22, "marker-end": unsent || lost ? null : arrowHead(ctx, "plain"), display: unsent ? "none" : null,
  });
  mark(g, "path", "cross", { d: lost ? SHAPES.cross(middle + way * 34, y + 18, 6) : "", class: "fl-two-cross" });
  const text = unsent ? ctx.words.not_sent : n === 1 ? ctx.words.order : ctx.words.understood;
  mark(g, "text", "word", { x: middle, y: y + 7, "text-anchor": "middle", class: unsent ? "fl-soft" : null }, ctx.say(text, { n }));
  // After the loss a message is not sent: losing it first makes it the one that is lost.
  pressable(g, ctx.say(ctx.words[lost ? "deliver" : "lose"], { n }), () => lose(n, view, ctx), lost);
}

// ---- every end

function drawEnds(view, ctx, frame) {
  const { right, top } = frame;
  const { words } = ctx;
  const group = mark(ctx.svg, "g", "ends");
  const columns = columnsOf(ctx, right);
  const heads = [words.lost, ctx.say(words.heard, { name: "A" }), ctx.say(words.heard, { name: "B" }), "A", "B"];
  heads.forEach((text, i) =>
    mark(group, "text", `head${i}`, { x: columns[i], y: top - 4, "text-anchor": "middle", class: i > 2 ? "fl-strong" : "fl-soft" }, text));
  const pitch = VALLEY.row + VALLEY.gap;
  marks(group, "rows", view.rows, (row) => row.lost, (g, row) => {
    const y = top + 6 + view.rows.indexOf(row) * pitch;
    const alone = row.attackers.length === 1;
    setAttributes(g, { transform: `translate(0 ${y})` });
    g.flClass = `fl-two-row${row.lost === view.lost ? " fl-two-chosen" : ""}`;
    mark(g, "rect", "box", { x: right.x, y: 0, width: right.width, height: VALLEY.row, rx: 5 });
    mark(g, "text", "lost", { x: columns[0], y: 19, "text-anchor": "middle", class: "fl-strong" }, row.lost ? String(row.lost) : words.no_loss);
    row.heard.forEach((n, i) => mark(g, "text", `heard${i}`, { x: columns[1 + i], y: 19, "text-anchor": "middle" }, n ? String(n) : "–"));
    const answer = mark(g, "g", "answer", { class: "fl-answer" });
    ["A", "B"].forEach((name, i) => {
      const attacks = row.attackers.includes(name);
      mark(answer, "text", name, { x: columns[3 + i], y: 19, "text-anchor": "middle", class: `fl-strong ${attacks ? "fl-two-attacks" : "fl-two-stays"}` }, attacks ? "▲" : "–");
    });
    mark(answer, "text", "alone", { x: right.x + right.width - 14, y: 19, "text-anchor": "middle", class: "fl-strong fl-two-bad" }, alone ? "✗" : "");
    const [a, b] = ["A", "B"].map((name) => words[row.attackers.includes(name) ? "attacks" : "stays"]);
    const label = ctx.revealed ? ctx.say(words.row, { lost: row.lost || words.no_loss, a, b }) : `${words.lost}: ${row.lost || words.no_loss}`;
    pressable(g, label, () => ctx.set("lost", row.lost ? [{ number: row.lost }] : []), row.lost === view.lost);
  });
  // Between two ends: who cannot tell them apart.
  marks(group, "blind", view.blind, (_name, i) => i, (g, name, i) => {
    const y = top + 6 + i * pitch + VALLEY.row + 13;
    mark(g, "text", "word", { x: right.x + 12, y, class: "fl-soft" }, `↕ ${ctx.say(words.same, { name })}`);
  });
}

function columnsOf(ctx, right) {
  const shares = [0.1, 0.33, 0.56, 0.75, 0.86];
  return shares.map((share) => round(right.x + share * right.width));
}

// ---- the rules, and what is demanded

function drawRules(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "rules");
  const half = frame.left;
  ["A", "B"].forEach((name, i) => {
    const lines = inLines(ctx.say(ctx.words.rule, { name }), half);
    const y = frame.below + i * 70;
    const own = mark(group, "g", `of${name}`, { role: "group", "aria-label": ctx.say(ctx.words.rule, { name }) });
    marks(own, "about", lines, (_line, at) => at, (g, text, at) => mark(g, "text", "line", { x: 0, y: y + at * 15, class: "fl-soft" }, text));
    let x = 0;
    marks(own, "chips", view.hears[name], (n) => n, (g, n) => {
      const on = view.rules[name].includes(n);
      const text = `${on ? "▲" : "–"} ${n || ctx.words.nothing}`;
      const width = Math.ceil(widthOf(text, 600)) + 14;
      setAttributes(g, { transform: `translate(${x} ${y + 8 + (lines.length - 1) * 15})` });
      g.flClass = `fl-two-chip${on ? " fl-two-chosen" : ""}`;
      mark(g, "rect", "box", { x: 0, y: 0, width, height: 26, rx: 13 });
      mark(g, "text", "word", { x: width / 2, y: 17, "text-anchor": "middle", class: on ? "fl-strong" : null }, text);
      pressable(g, ctx.say(ctx.words[on ? "rule_on" : "rule_off"], { name, n: n || ctx.words.nothing }), () => ruleChanged(name, n, view, ctx), on);
      x += width + 5;
    });
  });
}

function drawNatural(view, ctx, frame) {
  const g = mark(mark(ctx.svg, "g", "rules"), "g", "natural", {
    transform: `translate(0 ${frame.below + 140})`, display: view.natural ? "none" : null,
  });
  g.flClass = "fl-two-chip";
  const width = Math.ceil(widthOf(ctx.words.natural)) + 22;
  mark(g, "rect", "box", { x: 0, y: 0, width, height: 26, rx: 13 });
  mark(g, "text", "word", { x: width / 2, y: 17, "text-anchor": "middle" }, ctx.words.natural);
  pressable(g, ctx.words.natural, () => ctx.set("rules", []));
}

function drawDemands(view, ctx, frame) {
  const { right, below } = frame;
  const group = mark(ctx.svg, "g", "demands", { class: "fl-answer" });
  let y = below;
  for (const name of ["a", "b", "c"]) {
    const met = view.demands[name];
    const lines = inLines(`(${name}) ${ctx.words[`demand_${name}`]}`, right.width - 22, 600);
    const g = mark(group, "g", name);
    mark(g, "text", "icon", { x: right.x, y, class: `fl-strong ${met ? "fl-two-good" : "fl-two-bad"}` }, met ? "✓" : "✗");
    marks(g, "text", lines, (_line, i) => i, (one, text, i) => mark(one, "text", "line", { x: right.x + 20, y: y + i * 15, class: met ? null : "fl-strong" }, text));
    y += lines.length * 15 + 7;
  }
  drawShares(group, view, ctx, { x: right.x, y: y + 4, width: right.width });
}

const PARTS = ["both attack", "one attacks alone", "nobody attacks"];

// How likely each result is, as lengths; the numbers stand below the picture.
function drawShares(parent, view, ctx, { x, y, width }) {
  const group = mark(parent, "g", "shares");
  mark(group, "text", "head", { x, y: y + 8, class: "fl-soft" }, ctx.words.likely);
  let at = x;
  PARTS.forEach((name, i) => {
    const wide = view.shares[name] * width;
    mark(group, "rect", name, { x: round(at), y: y + 16, width: round(wide), height: 18, class: `fl-two-part-${i}`, fill: i === 1 ? hatch(ctx, "alone") : null });
    mark(group, "text", `word${i}`, { x: round(at + wide / 2), y: y + 29, "text-anchor": "middle", class: "fl-two-halo" }, widthOf(ctx.words[name]) + 8 < wide ? ctx.words[name] : "");
    at += wide;
  });
  mark(group, "rect", "frame", { x, y: y + 16, width, height: 18, class: "fl-two-frame" });
}

const picture = {
  height(width, view, ctx) {
    measureIn(ctx.svg);
    return frameOf(view, ctx, width).height;
  },

  draw(view, ctx) {
    const frame = frameOf(view, ctx, ctx.width);
    const lines = inLines(ctx.words.how, ctx.width);
    marks(ctx.svg, "how", lines, (_line, i) => i, (g, text, i) => mark(g, "text", "line", { x: 0, y: 16 + i * 17, class: "fl-soft" }, text));
    drawValley(view, ctx, frame);
    drawEnds(view, ctx, frame);
    drawRules(view, ctx, frame);
    drawNatural(view, ctx, frame);
    drawDemands(view, ctx, frame);
    cover(ctx, { x: frame.right.x, y: frame.below - 16, width: frame.right.width, height: frame.height - frame.below + 12 });
  },
};
