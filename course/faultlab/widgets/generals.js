// The picture of the Byzantine generals: the camp with the messages of a round, and beside it what one lieutenant hears (the
// recursion of OM(m), or the signed orders that reach him), with the verdicts below.

const CAMP = { top: 66, node: 19, gap: 28 };  // top: below the line that says what the round is
const TREE = { leaf: 24, inner: 46, between: 5, chip: 20 };
const GLYPH = { attack: "▲", retreat: "▽" };

// What the browser alone decides: whose words are looked at, and up to which round. step = rounds + 1 is the decision.
function looking(view, ctx) {
  const state = (ctx.svg.flLooking ??= { step: null, lieutenant: null });
  const last = view.m + 2;
  const lieutenants = view.names.slice(1);
  const loyal = lieutenants.find((name) => !view.traitors.includes(name)) ?? lieutenants[0];
  return {
    step: Math.min(state.step ?? last, last), last,
    lieutenant: lieutenants.includes(state.lieutenant) ? state.lieutenant : loyal,
    change(what) { Object.assign(state, what); picture.draw(ctx.view, ctx); },
  };
}

// ---- words and chips

const glyphs = (says) => (says.length ? says.map((order) => GLYPH[order]).join("") : "–");
const inWords = (says, ctx) => says.map((order) => ctx.words.orders[order]).join(" + ") || ctx.words.silence;

// ---- what is clicked is a button, to the keyboard and to a screen reader too

const pressable = (node, label, act, options) => makePressable(node, "fl-generals-press", label, act, options);

function unpressable(node) {
  setAttributes(node, { role: null, tabindex: null, "aria-label": null, "aria-pressed": null, class: node.flClass ?? null });
  if (node.flPress) node.flPress = { act: () => {}, keys: null };
}

function chip(parent, key, text, { x, y, pressed = false, label = text, act, keys = null }) {
  const g = mark(parent, "g", key, { transform: `translate(${round(x)} ${y})` });
  g.flClass = `fl-generals-chip${pressed ? " fl-generals-chosen" : ""}`;
  const width = Math.ceil(widthOf(text, 600)) + 20;
  mark(g, "rect", "box", { x: 0, y: 0, width, height: 26, rx: 13 });
  mark(g, "text", "word", { x: width / 2, y: 17, "text-anchor": "middle", class: pressed ? "fl-strong" : null }, text);
  pressable(g, label, act, { pressed, keys });
  return x + width + 6;
}

// ---- what a traitor says next, if his message is clicked

function nextWord(message, kind) {
  const choices = kind === "oral" ? [["attack"], ["retreat"], []]
    : message.possible.length === 2 ? [[], ["attack"], ["retreat"], ["attack", "retreat"]] : [[], message.possible];
  const at = choices.findIndex((says) => same(says, message.says));
  return choices[(at + 1) % choices.length];
}

function changeLie(message, view, ctx) {
  const others = ctx.params.lies.filter((lie) => !same(lie.path, message.path) || lie.to !== message.to);
  ctx.set("lies", [...others, { path: message.path, to: message.to, says: nextWord(message, view.kind) }]);
}

function toggleTraitor(name, view, ctx) {
  const names = view.traitors.includes(name) ? view.traitors.filter((other) => other !== name) : [...view.traitors, name];
  ctx.set("traitors", names.sort().map((one) => ({ name: one })));
}

// A set of traitors with their lies, from Python; the lies first, as those of the loyal are ignored.
function setAll({ traitors, order, lies }, ctx) {
  ctx.set("lies", lies);
  ctx.set("traitors", traitors);
  ctx.set("order", order);
}

function messageLabel(message, ctx) {
  const path = [...message.path, message.to].join(" → ");
  const parts = [`${path}: ${inWords(message.says, ctx)}`];
  if (message.lie) parts.push(ctx.words.is_lie);
  if (message.possible.length) parts.push(ctx.words.change);
  return parts.join(", ");
}

// ---- where things stand

function frameOf(view, ctx, width) {
  const left = round(clamp(width * 0.42, 230, 400));
  const right = { x: left + CAMP.gap, width: width - left - CAMP.gap };
  const look = looking(view, ctx);
  const radius = Math.min(view.names.length > 5 ? 116 : 100, left / 2 - 42);
  const told = Math.max(...tellings(view, ctx).map((text) => inLines(text, width).length));
  const top = CAMP.top + 17 * (told - 1 + inLines(ctx.words.how, width).length);
  const camp = { x: left / 2, y: top + radius + 44, radius };
  const campBottom = camp.y + radius + 48;
  const listHeight = view.kind === "oral" ? treeOf(view, look.lieutenant).height + 26 : signedRows(view, look.lieutenant).length * 26 + 66;
  const listBottom = top + 40 + listHeight + 14;
  const verdict = verdictHeight(ctx, left);
  // The verdict against all lies stands in the column that has more room.
  const there = { left: allHeight(view, ctx, left), right: allHeight(view, ctx, right.width) };
  const belowLeft = Math.max(campBottom + verdict + there.left, listBottom);
  const belowRight = Math.max(campBottom + verdict, listBottom + there.right);
  const inRight = belowRight <= belowLeft;
  const all = inRight ? { x: right.x, y: listBottom, width: right.width } : { x: 0, y: campBottom + verdict, width: left };
  return { left, right, camp, campBottom, listTop: top, told, width, all, look, height: Math.max(inRight ? belowRight : belowLeft, 420) };
}

function placeOf(name, view, camp) {
  const angle = (-90 + (360 / view.names.length) * view.names.indexOf(name)) * (Math.PI / 180);
  return [camp.x + camp.radius * Math.cos(angle), camp.y + camp.radius * Math.sin(angle)];
}

// ---- the steps

function drawSteps(view, ctx, frame) {
  const { look } = frame;
  const group = mark(ctx.svg, "g", "steps", { role: "group", "aria-label": ctx.words.steps });
  const { words } = ctx;
  const go = (step) => look.change({ step: clamp(step, 1, look.last) });
  const keys = { ArrowRight: () => go(look.step + 1), ArrowLeft: () => go(look.step - 1), Home: () => go(1), End: () => go(look.last) };
  let x = 0;
  const steps = Array.from({ length: look.last }, (_unused, i) => i + 1);
  marks(group, "chips", steps, (step) => (step === look.last ? "decision" : step), (g, step) => {
    const text = step === look.last ? words.decision : ctx.say(words.round, { n: step });
    x = chip(g, "chip", text, { x, y: 0, pressed: step === look.step, act: () => go(step), keys });
  });
  const below = paragraph(group, "told", tellings(view, ctx)[look.step - 1], { x: 2, y: 48, width: frame.width, className: "fl-soft" });
  setAttributes(mark(group, "g", "told"), { "aria-live": "polite" });
  paragraph(group, "how", ctx.words.how, { x: 2, y: Math.max(below, 48 + 17 * frame.told) + 2, width: frame.width, className: "fl-soft" });
}

// What happens in each step.
function tellings(view, ctx) {
  const rounds = Array.from({ length: view.m + 1 }, (_unused, i) => (view.kind === "signed" && i ? ctx.words.signed_2 : ctx.words[`step_${i + 1}`]));
  return [...rounds, ctx.words[`decide_${view.kind}`]];
}

// ---- the camp

function drawCamp(view, ctx, frame) {
  drawArrows(view, ctx, frame);
  const { look, camp } = frame;
  marks(mark(ctx.svg, "g", "camp"), "nodes", view.names, (name) => name, (g, name) => {
    const traitor = view.traitors.includes(name);
    const [x, y] = placeOf(name, view, camp);
    g.flClass = `fl-generals-node${traitor ? " fl-generals-traitor" : ""}`;
    setAttributes(g, { transform: `translate(${round(x)} ${round(y)})` });
    mark(g, "circle", "ring", { r: CAMP.node + 6, class: "fl-generals-ring", display: name === look.lieutenant ? null : "none" });
    mark(g, "path", "ground", { d: traitor ? octagon(CAMP.node + 2) : SHAPES.dot(0, 0, CAMP.node), class: "fl-generals-ground" });
    mark(g, "path", "body", { d: traitor ? octagon(CAMP.node + 2) : SHAPES.dot(0, 0, CAMP.node), fill: traitor ? hatch(ctx, "traitor") : "none", class: "fl-generals-body" });
    mark(g, "text", "name", { y: 5, "text-anchor": "middle", class: "fl-strong fl-generals-name" }, name);
    pressable(g, ctx.say(ctx.words[traitor ? "make_loyal" : "make_traitor"], { name }), () => toggleTraitor(name, view, ctx), { pressed: traitor });
  });
  marks(mark(ctx.svg, "g", "under"), "words", view.names, (name) => name, (g, name) => drawUnder(g, name, view, ctx, frame));
}

function octagon(r) {
  const k = r * 0.42;
  return `M${-k} ${-r}H${k}L${r} ${-k}V${k}L${k} ${r}H${-k}L${-r} ${k}V${-k}z`;
}

// Below a general: that he is a traitor, or what he decides. The commander's word stands above him.
function drawUnder(g, name, view, ctx, frame) {
  const [x, y] = placeOf(name, view, frame.camp);
  const traitor = view.traitors.includes(name);
  const order = name === "C" ? view.order : view.decisions[name];
  const decided = name === "C" || frame.look.step === frame.look.last;
  const text = traitor ? ctx.words.traitor : decided ? `${GLYPH[order]} ${ctx.words.orders[order]}` : "";
  const kind = traitor ? "fl-generals-is-traitor" : `fl-generals-${order}`;
  setAttributes(g, { class: name === "C" || traitor ? null : "fl-answer" });
  // Outside of the circle, where no message passes.
  const [across, down] = [x - frame.camp.x, y - frame.camp.y];
  const side = Math.abs(across) < 12 ? 0 : Math.sign(across);
  const wide = widthOf(text, 600) + 2;
  const aside = side < 0 ? Math.max(x + 14, wide) : side > 0 ? Math.min(x - 14, frame.left + 14 - wide) : x;
  mark(g, "text", "word", {
    x: round(aside), y: round(down < 6 ? y - 29 : y + 39), "text-anchor": ["end", "middle", "start"][side + 1],
    class: `fl-strong fl-generals-halo ${kind}`,
  }, text);
}

function drawArrows(view, ctx, frame) {
  const { look, camp } = frame;
  const number = Math.min(look.step, view.m + 1);
  const sent = view.said.filter((m) => m.path.length === number);
  const pairs = new Map();
  for (const message of sent) {
    const key = `${message.path.at(-1)}>${message.to}`;
    pairs.set(key, [...(pairs.get(key) ?? []), message]);
  }
  const all = view.names.length <= 4 || number === 1;
  const shown = [...pairs].filter(([, messages]) => messages.some((m) => m.says.length || m.lie || m.possible.length));
  const group = mark(ctx.svg, "g", "messages");
  marks(group, "lines", shown, ([key]) => key, (g, [key, messages]) => {
    const strong = all || messages[0].to === look.lieutenant;
    const { d } = arrowOf(key, view, camp, number);
    const lie = messages.some((m) => m.lie);
    const silent = messages.every((m) => !m.says.length);
    setAttributes(g, { class: `fl-generals-arrow${strong ? "" : " fl-generals-faint"}${lie ? " fl-generals-lie" : ""}${silent ? " fl-generals-silent" : ""}` });
    mark(g, "path", "line", { d, "marker-end": arrowHead(ctx, lie ? "lie" : "plain") });
  });
  const heard = shown.filter(([, messages]) => messages.length === 1 && (all || messages[0].to === look.lieutenant)).map(([, [m]]) => m);
  marks(group, "words", heard, (m) => `${m.path.join(",")}>${m.to}`, (g, m) => {
    const { at } = arrowOf(`${m.path.at(-1)}>${m.to}`, view, camp, number);
    drawWord(g, m, view, ctx, at);
  });
}

function arrowOf(key, view, camp, number) {
  const [from, to] = key.split(">").map((name) => placeOf(name, view, camp));
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const [ux, uy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
  const aside = number === 1 ? 0 : 6;
  const start = [from[0] + ux * 24 - uy * aside, from[1] + uy * 24 + ux * aside];
  const end = [to[0] - ux * 28 - uy * aside, to[1] - uy * 28 + ux * aside];
  // Beside the sender, so that the two words of a pair keep clear of each other.
  const share = number === 1 ? 0.5 : 0.3;
  const at = [start[0] + (end[0] - start[0]) * share - uy * aside * 0.8, start[1] + (end[1] - start[1]) * share + ux * aside * 0.8];
  return { d: line([start, end]), at };
}

function drawWord(g, message, view, ctx, [x, y]) {
  const text = glyphs(message.says);
  const width = text.length > 1 ? 36 : 22;
  setAttributes(g, { transform: `translate(${round(x)} ${round(y)})` });
  g.flClass = `fl-generals-word${message.lie ? " fl-generals-lie" : ""}`;
  mark(g, "rect", "box", { x: -width / 2, y: -11, width, height: 22, rx: 11 });
  mark(g, "text", "glyph", { y: 5, "text-anchor": "middle", class: message.says.length === 1 ? `fl-generals-${message.says[0]}` : null }, text);
  mark(g, "title", "title", {}, messageLabel(message, ctx));
  if (message.possible.length) pressable(g, messageLabel(message, ctx), () => changeLie(message, view, ctx));
  else unpressable(g);
}

// ---- what one lieutenant hears

function drawTabs(view, ctx, frame) {
  const { look, right, listTop } = frame;
  const group = mark(ctx.svg, "g", "tabs", { role: "group", "aria-label": ctx.words.hears });
  mark(group, "text", "hears", { x: right.x, y: listTop + 17, class: "fl-strong" }, ctx.words.hears);
  const names = view.names.slice(1);
  const from = right.x + widthOf(ctx.words.hears, 600) + 10;
  const step = (by) => look.change({ lieutenant: names[(names.indexOf(look.lieutenant) + by + names.length) % names.length] });
  const keys = { ArrowRight: () => step(1), ArrowLeft: () => step(-1) };
  const pitch = Math.min(40, (right.x + right.width - from + 4) / names.length);
  marks(group, "names", names, (name) => name, (g, name) => {
    const chosen = name === look.lieutenant;
    const width = pitch - 4;
    setAttributes(g, { transform: `translate(${round(from + names.indexOf(name) * pitch)} ${listTop})` });
    g.flClass = `fl-generals-chip${chosen ? " fl-generals-chosen" : ""}`;
    mark(g, "rect", "box", { x: 0, y: 0, width: round(width), height: 26, rx: 8 });
    mark(g, "text", "word", { x: round(width / 2), y: 17, "text-anchor": "middle", class: chosen ? "fl-strong" : null }, name);
    pressable(g, `${ctx.words.hears} ${name}`, () => look.change({ lieutenant: name }), { pressed: chosen, keys });
  });
}

// The tree of a lieutenant, laid out: one column for each round, a node in the middle of what goes on from it.
function treeOf(view, lieutenant) {
  const nodes = [];
  let y = 0;
  const place = (tree) => {
    const start = y;
    const children = tree.children.map(place);
    if (!children.length) y += TREE.leaf;
    // A block is at least as tall as its node, with air after it.
    else y = Math.max(y, start + TREE.inner) + (tree.path.length > 1 ? TREE.between : 0);
    const own = children.length ? TREE.inner / 2 : TREE.leaf / 2;
    const middle = children.length ? (children[0].y + children.at(-1).y) / 2 : 0;
    const node = { ...tree, children, y: Math.max(middle, start + own) };
    nodes.push(node);
    return node;
  };
  place(view.trees[lieutenant]);
  return { nodes: nodes.reverse(), height: y };
}

function drawTree(view, ctx, frame) {
  const { look, right, listTop } = frame;
  const tree = treeOf(view, look.lieutenant);
  const column = right.width / (view.m + 1);
  const width = Math.min(column - 16, 190);
  const top = listTop + 66;
  const heard = new Map(view.said.filter((m) => m.to === look.lieutenant).map((m) => [m.path.join(), m]));
  const at = (node) => [right.x + (node.path.length - 1) * column, top + node.y];
  const group = mark(ctx.svg, "g", "tree");
  const rounds = Array.from({ length: view.m + 1 }, (_unused, i) => i + 1);
  marks(group, "heads", rounds, (n) => n, (g, n) =>
    mark(g, "text", "head", { x: right.x + (n - 1) * column, y: listTop + 48, class: "fl-soft" }, ctx.say(ctx.words.round, { n })));
  const edges = tree.nodes.flatMap((node) => node.children.map((child) => [node, child]));
  const key = (node) => `${node.path.join()}>${look.lieutenant}`;
  marks(group, "edges", edges, ([, child]) => key(child), (g, [node, child]) => {
    const [[x1, y1], [x2, y2]] = [at(node), at(child)];
    const middle = x2 - 8;
    mark(g, "path", "line", { d: line([[x1 + width, y1], [middle, y1], [middle, y2], [x2, y2]]), class: "fl-generals-edge", display: child.path.length <= look.step ? null : "none" });
  });
  marks(group, "nodes", tree.nodes, key, (g, node) => drawNode(g, node, heard.get(node.path.join()), { view, ctx, look, at: at(node), width }));
}

function drawNode(g, node, message, { view, ctx, look, at: [x, y], width }) {
  const inner = node.children.length > 0;
  const height = inner ? TREE.inner - 4 : TREE.chip;
  setAttributes(g, { transform: `translate(${round(x)} ${round(y - height / 2)})`, display: node.path.length <= look.step ? null : "none" });
  g.flClass = `fl-generals-heard${message.lie ? " fl-generals-lie" : ""}`;
  mark(g, "rect", "box", { x: 0, y: 0, width: round(width), height, rx: 5 });
  const sender = node.path.at(-1);
  const word = ctx.words.orders[node.heard];
  const text = message.says.length ? word : ctx.words.silence;
  const roomy = widthOf(`${sender} ▲ ${text}`, 600) + 18 <= width;
  mark(g, "text", "sender", { x: 7, y: inner ? 17 : 14.5, class: "fl-strong" }, sender);
  const from = 13 + widthOf(sender, 600);
  mark(g, "text", "glyph", { x: round(from), y: inner ? 17 : 14.5, class: message.says.length ? `fl-generals-${node.heard}` : null }, glyphs(message.says));
  mark(g, "text", "heard", { x: round(from + 16), y: inner ? 17 : 14.5 }, roomy ? text : "");
  drawVotes(g, node, { ctx, look, width, inner });
  const label = messageLabel(message, ctx);
  mark(g, "title", "title", {}, label);
  if (message.possible.length) pressable(g, label, () => changeLie(message, view, ctx));
  else unpressable(g);
}

// The second line of a node that passes something on: the votes, and what the lieutenant concludes from them. Where there is
// little room, the votes are counted.
function drawVotes(g, node, { ctx, look, width, inner }) {
  const votes = inner ? [node.heard, ...node.children.map((child) => child.value)] : [];
  const group = mark(g, "g", "votes", { class: "fl-answer", display: inner && look.step === look.last ? null : "none" });
  const pitch = 13;
  const each = votes.map((vote) => [vote, GLYPH[vote]]);
  const counted = ["attack", "retreat"].map((order) => [order, votes.filter((vote) => vote === order).length])
    .filter(([, n]) => n).map(([order, n]) => [order, `${n}${GLYPH[order]}`]);
  const roomy = votes.length * pitch + 42 <= width;
  let x = roomy ? 7 : 5;
  marks(group, "each", roomy ? each : counted, (_vote, i) => i, (one, [vote, text]) => {
    mark(one, "text", "glyph", { x: round(x), y: 35, class: `fl-generals-${vote}` }, text);
    x += roomy ? pitch : 19;
  });
  mark(group, "text", "so", { x: round(x), y: 35, class: "fl-soft" }, "→");
  mark(group, "text", "value", { x: round(x + 13), y: 35, class: `fl-strong fl-generals-${node.value}` }, GLYPH[node.value] ?? "");
  const word = ctx.words.orders[node.value] ?? "";
  mark(group, "text", "word", { x: round(x + 28), y: 35, class: "fl-strong" }, x + 32 + widthOf(word, 600) <= width ? word : "");
}

// ---- signed messages: the chains that reach him

function signedRows(view, lieutenant) {
  return view.said.filter((m) => m.to === lieutenant && (m.says.length || m.lie || m.possible.length));
}

function drawSigned(view, ctx, frame) {
  const { look, right, listTop } = frame;
  const rows = signedRows(view, look.lieutenant);
  const seen = new Set();
  const fresh = new Map(rows.map((m) => [m, m.says.filter((order) => !seen.has(order) && seen.add(order))]));
  const group = mark(ctx.svg, "g", "signed");
  const wide = Math.min(right.width, 420);
  marks(group, "rows", rows, (m) => `${m.path.join()}>${m.to}`, (g, m) => {
    const y = listTop + 40 + rows.indexOf(m) * 26;
    setAttributes(g, { transform: `translate(${right.x} ${y})`, display: m.path.length <= look.step ? null : "none" });
    g.flClass = `fl-generals-heard${m.lie ? " fl-generals-lie" : ""}`;
    mark(g, "rect", "box", { x: 0, y: 0, width: wide, height: 22, rx: 5 });
    mark(g, "text", "round", { x: 8, y: 15.5, class: "fl-soft" }, String(m.path.length));
    mark(g, "text", "path", { x: 26, y: 15.5, class: "fl-strong" }, m.path.join(" · "));
    const from = 40 + widthOf("C · L6 · L5", 600);
    mark(g, "text", "glyph", { x: round(from), y: 15.5, class: m.says.length === 1 ? `fl-generals-${m.says[0]}` : null }, glyphs(m.says));
    mark(g, "text", "word", { x: round(from + 30), y: 15.5 }, inWords(m.says, ctx));
    mark(g, "text", "new", { x: wide - 8, y: 15.5, "text-anchor": "end", class: "fl-soft" }, fresh.get(m).length ? ctx.words.new : "");
    mark(g, "title", "title", {}, messageLabel(m, ctx));
    if (m.possible.length) pressable(g, messageLabel(m, ctx), () => changeLie(m, view, ctx));
    else unpressable(g);
  });
  const orders = inWords(view.known[look.lieutenant], ctx);
  const known = view.known[look.lieutenant].length ? orders : ctx.words.none_seen;
  const order = view.decisions[look.lieutenant];
  const text = `${ctx.say(ctx.words.seen, { orders: known })} → ${GLYPH[order]} ${ctx.words.orders[order]}`;
  const end = mark(group, "g", "known", { class: "fl-answer", display: look.step === look.last ? null : "none" });
  paragraph(end, "text", text, { x: right.x, y: listTop + 40 + rows.length * 26 + 20, width: right.width, className: "fl-strong" });
}

// ---- the verdicts

function verdictHeight(ctx, width) {
  return ["ic1", "ic2"].reduce((sum, name) => sum + 23 + 17 * inLines(ctx.words[name], width - 22).length, 20);
}

function drawVerdict(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "verdict", { class: "fl-answer" });
  let y = frame.campBottom + 14;
  for (const name of ["ic1", "ic2"]) {
    const held = view[name];
    const g = mark(group, "g", name);
    mark(g, "text", "icon", { x: 2, y, class: `fl-strong fl-generals-${held ? "held" : "broken"}` }, held ? "✓" : "✗");
    mark(g, "text", "head", { x: 22, y, class: "fl-strong" }, ctx.say(ctx.words[held ? "holds" : "broken"], { what: name.toUpperCase() }));
    y = paragraph(g, "text", ctx.words[name], { x: 22, y: y + 17, width: frame.left - 22, className: "fl-soft" }) + 6;
  }
  cover(ctx, { x: 0, y: frame.campBottom - 4, width: frame.left, height: y - frame.campBottom + 2 });
}

function allHeight(view, ctx, width) {
  const texts = [view.all.text, ctx.words.table, ctx.words[`rule_${view.kind}`]];
  return 30 + 17 * texts.reduce((sum, text) => sum + inLines(text, width).length, 0) + 34 * buttonRows(view, ctx, width).length + 26 * 3 + 34;
}

function buttonsOf(view, ctx) {
  const { worst, elsewhere } = view.all;
  const made = [];
  if (worst) made.push(["worst", ctx.words.worst, () => setAll(worst, ctx)]);
  if (elsewhere) made.push(["others", ctx.words.others, () => setAll(elsewhere, ctx)]);
  if (view.traitors.length && view.kind === "oral") made.push(["opposite", ctx.words.opposite, () => ctx.set("lies", view.opposite)]);
  if (view.traitors.length) made.push(["truth", ctx.words.truth, () => ctx.set("lies", [])]);
  return made;
}

function buttonRows(view, ctx, width) {
  const rows = [[]];
  let x = 0;
  for (const one of buttonsOf(view, ctx)) {
    const wide = Math.ceil(widthOf(one[1], 600)) + 26;
    if (x && x + wide > width + 6) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1).push(one);
    x += wide;
  }
  return rows;
}

function drawAll(view, ctx, frame) {
  const { x, width } = frame.all;
  const group = mark(ctx.svg, "g", "all");
  let y = frame.all.y + 14;
  mark(group, "text", "head", { x, y, class: "fl-strong" }, ctx.words.all_lies);
  const answer = mark(group, "g", "answer", { class: "fl-answer" });
  y = paragraph(answer, "text", view.all.text, { x, y: y + 19, width });
  const rows = buttonRows(view, ctx, width).map((row, i) => row.map((one) => [...one, i])).flat();
  let at = x;
  let before = 0;
  // What would tell the answer by its being there is hidden with the answer.
  marks(answer, "buttons", rows, ([name]) => name, (g, [, text, act, row]) => {
    if (row !== before) at = x;
    before = row;
    at = chip(g, "chip", text, { x: at, y: y - 4 + row * 34, act });
  });
  y += 34 * (rows.length ? rows.at(-1)[3] + 1 : 0) + 18;
  y = paragraph(answer, "about", ctx.words.table, { x, y, width, className: "fl-soft" });
  y = drawTable(answer, view, ctx, { x, y: y - 6 });
  paragraph(answer, "rule", ctx.words[`rule_${view.kind}`], { x, y: y + 18, width, className: "fl-strong" });
  cover(ctx, { x, y: frame.all.y + 22, width, height: frame.height - frame.all.y - 30, key: "cover-all" });
}

function drawTable(parent, view, ctx, { x, y }) {
  const { counts, ms, cells } = view.table;
  const group = mark(parent, "g", "table");
  marks(group, "counts", counts, (n) => n, (g, n) =>
    mark(g, "text", "n", { x: x + 66 + counts.indexOf(n) * 36, y: y + 17, "text-anchor": "middle", class: "fl-soft" }, n === counts[0] ? `n = ${n}` : String(n)));
  ms.forEach((m, row) => {
    const top = y + 24 + row * 26;
    mark(group, "text", `m${m}`, { x, y: top + 17, class: "fl-soft" }, `m = ${m}`);
    marks(group, `row${m}`, counts.filter((_n, i) => cells[row][i] !== null), (n) => n, (g, n) => {
      const good = cells[row][counts.indexOf(n)];
      const here = n === view.n && m === view.m;
      setAttributes(g, { transform: `translate(${x + 50 + counts.indexOf(n) * 36} ${top})` });
      g.flClass = `fl-generals-cell${here ? " fl-generals-chosen" : ""}`;
      mark(g, "rect", "box", { x: 0, y: 0, width: 32, height: 24, rx: 4 });
      mark(g, "text", "icon", { x: 16, y: 17, "text-anchor": "middle", class: `fl-strong fl-generals-${good ? "held" : "broken"}` }, good ? "✓" : "✗");
      const word = ctx.words[`cell_${good}`];
      pressable(g, ctx.say(ctx.words.cell, { n, m, word }), () => { ctx.set("n", n); ctx.set("m", String(m)); }, { pressed: here });
    });
  });
  return y + 24 + ms.length * 26;
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
    drawSteps(view, ctx, frame);
    drawCamp(view, ctx, frame);
    drawTabs(view, ctx, frame);
    mark(ctx.svg, "g", "tree", { display: view.kind === "oral" ? null : "none" });
    mark(ctx.svg, "g", "signed", { display: view.kind === "signed" ? null : "none" });
    if (view.kind === "oral") drawTree(view, ctx, frame);
    else drawSigned(view, ctx, frame);
    drawVerdict(view, ctx, frame);
    drawAll(view, ctx, frame);
  },

  restart(ctx) { ctx.svg.flLooking = { step: null, lieutenant: null }; },
};
