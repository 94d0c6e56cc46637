// The picture of a cart in two regions: a card for each region to press on, the diamond of versions below, and the three merged
// carts at its foot.

const CARD = { height: 104, middle: 104, pad: 12, chip: 34 };
const DIAMOND = { row: 30, curve: 40 };
const RESULT = { gap: 14, pad: 10, slot: 26, line: 17 };
const NUMBERS = ["①", "②", "③"];
const SIGNS = { lost: "✕", back: "↩", kept: "?", gone: "?", good: "✓", why: "" };

// What the browser alone decides: the version that is looked at.
const chosen = (ctx) => (ctx.svg.flChosen ??= { n: null });

// ---- where things stand

function frameOf(view, ctx, width) {
  const how = inLines(ctx.words.how, width).length;
  const actions = rowsOf(view, ctx, width);
  const cards = how * 17 + 10 + actions.count * 32 + 8;
  const side = (width - CARD.middle) / 2;
  const x = { us: round(side / 2), eu: round(width - side / 2), stem: round(width / 2) };
  const root = cards + CARD.height + 40;
  const { apart, after, cut } = view.picture;
  const lanes = root + (cut ? DIAMOND.curve + 12 : 0);
  const rows = cut ? Math.max(1, apart.length) : 0;
  const stem = lanes + rows * DIAMOND.row + (cut ? DIAMOND.curve - 12 : DIAMOND.row);
  const end = stem + Math.max(0, after.length - 1) * DIAMOND.row;
  const results = end + 54;
  const result = resultsOf(view, ctx, width);
  const meant = results + result.height + 22;
  const meantLines = inLines(view.meant, width - 28, 600).length;
  const version = meant + (view.results ? meantLines * 17 + 30 : 0);
  return { width, how, actions, cards, side, x, root, lanes, rows, stem, end, results, result, meant, version, height: version + 4 * 19 + 6 };
}

const resultText = (line) => `${SIGNS[line.kind]} ${line.text}`.trim();
const weightOf = (line) => (line.kind === "why" ? 400 : 600);

// The three results side by side: how wide each is, and how many lines its title and its text take at most.
function resultsOf(view, ctx, width) {
  const wide = (width - 2 * RESULT.gap) / 3;
  const inner = wide - 2 * RESULT.pad;
  const slot = Math.min(RESULT.slot, (inner - 5 * 4) / 6);
  const all = view.results ?? [];
  const titles = Math.max(1, ...all.map((one, i) => inLines(`${NUMBERS[i]} ${one.title}`, inner, 600).length));
  const texts = all.map((one) => one.lines.flatMap((line) => inLines(resultText(line), inner - 16, weightOf(line)).map((text) => ({ text, kind: line.kind }))));
  const lines = Math.max(0, ...texts.map((text) => text.length));
  const slots = 12 + titles * 17 + 8;
  const said = slots + slot + 40;
  return { wide, inner, slot, titles, texts, slots, said, height: all.length ? said + lines * RESULT.line + 14 : 0 };
}

// ---- the row of buttons

function actionsOf(view, ctx) {
  const { words, params } = ctx;
  const add = (doing) => () => ctx.set("steps", [...ctx.params.steps, { do: doing }]);
  const kept = params.steps[0]?.do === "start" ? 1 : 0;
  const link = view.connected ? "cut" : "heal";
  const widest = widthOf(words.cut, 600) > widthOf(words.heal, 600) ? words.cut : words.heal;
  return [
    { key: "link", text: words[link], widest, act: add(link), enabled: !view.full },
    { key: "again", text: words.again, act: add("again"), enabled: view.may_repeat && !view.full },
    { key: "undo", text: `↶ ${words.undo}`, label: words.undo, act: () => ctx.set("steps", ctx.params.steps.slice(0, -1)), enabled: params.steps.length > kept },
    { key: "over", text: words.over, act: () => ctx.set("steps", ctx.params.steps.slice(0, kept)), enabled: params.steps.length > kept },
  ];
}

function rowsOf(view, ctx, width) {
  const placed = [];
  let x = 0;
  let count = 1;
  for (const one of actionsOf(view, ctx)) {
    const wide = Math.ceil(widthOf(one.widest ?? one.text, 600)) + 24;
    if (x && x + wide > width) { x = 0; count += 1; }
    placed.push({ ...one, x, row: count - 1, wide });
    x += wide + 6;
  }
  const steps = Math.ceil(widthOf(ctx.say(ctx.words.steps, { n: view.max, all: view.max }))) + 8;
  if (x + steps > width) count += 1;
  return { placed, count };
}

function drawActions(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "actions");
  paragraph(group, "how", ctx.words.how, { x: 0, y: 14, width: frame.width, className: "fl-soft" });
  const top = frame.how * 17 + 10;
  marks(group, "buttons", frame.actions.placed, (one) => one.key, (g, one) => {
    const button = mark(g, "g", "button", { transform: `translate(${round(one.x)} ${top + one.row * 32})` });
    mark(button, "rect", "box", { x: 0, y: 0, width: one.wide, height: 26, rx: 13 });
    mark(button, "text", "word", { x: round(one.wide / 2), y: 17, "text-anchor": "middle" }, one.text);
    button.flClass = `fl-cm-chip${one.key === "link" ? " fl-cm-link" : ""}`;
    makePressable(button, "fl-cm-press", one.label ?? one.text, one.act, { disabled: !one.enabled });
  });
  mark(group, "text", "steps", { x: frame.width, y: top + (frame.actions.count - 1) * 32 + 17, "text-anchor": "end", class: "fl-soft" }, ctx.say(ctx.words.steps, { n: view.taken, all: view.max }));
}

// ---- the regions

const cardX = (frame, name) => (name === "us" ? 0 : frame.width - frame.side);

function drawRegion(g, region, { view, ctx, frame }) {
  setAttributes(g, { transform: `translate(${round(cardX(frame, region.name))} ${frame.cards})` });
  mark(g, "rect", "case", { x: 1, y: 0, width: round(frame.side - 2), height: CARD.height, rx: 10, class: "fl-cm-card" });
  mark(g, "text", "name", { x: CARD.pad, y: 24, class: "fl-big" }, region.title);
  // The slider says it too: where there is no room, it is enough there.
  const fits = CARD.pad * 2 + widthOf(region.title, 600, 15) + 8 + widthOf(region.clock) <= frame.side;
  mark(g, "text", "clock", { x: round(frame.side - CARD.pad), y: 24, "text-anchor": "end", class: "fl-soft" }, fits ? region.clock : "");
  const gap = 5;
  const wide = Math.min(52, (frame.side - 2 * CARD.pad - 5 * gap) / 6);
  const answer = mark(g, "g", "answer", { class: "fl-answer" });
  marks(answer, "items", region.items, (one) => one.item, (chips, one, i) => {
    const x = CARD.pad + i * (wide + gap);
    const chip = mark(chips, "g", "chip", { transform: `translate(${round(x)} 38)` });
    mark(chip, "rect", "box", { x: 0, y: 0, width: round(wide), height: CARD.chip, rx: 6 });
    mark(chip, "text", "letter", { x: round(wide / 2), y: CARD.chip / 2 + 5, "text-anchor": "middle", class: one.there ? "fl-big" : "fl-soft" }, one.there ? one.item : `+${one.item}`);
    chip.flClass = `fl-cm-item ${one.there ? "fl-cm-there" : ""}`;
    const label = ctx.say(one.there ? ctx.words.take_out : ctx.words.put_in, { at: region.title, item: one.item });
    const act = () => ctx.set("steps", [...ctx.params.steps, { do: one.there ? "remove" : "add", at: region.name, item: one.item }]);
    makePressable(chip, "fl-cm-press", label, act, { disabled: view.full });
    mark(chips, "text", "only", { x: round(x + wide / 2), y: 38 + CARD.chip + 17, "text-anchor": "middle", class: "fl-soft" }, one.only.map((k) => NUMBERS[k]).join(""));
  });
}

function drawLink(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "link");
  const y = frame.cards + CARD.height / 2;
  const [from, to] = [frame.side + 6, frame.width - frame.side - 6];
  const middle = frame.width / 2;
  mark(group, "path", "line", { d: view.connected ? `M${round(from)} ${y}H${round(to)}` : `M${round(from)} ${y}H${round(middle - 14)}M${round(middle + 14)} ${y}H${round(to)}`, class: `fl-cm-wire ${view.connected ? "" : "fl-cm-cut"}` });
  mark(group, "path", "cross", { d: view.connected ? "" : SHAPES.cross(round(middle), y, 7), class: "fl-cm-cross" });
  mark(group, "text", "word", { x: round(middle), y: y + 26, "text-anchor": "middle", class: "fl-strong" }, view.connected ? ctx.words.connected : ctx.words.no_link);
}

// ---- the diamond

// A bend from one point down to another.
const bend = (from, to) => `M${round(from.x)} ${round(from.y)}C${round(from.x)} ${round((from.y + to.y) / 2)} ${round(to.x)} ${round((from.y + to.y) / 2)} ${round(to.x)} ${round(to.y)}`;

const rowY = (frame, i) => frame.lanes + i * DIAMOND.row + DIAMOND.row / 2;
const stemY = (frame, i) => frame.stem + i * DIAMOND.row;

function drawDiamond(view, ctx, frame) {
  const { picture: { cut, healed, root, apart, after } } = view;
  const group = mark(ctx.svg, "g", "diamond");
  const top = { x: frame.x.stem, y: frame.root };
  const bottom = frame.lanes + frame.rows * DIAMOND.row;
  const lane = (at) => [{ x: frame.x[at], y: frame.lanes }, { x: frame.x[at], y: bottom }];
  const join = { x: frame.x.stem, y: frame.stem };
  const ways = cut ? ["us", "eu"].map((at) => bend(top, lane(at)[0]) + `V${round(bottom)}`) : [`M${top.x} ${top.y}V${round(stemY(frame, Math.max(0, after.length - 1)))}`];
  mark(group, "path", "ways", { d: ways.join(""), class: "fl-cm-way" });
  mark(group, "path", "joining", { d: cut ? ["us", "eu"].map((at) => bend(lane(at)[1], join)).join("") : "", class: `fl-cm-way ${healed ? "fl-cm-joined" : "fl-cm-ghost"}` });
  mark(group, "path", "stem", { d: healed ? `M${join.x} ${join.y}V${round(frame.end)}` : "", class: "fl-cm-way" });
  drawBand(group, { view, ctx, frame, bottom });
  drawFan(group, view, frame);
  drawRoot(mark(group, "g", "root"), root, { view, ctx, frame });
  const merged = cut ? after : after.filter((one) => one.do !== "heal");
  marks(group, "apart", cut ? apart : [], (one) => one.n, (g, one, i) => drawChange(g, one, rowY(frame, i), { view, ctx, frame }));
  marks(group, "after", merged, (one) => one.n, (g, one, i) => drawAfter(g, one, stemY(frame, i), { view, ctx, frame }));
  const still = cut ? ["us", "eu"].filter((at) => !apart.some((one) => one.at === at)) : [];
  marks(group, "still", still, (at) => at, (g, at) => mark(g, "text", "word", { x: frame.x[at] + (at === "us" ? -12 : 12), y: round((frame.lanes + bottom) / 2 + 4), "text-anchor": at === "us" ? "end" : "start", class: "fl-soft" }, ctx.words.no_change));
  const ghost = cut && !healed;
  mark(group, "path", "ghost", { d: ghost ? SHAPES.diamond(join.x, join.y, 10) : "", class: "fl-cm-node fl-cm-ghost" });
  mark(group, "text", "ghost-word", { x: join.x, y: join.y + 30, "text-anchor": "middle", class: "fl-soft" }, ghost ? ctx.words.ghost : "");
}

// Between the branches nothing gets through.
function drawBand(group, { view, ctx, frame, bottom }) {
  const { cut } = view.picture;
  const x = frame.x.stem;
  const y = round((frame.lanes + bottom) / 2);
  mark(group, "rect", "band", { x: x - 7, y: round(frame.lanes), width: 14, height: cut ? round(bottom - frame.lanes) : 0, fill: hatch(ctx, "cm"), class: "fl-cm-band", display: cut ? null : "none" });
  mark(group, "text", "band-word", { x, y: y + 4, "text-anchor": "middle", class: "fl-strong fl-cm-halo" }, cut ? ctx.words.no_link : "");
}

function drawFan(group, view, frame) {
  const from = { x: frame.x.stem, y: frame.end };
  const to = view.results ? [0, 1, 2].map((i) => ({ x: i * (frame.result.wide + RESULT.gap) + frame.result.wide / 2, y: frame.results })) : [];
  mark(group, "path", "fan", { d: to.map((one) => bend(from, one)).join(""), class: "fl-cm-way fl-cm-fan" });
}

// The items of a version: one cart, or the different ones with the numbers of the merges, if there is room for them.
function contents(one, ctx, room) {
  if (one.carts.length === 1) return one.carts[0].items;
  const text = one.carts.map(({ merges, items }) => `${merges.map((k) => NUMBERS[k]).join("")} ${items}`).join("  ");
  return widthOf(text) <= room ? text : ctx.say(ctx.words.several, { n: one.carts.length });
}

// A version is a button; the arrow keys go from one to the next.
function pressVersion(g, one, what, { ctx }) {
  g.flClass = `fl-cm-version ${chosen(ctx).n === one.n ? "fl-cm-chosen" : ""}`;
  g.flVersion = one.n;
  const look = (n) => { chosen(ctx).n = n; picture.draw(ctx.view, ctx); };
  const go = (by) => () => {
    const all = [...ctx.svg.querySelectorAll(".fl-cm-version")].sort((a, b) => a.flVersion - b.flVersion);
    const next = all[all.indexOf(g) + by];
    if (!next) return;
    look(next.flVersion);
    next.focus();
  };
  const keys = { ArrowDown: go(1), ArrowRight: go(1), ArrowUp: go(-1), ArrowLeft: go(-1) };
  const label = ctx.say(ctx.words.version, { n: one.n, what });
  makePressable(g, "fl-cm-press", label, () => look(chosen(ctx).n === one.n ? null : one.n), { pressed: chosen(ctx).n === one.n, keys });
}

const rootTitle = (view, ctx) => (view.picture.cut ? ctx.words.before : ctx.words.at_first);

function drawRoot(g, root, { view, ctx, frame }) {
  const title = rootTitle(view, ctx);
  const press = mark(g, "g", "press");
  const text = `${title}:  ${contents(root, ctx, frame.width * 0.5)}`;
  const wide = Math.ceil(widthOf(text, 600)) + 24;
  mark(press, "rect", "box", { x: round(frame.x.stem - wide / 2), y: frame.root - 26, width: wide, height: 26, rx: 13, class: "fl-cm-node" });
  mark(press, "text", "word", { x: frame.x.stem, y: frame.root - 8.5, "text-anchor": "middle", class: "fl-strong" }, text);
  pressVersion(press, root, title, { ctx });
}

// A change on one side: what and when outside of its branch, what is in the cart now on the inside.
function drawChange(g, one, y, { ctx, frame }) {
  const x = frame.x[one.at];
  const way = one.at === "us" ? -1 : 1;
  const anchor = (w) => (w < 0 ? "end" : "start");
  const press = mark(g, "g", "press");
  mark(press, "rect", "room", { x: x - 14, y: y - 13, width: 28, height: 26, rx: 6, class: "fl-cm-room" });
  mark(press, "path", "node", { d: SHAPES[one.do === "add" ? "dot" : "box"](x, y, one.do === "add" ? 6.5 : 6), class: "fl-cm-node" });
  mark(press, "path", "sign", { d: one.do === "add" ? `M${x - 3} ${y}h6M${x} ${y - 3}v6` : `M${x - 3} ${y}h6`, class: "fl-cm-sign" });
  pressVersion(press, one, one.title, { ctx });
  const outside = one.at === "us" ? x : frame.width - x;
  // Where there is no room beside, what a wrong clock said stands below.
  const below = one.times.length > 1 && widthOf(one.times.join(", ")) > outside - 44;
  const say = (key, text, from, down, look) => mark(g, "text", key, { x: x + way * from, y: y + down, "text-anchor": anchor(way), class: look }, text);
  say("label", one.label, 18, below ? -2.5 : 4.5, "fl-strong");
  say("time", below ? one.times[0] : one.times.join(", "), 44, below ? -2.5 : 4.5, "fl-soft");
  say("clock", below ? one.times[1] : "", 18, 11.5, "fl-soft");
  const room = Math.abs(frame.x.stem - x) - 18 - widthOf(ctx.words.no_link, 600) / 2 - 6;
  mark(g, "text", "carts", { x: x - way * 18, y: y + 4.5, "text-anchor": anchor(-way), class: "fl-cm-carts" }, contents(one, ctx, room));
}

// What happens when both are one again: the merge itself, the same messages once more, changes in either region.
function drawAfter(g, one, y, { ctx, frame }) {
  const x = frame.x.stem;
  const merge = one.do === "heal" || one.do === "again";
  const press = mark(g, "g", "press");
  mark(press, "rect", "room", { x: x - 14, y: y - 13, width: 28, height: 26, rx: 6, class: "fl-cm-room" });
  mark(press, "path", "node", { d: merge ? SHAPES.diamond(x, y, one.do === "heal" ? 10 : 7) : SHAPES[one.do === "add" ? "dot" : "box"](x, y, 6), class: `fl-cm-node ${one.do === "heal" ? "fl-cm-join" : ""}` });
  mark(press, "path", "sign", { d: merge ? "" : one.do === "add" ? `M${x - 3} ${y}h6M${x} ${y - 3}v6` : `M${x - 3} ${y}h6`, class: "fl-cm-sign" });
  const what = one.do === "heal" ? ctx.words.merge : one.do === "again" ? ctx.words.once_more : one.title;
  pressVersion(press, one, what, { ctx });
  mark(g, "text", "label", { x: x + 18, y: y + 4.5, class: "fl-strong fl-cm-halo" }, what);
  mark(g, "text", "time", { x: x - 18, y: y + 4.5, "text-anchor": "end", class: "fl-soft fl-cm-halo" }, one.times.join(", "));
}

// ---- what the three merges make of it

function drawResult(g, one, i, { frame }) {
  const { result } = frame;
  const x = i * (result.wide + RESULT.gap);
  setAttributes(g, { transform: `translate(${round(x)} ${round(frame.results)})`, class: "fl-cm-appear" });
  const bad = one.lines.some((line) => line.kind === "lost" || line.kind === "back");
  mark(g, "rect", "case", { x: 1, y: 0, width: round(result.wide - 2), height: round(result.height), rx: 10, class: `fl-cm-card ${bad ? "fl-cm-wrong" : ""}` });
  paragraph(g, "title", `${NUMBERS[i]} ${one.title}`, { x: RESULT.pad, y: 24, width: result.inner, className: "fl-strong" });
  const left = (k) => RESULT.pad + (k * (result.inner - result.slot)) / 5;
  marks(g, "slots", one.slots, ({ item }) => item, (slot, { item, state }, k) => drawSlot(slot, item, state, { x: left(k), y: result.slots, size: result.slot }));
  const pointed = one.slots.flatMap(({ state }, k) => (SIGNS[state] ? [round(left(k) + result.slot / 2)] : []));
  mark(g, "path", "pointer", { d: pointed.map((at) => `M${at} ${round(result.slots + result.slot + 20)}V${round(result.said - 6)}`).join(""), class: "fl-cm-pointer" });
  const text = result.texts[i];
  mark(g, "rect", "callout", { x: RESULT.pad, y: round(result.said - 6), width: round(result.inner), height: text.length * RESULT.line + 12, rx: 6, class: bad ? "fl-cm-callout" : "fl-cm-calm" });
  marks(g, "lines", text, (_line, k) => k, (t, { text: words, kind }, k) => {
    const look = { lost: "fl-strong fl-cm-bad", back: "fl-strong fl-cm-bad", good: "fl-strong fl-cm-good", why: "fl-soft" }[kind] ?? "fl-strong";
    mark(t, "text", "line", { x: RESULT.pad + 8, y: round(result.said + 10 + k * RESULT.line), class: look }, words);
  });
}

// A place for each item, the same in all three, so that they can be compared: there, not there, lost, back again, or in question.
function drawSlot(g, item, state, { x, y, size }) {
  const there = state === "present" || state === "back" || state === "kept";
  mark(g, "rect", "box", { x: round(x), y, width: round(size), height: round(size), rx: 5, class: `fl-cm-slot fl-cm-${state}` });
  mark(g, "path", "gone", { d: state === "lost" ? `M${round(x + 3)} ${round(y + size - 3)}L${round(x + size - 3)} ${y + 3}` : "", class: "fl-cm-struck" });
  mark(g, "text", "letter", { x: round(x + size / 2), y: round(y + size / 2 + 4.5), "text-anchor": "middle", class: there ? "fl-strong" : "fl-soft fl-cm-halo-2" }, state === "absent" ? "·" : item);
  mark(g, "text", "sign", { x: round(x + size / 2), y: round(y + size + 16), "text-anchor": "middle", class: "fl-strong" }, SIGNS[state] ?? "");
}

function drawResults(view, ctx, frame) {
  const group = mark(ctx.svg, "g", "results", { class: "fl-answer" });
  marks(group, "all", view.results ?? [], (one) => one.merge, (g, one, i) => drawResult(g, one, i, { frame }));
  const lines = view.results ? inLines(view.meant, frame.width - 28, 600) : [];
  mark(group, "rect", "meant-box", { x: 1, y: frame.meant - 10, width: round(frame.width - 2), height: lines.length * 17 + 16, rx: 8, class: "fl-cm-meant", display: view.results ? null : "none" });
  marks(group, "meant", lines, (_l, i) => i, (g, text, i) => mark(g, "text", "line", { x: 14, y: frame.meant + 10.5 + i * 17, class: "fl-strong" }, text));
}

// ---- the version that is looked at

function drawVersion(view, ctx, frame) {
  const { root, apart, after } = view.picture;
  const one = [root, ...apart, ...after].find(({ n }) => n === chosen(ctx).n);
  const what = !one ? "" : one === root ? rootTitle(view, ctx) : { heal: ctx.words.merge, again: ctx.words.once_more }[one.do] ?? one.title;
  const group = mark(ctx.svg, "g", "version", { class: "fl-answer" });
  const y = frame.version + 14;
  paragraph(group, "title", one ? ctx.say(ctx.words.version, { n: one.n, what }) : ctx.words.choose, { x: 0, y, width: frame.width, className: one ? "fl-strong" : "fl-soft" });
  const items = (k) => one.carts.find(({ merges }) => merges.includes(k)).items;
  const lines = one ? one.carried.map((text, k) => `${NUMBERS[k]} ${items(k)}:  ${text}`) : [];
  marks(group, "carried", lines, (_l, k) => k, (g, text, k) => mark(g, "text", "line", { x: 0, y: y + 20 + k * 19 }, text));
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
    marks(ctx.svg, "regions", view.regions, (one) => one.name, (g, one) => drawRegion(g, one, { view, ctx, frame }));
    drawLink(view, ctx, frame);
    drawDiamond(view, ctx, frame);
    drawResults(view, ctx, frame);
    drawVersion(view, ctx, frame);
    for (const { name } of view.regions) {
      const lid = cover(ctx, { key: `cover-${name}`, x: cardX(frame, name) + 8, y: frame.cards + 34, width: frame.side - 16, height: CARD.height - 42 });
      const narrow = widthOf(ctx.spec.labels.covered, 400, 14) > frame.side - 24;
      mark(lid, "text", "words", { display: narrow ? "none" : null });
    }
    cover(ctx, { key: "cover", x: 1, y: frame.results - 4, width: frame.width - 2, height: frame.version - frame.results });
  },

  restart(ctx) {
    chosen(ctx).n = null;
  },
};
