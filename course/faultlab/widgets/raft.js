// Raft beside the trace player: the logs of all nodes with their terms, votes and timers, the picture of the roles, the promises
// of Figure 3 up to the cursor, and writes that are asked for by hand. All of them follow the player's one cursor.

const RAFT = { row: 40, head: 40, cell: { wide: 44, narrow: 35 }, box: 30, machine: 292, radius: 20, hues: 5 };
const VALUE_FIRST = 100;  // as in raft.py: what is written by hand counts on from here

const bare = (text) => (text ?? "").replace(/^['"]|['"]$/g, "");
const plainWord = (text) => { const word = bare(text); return word === "None" ? "" : word; };
const hueOf = (term) => (Number.isInteger(term) ? `fl-raft-hue${((term % RAFT.hues) + RAFT.hues) % RAFT.hues}` : "");
const nowOf = (player) => (player.mode === "rows" ? player.trace.at[player.index] ?? 0 : player.pos);
const lastUpTo = (items, index) => items.findLast(([event]) => event <= index);

// ------------------------------------------------------------------------------------------------ what a node is at the cursor

// For each node [[event, entries], ...], of the changes that came from Python.
function rebuildLogs(trace, changes) {
  const logs = trace.nodes.map(() => [[-1, []]]);
  for (const [event, who, kept, added] of changes) logs[who].push([event, [...logs[who].at(-1)[1].slice(0, kept), ...added]]);
  return logs;
}

// Names in a set, a list or a mapping as Python writes them; a class of the learner's may count its votes instead.
function votesOf(text) {
  const count = Number(text);
  if (text && Number.isInteger(count)) return count;
  return new Set([...(text ?? "").matchAll(/'([^']*)'/g)].map((found) => found[1])).size;
}

function matchesOf(text) {
  return new Map([...(text ?? "").matchAll(/'([^']*)': (\d+)/g)].map(([, name, index]) => [name, Number(index)]));
}

function nodeNow(player, who) {
  const { trace, index, roleField } = player;
  const status = statusAt(trace, who, index);
  const role = roleField < 0 ? "" : plainWord(trace.texts[player.state[who * trace.fields.length + roleField]]);
  const term = plainWord(player.value(who, status === "crashed" ? "disk.term" : "term"));
  return {
    status, role, term, sign: roleOf(role), commit: Number(player.value(who, "commit_index")) || 0,
    voted: plainWord(player.value(who, status === "crashed" ? "disk.voted_for" : "voted_for")),
    votes: votesOf(player.value(who, "votes")), matches: matchesOf(player.value(who, "match_index")),
    log: lastUpTo(player.raft.logs[who], index)[1],
  };
}

const roleWord = (player, { status, role }) => {
  const { words } = player.ctx;
  return status === "crashed" ? words.crashed : status === "paused" ? words.paused : words.roles[role] ?? role;
};

// The node that the learner has chosen; while the network or a message is chosen, the one before.
function chosenNode(player) {
  if (player.trace.nodes[player.target] !== undefined && /^\d+$/.test(player.target)) player.raft.chosen = Number(player.target);
  return Math.min(player.raft.chosen, player.trace.nodes.length - 1);
}

// ------------------------------------------------------------------------------------------------ messages

// What a message says, in a word or two: the number behind it is its term, behind "has" an index. Where there is no room for
// the term, the line's hue has to do.
function messageLook(trace, words) {
  const say = (m, room) => {
    const text = trace.texts[m.detail] ?? "";
    const [, kind, term] = text.match(/^[([]'(\w+)', (\d+),/) ?? [];
    const has = text.match(/^[([]'appended', \d+, True, (\d+)[)\]]$/);
    const key = kind === "append_entries" ? (/, (?:\(\)|\[\]), \d+[)\]]$/.test(text) ? "heartbeat" : "entries")
      : kind === "appended" ? (has ? "has" : "refuses") : kind === "vote" || kind === "pre_vote" ? (/, True[)\]]$/.test(text) ? "yes" : "no") : kind;
    if (words.messages[key] === undefined) return null;
    const whole = fill(words.messages[key], { term, index: has?.[1] });
    return has || room === undefined || textWidth(whole) <= room ? whole : fill(words.messages[key], { term: "" }).trim();
  };
  const termOf = (m) => Number((trace.texts[m.detail] ?? "").match(/^[([]'\w+', (\d+),/)?.[1] ?? NaN);
  return { label: say, hue: (m) => hueOf(termOf(m)) };
}

// ------------------------------------------------------------------------------------------------ logs

function raftFrame(player, width) {
  const wide = width >= WIDE_PX;
  const cell = RAFT.cell[wide ? "wide" : "narrow"];
  const x = wide ? { role: 42, vote: 158, timer: 258, bar: 110, log: 424 } : { role: 38, vote: 146, timer: 214, bar: 50, log: 308 };
  return { ...x, cell, room: Math.max(1, Math.floor((width - x.log - 2) / cell)), wide };
}

function makeLogs(player) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(svg, { class: "fl-picture fl-raft-logs", role: "img" });
  const { words } = player.ctx;
  const node = titled(words.logs, svg, "raft-logs-part");
  let frame = null;
  function draw() {
    const { width } = player.panel;
    const height = RAFT.head + RAFT.row * player.trace.nodes.length;
    frame = raftFrame(player, width);
    setAttributes(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    const head = mark(svg, "g", "head");
    for (const name of ["vote", "timer"]) mark(head, "text", name, { x: frame[name], y: 30, class: "fl-soft" }, { vote: words.voted, timer: words.timer }[name]);
    drawSamples(mark(head, "g", "samples"), words, frame, width);
  }
  function show() {
    const nodes = player.trace.nodes.map((_, who) => nodeNow(player, who));
    const longest = Math.max(0, ...nodes.map((n) => n.log.length));
    const first = Math.max(0, longest - frame.room);
    const shown = Array.from({ length: Math.min(frame.room, longest - first) }, (_, i) => first + i);
    marks(mark(svg, "g", "head"), "indexes", shown, (i) => i - first, (g, i) =>
      mark(g, "text", "index", { x: frame.log + (i - first + 0.5) * frame.cell - 2, y: 30, "text-anchor": "middle", class: "fl-soft" }, String(i + 1)));
    const leader = nodes.filter((n) => n.sign === "leader" && n.status === "up").sort((a, b) => Number(b.term) - Number(a.term))[0];
    const timers = timersAt(player.trace, player.index);
    marks(svg, "rows", player.trace.nodes, (_, i) => i, (g, name, i) => drawRow(g, player, frame, { name, i, ...nodes[i] }, { first, leader, timers: timers[i] }));
    if (!player.runner?.playing) setAttributes(svg, { "aria-label": player.trace.nodes.map((name, i) => rowInWords(player, name, nodes[i])).join(" ") });
  }
  return { node, draw, show };
}

function drawSamples(g, words, frame, width) {
  const items = [["fl-raft-sure", words.committed], ["fl-raft-open", words.uncommitted], [null, words.matched]];
  let x = width - 4;
  for (const [style, text] of items.reverse()) {
    x -= textWidth(text);
    mark(g, "text", text, { x, y: 11, class: "fl-soft" }, text);
    x -= 20;
    if (style) mark(g, "rect", style, { x, y: 1, width: 14, height: 11, rx: 2, class: `fl-raft-box ${style}` });
    else mark(g, "path", "match", { d: matchMark(x + 7, 11), class: "fl-raft-match" });
    x -= 16;
  }
}

const matchMark = (x, y) => `M${round(x - 5)} ${round(y)}l5 -6l5 6z`;

function drawRow(g, player, frame, node, { first, leader, timers }) {
  const { ctx } = player;
  const top = RAFT.head + node.i * RAFT.row;
  const middle = top + RAFT.row / 2;
  setAttributes(g, { class: `fl-raft-row fl-raft-${node.status}` });
  g.onclick = () => player.selectNode(node.i);
  mark(g, "rect", "ground", { x: 0, y: top + 1, width: player.panel.width, height: RAFT.row - 2, rx: 6, class: `fl-raft-ground${chosenNode(player) === node.i ? " fl-raft-chosen" : ""}` });
  nodeSign(g, ctx, { x: 20, y: middle, r: 11, status: node.status, role: node.sign });
  mark(g, "text", "name", { x: 20, y: middle + 4, "text-anchor": "middle", class: "fl-strong fl-pl-halo" }, node.name.slice(0, 2));
  mark(g, "text", "role", { x: frame.role, y: middle - 4, class: "fl-strong" }, roleWord(player, node));
  mark(g, "text", "term", { x: frame.role, y: middle + 12, class: "fl-soft" }, node.term ? ctx.say(ctx.words.term, { n: node.term }) : "");
  drawVote(mark(g, "g", "vote"), player, frame, node, middle);
  drawTimer(mark(g, "g", "timer"), player, frame, node, timers, middle);
  drawLog(mark(g, "g", "log"), player, frame, node, first, middle);
  const matched = leader && leader.sign !== node.sign ? leader.matches.get(node.name) ?? 0 : 0;
  const place = matched - first - 0.5;
  mark(g, "path", "match", { d: matched && place > 0 && place < frame.room ? matchMark(frame.log + place * frame.cell - 2, middle + 20) : "", class: "fl-raft-match" });
}

// A candidate's votes as counters, with a stroke where the majority is; for the others, whom they voted for.
function drawVote(g, player, frame, { status, sign, voted, votes }, middle) {
  const n = player.trace.nodes.length;
  const asks = status === "up" && sign === "candidate" && n <= 9;
  const step = frame.wide ? 12 : 10;
  const points = Array.from({ length: asks ? n : 0 }, (_, i) => [frame.vote + 5 + i * step + (2 * (i + 1) > n + 1 ? 4 : 0), middle + 8]);
  mark(g, "text", "for", { x: frame.vote, y: asks ? middle - 4 : middle + 4 }, voted ? `→ ${voted}` : "–");
  mark(g, "path", "full", { d: shapes("dot", points.slice(0, votes), 4), class: "fl-raft-vote" });
  mark(g, "path", "free", { d: shapes("dot", points.slice(votes), 3.5), class: "fl-raft-no-vote" });
  const at = points[Math.floor(n / 2)];
  mark(g, "path", "majority", { d: at ? `M${round(at[0] + step / 2 + 2)} ${middle + 1}v14` : "", class: "fl-raft-majority" });
}

// What is left on the clock of the timer that runs out first, all on one scale: the shortest bar is next.
function drawTimer(g, player, frame, { status, sign }, timers, middle) {
  const now = nowOf(player);
  const left = player.trace.untimed || status !== "up" ? Infinity : Math.min(Infinity, ...[...timers.values()].map((due) => due - now));
  const known = Number.isFinite(left) && left >= 0;
  const length = known ? clamp(left / player.view.raft.timeout_max_s, 0, 1) * frame.bar : 0;
  mark(g, "rect", "room", { x: frame.timer, y: middle - 5, width: frame.bar, height: 10, rx: 2, class: "fl-raft-timer-room", display: known ? null : "none" });
  mark(g, "rect", "left", { x: frame.timer, y: middle - 5, width: round(length), height: 10, rx: 2, class: `fl-raft-timer${sign === "leader" ? " fl-raft-heartbeat" : ""}` });
  mark(g, "text", "ms", { x: frame.timer + frame.bar + 6, y: middle + 4 }, known ? player.ctx.number(Math.round(left * 1000)) : "");
}

function drawLog(g, player, frame, { status, log, commit }, first, middle) {
  const { words } = player.ctx;
  const shown = log.slice(first, first + frame.room).map((entry, i) => [first + i, entry]);
  marks(g, "entries", shown, ([i]) => i - first, (cell, [i, [term, who, command]]) => {
    const x = frame.log + (i - first) * frame.cell;
    const sure = status !== "crashed" && i < commit;
    mark(cell, "rect", "box", { x, y: middle - RAFT.box / 2, width: frame.cell - 4, height: RAFT.box, rx: 3, class: `fl-raft-box ${sure ? "fl-raft-sure" : "fl-raft-open"} ${hueOf(term)}` });
    mark(cell, "text", "term", { x: x + frame.cell / 2 - 2, y: middle - 1, "text-anchor": "middle", class: "fl-strong" }, String(term));
    mark(cell, "text", "who", { x: x + frame.cell / 2 - 2, y: middle + 12, "text-anchor": "middle" }, shortened(who, frame.cell - 6) ?? "");
    mark(cell, "title", "full", {}, fill(words.entry, { index: i + 1, term, command: command || words.empty }) + `: ${sure ? words.committed : words.uncommitted}`);
  });
}

function rowInWords(player, name, node) {
  const { words } = player.ctx;
  const log = node.log.map(([term]) => term).join(" ") || words.empty;
  return fill(words.row, { node: name, role: roleWord(player, node), term: node.term || "–", log, n: Math.min(node.commit, node.log.length) });
}

// ------------------------------------------------------------------------------------------------ the picture of the roles

// Where a role stands, where its word does, and for each pair of roles how far its line is bent and where its words stand:
// places for all roles and pairs that the model's tables have. What is drawn, the table says.
const ROLE_AT = {
  follower: (w) => [56, 164], "pre-candidate": (w) => [w * 0.45, 82], candidate: (w) => [w - 54, 82], leader: (w) => [w - 54, 232],
};
const ROLE_WORD_AT = { follower: [-52, 46, "start"], "pre-candidate": [0, -62, "middle"], candidate: [52, -62, "end"], leader: [52, 48, "end"] };
const PAIRS = {
  "follower>candidate": { bow: 34, words: [-10, -10, "middle"] }, "candidate>follower": { bow: 22, words: [-52, 18, "middle"] },
  "follower>pre-candidate": { bow: 14, words: [-8, -8, "end"] }, "pre-candidate>follower": { bow: 14, words: [10, 8, "start"] },
  "pre-candidate>candidate": { bow: 8, words: [0, -8, "middle"] }, "candidate>pre-candidate": { bow: 8, words: [0, 16, "middle"] },
  "candidate>leader": { bow: 0, words: [-8, 4, "end"] }, "leader>follower": { bow: 34, words: [0, 17, "middle"] },
};
// With pre-vote the way back from candidate to follower passes below the others.
const WAY_BACK = { bow: 52, words: [14, 16, "middle"] };

function rolePath(from, to, width, bow) {
  const [[x1, y1], [x2, y2]] = [ROLE_AT[from](width), ROLE_AT[to](width)];
  const reach = RAFT.radius + 6;
  if (from === to) return { d: `M${x1 - 10} ${y1 - reach + 2}C${x1 - 30} ${y1 - 62} ${x1 + 30} ${y1 - 62} ${x1 + 10} ${y1 - reach + 2}`, middle: [x1 + 18, y1 - 44] };
  const long = Math.hypot(x2 - x1, y2 - y1);
  const [ux, uy] = [(x2 - x1) / long, (y2 - y1) / long];
  const [nx, ny] = [uy, -ux];
  const top = [(x1 + x2) / 2 + nx * bow * 2, (y1 + y2) / 2 + ny * bow * 2];
  const near = ([x, y]) => { const d = Math.hypot(top[0] - x, top[1] - y); return [x + ((top[0] - x) / d) * reach, y + ((top[1] - y) / d) * reach]; };
  const [[sx, sy], [ex, ey]] = [near([x1, y1]), near([x2, y2])];
  return { d: `M${round(sx)} ${round(sy)}Q${round(top[0])} ${round(top[1])} ${round(ex)} ${round(ey)}`, middle: [(x1 + x2) / 2 + nx * bow, (y1 + y2) / 2 + ny * bow] };
}

// The table as lines: one for each pair of roles, with all events that lead from the one to the other.
function roleEdges(transitions) {
  const edges = new Map();
  for (const [from, event, to] of transitions) {
    const key = `${from}>${to}`;
    if (!edges.has(key)) edges.set(key, { key, from, to, events: [] });
    edges.get(key).events.push(event);
  }
  return [...edges.values()].filter(({ from, to }) => ROLE_AT[from] && ROLE_AT[to]);
}

function makeRoles(player) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  setAttributes(svg, { class: "fl-picture fl-raft-machine", role: "img" });
  const { words } = player.ctx;
  // `hatch` and `arrowHead` put their definitions into the picture of the context.
  const ctx = Object.create(player.ctx, { svg: { value: svg } });
  const node = titled(words.machine, svg, "raft-machine-part");
  const last = html("p", { class: "fl-raft-last" });
  node.append(last);
  let width = 0;
  function draw() {
    width = player.panel.width >= WIDE_PX ? player.ctx.width : player.panel.width;
    setAttributes(svg, { width, height: RAFT.machine, viewBox: `0 0 ${width} ${RAFT.machine}` });
    drawEdges(svg, ctx, player.view.raft.transitions, width);
  }
  function show() {
    const who = chosenNode(player);
    const turn = player.raft.turns[who].findLast(([event]) => event <= player.index) ?? null;
    const name = player.trace.nodes[who];
    setText(node.firstChild, fill(words.machine, { node: name }));
    showRoles(svg, ctx, player, who, width, turn);
    setText(last, turnInWords(player, name, turn));
    setAttributes(svg, { "aria-label": last.flText });
  }
  return { node, draw, show };
}

function drawEdges(svg, ctx, transitions, width) {
  const edges = roleEdges(transitions);
  const wayBack = edges.some((e) => e.from === "pre-candidate");
  const heads = [arrowHead(ctx, "role"), arrowHead(ctx, "role-taken")];
  marks(svg, "edges", edges, (e) => e.key, (g, { key, from, to, events }) => {
    const place = key === "candidate>follower" && wayBack ? WAY_BACK : PAIRS[key] ?? { bow: 12, words: [4, -16, "start"] };
    const { d, middle } = rolePath(from, to, width, place.bow);
    g.flHeads = heads;
    mark(g, "path", "line", { d, class: "fl-raft-edge", "marker-end": heads[0] });
    const [dx, dy, anchor] = from === to && from === "candidate" ? [-42, -2, "end"] : from === to ? [6, 5, "start"] : place.words;
    marks(g, "words", events, (e) => e, (word, event, i) => mark(word, "text", "text", {
      x: round(middle[0] + dx), y: round(middle[1] + dy + i * 15), "text-anchor": anchor, class: "fl-raft-edge-word fl-pl-halo",
    }, ctx.words.events[event] ?? event));
  });
}

function showRoles(svg, ctx, player, who, width, turn) {
  const { trace, words } = { trace: player.trace, words: ctx.words };
  const nodes = trace.nodes.map((_, i) => nodeNow(player, i));
  const chosen = nodes[who].status === "crashed" ? null : nodes[who].role;
  const roles = [...new Set(player.view.raft.transitions.flatMap(([from, , to]) => [from, to]))].filter((role) => ROLE_AT[role]);
  marks(svg, "states", roles, (role) => role, (g, role) => {
    const [x, y] = ROLE_AT[role](width);
    setAttributes(g, { class: role === chosen ? "fl-raft-here" : null });
    nodeSign(g, ctx, { x, y, r: RAFT.radius, status: "up", role: roleOf(role) });
    mark(g, "text", "token", { x, y: y + 6, "text-anchor": "middle", class: "fl-raft-token" }, role === chosen ? trace.nodes[who].slice(0, 3) : "");
    const [dx, dy, anchor] = ROLE_WORD_AT[role];
    const members = trace.nodes.filter((_, i) => nodes[i].status !== "crashed" && nodes[i].role === role).join(" ");
    const label = mark(g, "text", "word", { x: x + dx, y: y + dy, "text-anchor": anchor, class: "fl-pl-halo" });
    mark(label, "tspan", "role", { class: "fl-raft-role" }, words.roles[role] ?? role);
    mark(label, "tspan", "members", {}, members ? `: ${members}` : "");
  });
  for (const [key, g] of mark(svg, "g", "edges").flChildren ?? []) {
    const taken = turn !== null && turn[3] !== null && `${turn[2]}>${turn[4]}` === key;
    setAttributes(g, { class: taken ? "fl-raft-taken" : null });
    mark(g, "path", "line", { "marker-end": g.flHeads[taken ? 1 : 0] });
    for (const [event, word] of mark(g, "g", "words").flChildren ?? []) setAttributes(word, { class: taken && turn[3] === event ? "fl-raft-why" : null });
  }
}

function turnInWords(player, name, turn) {
  const { words } = player.ctx;
  if (!turn) return fill(words.no_turn, { node: name });
  const [event, , from, why, to] = turn;
  const t = player.ctx.number(player.trace.at[event], 3, true);
  const what = why === null ? `⚠ ${words.not_in_table}` : words.events[why] ?? why;
  return fill(words.last, { t, node: name, old: words.roles[from] ?? from, new: words.roles[to] ?? to, what });
}

// ------------------------------------------------------------------------------------------------ promises

function makePromises(player) {
  const { words } = player.ctx;
  const list = html("ul", { class: "fl-raft-promises" });
  const why = html("p", { class: "fl-raft-broken", "aria-live": "polite" });
  const node = titled(words.safety, list, "raft-promises-part");
  node.append(why);
  let lines = [];
  function draw() {
    const { findings } = player.trace;
    node.hidden = !findings.length;
    lines = findings.map((f) => {
      const sign = html("span", { class: "fl-pl-sign", "aria-hidden": "true" });
      const [title, means] = words.promises[f.name] ?? [f.name, ""];
      const later = html("span", { class: "fl-raft-later" });
      const text = html("span", {}, html("strong", {}, title), means ? ` – ${means}` : "", " ", later);
      const go = button(sign, () => player.seek(f.event), { class: "fl-raft-promise", "data-promise": f.name });
      go.append(text);
      return { f, go, sign, later, item: html("li", {}, go) };
    });
    list.replaceChildren(...lines.map((l) => l.item));
  }
  function show() {
    const { ctx, trace, index } = player;
    const broken = [];
    for (const { f, go, sign, later } of lines) {
      const ever = f.status === "violated" && f.event <= player.lastIndex();
      const now = ever && f.event <= index;
      if (now) broken.push(f);
      setText(sign, now ? "⚠" : "✓");
      sign.className = `fl-pl-sign fl-pl-${now ? "violated" : "ok"}`;
      go.disabled = !ever;
      setAttributes(go, { "aria-label": null, "data-broken": String(now) });
      setText(later, ever ? fill(words.from, { t: ctx.number(trace.at[f.event], 3, true) }) : "");
    }
    // The latest one, since the cursor has just passed it.
    const told = broken.sort((a, b) => b.event - a.event)[0];
    const title = told ? (words.promises[told.name] ?? [told.name])[0] : "";
    setText(why, told ? fill(words.broken, { promise: title, t: ctx.number(trace.at[told.event], 3, true), why: told.because }) : words.all_kept);
    why.classList.toggle("fl-raft-wrong", Boolean(told));
  }
  return { node, draw, show };
}

// ------------------------------------------------------------------------------------------------ writes by hand

function makeAsks(player) {
  const { ctx, panel } = player;
  const { words } = ctx;
  const ask = button("", add, { "data-action": "ask" });
  const list = html("ul", { class: "fl-pl-faults fl-raft-asks", "aria-label": words.ask_title });
  const node = html("div", { class: "fl-pl-set fl-raft-ask" }, ask, list);
  function add() {
    const at_s = momentAfter(player.trace, player.index, nowOf(player));
    player.runner.pause();
    player.forkAt = at_s;
    panel.set("asks", [...(panel.params.asks ?? []), { at_s, node: player.trace.nodes[chosenNode(player)] }]);
  }
  function draw() {
    const asks = panel.params.asks ?? [];
    ask.disabled = asks.length >= ctx.spec.words.asks_max;
    const chips = asks.map(({ at_s, node: name }, i) => {
      const text = fill(words.asked, { t: ctx.number(at_s, 3), node: name, value: VALUE_FIRST + i + 1 });
      const go = button(text, () => player.seekPos(player.mode === "rows" ? indexAt(player.trace, at_s) : at_s), { class: "fl-link" });
      const remove = button("×", () => panel.set("asks", panel.params.asks.filter((_, k) => k !== i)),
        { "data-remove-ask": i, title: fill(words.remove, { fault: text }), "aria-label": fill(words.remove, { fault: text }) });
      return html("li", {}, go, remove);
    });
    list.replaceChildren(...chips);
  }
  function show() {
    const value = VALUE_FIRST + (panel.params.asks ?? []).length + 1;
    setText(ask, fill(words.ask, { node: player.trace.nodes[chosenNode(player)], value }));
  }
  return { node, draw, show };
}

// ------------------------------------------------------------------------------------------------ put beside the player

const plainPlayer = { build: picture.build, receive: picture.receive };

picture.receive = (view, spec) => {
  // How far the run may be played before the prediction depends on the scenario.
  spec.player.hide_after_s = view.hide_after_s;
  const received = plainPlayer.receive(view);
  if (received) received.trace.look = messageLook(received.trace, spec.words);
  return received;
};

picture.build = (panel) => {
  plainPlayer.build(panel);
  const { player } = panel.ctx;
  player.raft = { chosen: 0, logs: [], turns: [] };
  const prepare = {
    draw() {
      player.raft.logs = rebuildLogs(player.trace, player.view.raft.logs);
      player.raft.turns = player.trace.nodes.map((_, who) => player.view.raft.turns.filter((turn) => turn[1] === who));
    },
  };
  const hand = panel.stage.querySelector(".fl-pl-by-hand");
  const parts = [makeLogs, makeRoles, makePromises].map((make) => make(player));
  for (const part of parts) panel.stage.insertBefore(part.node, hand);
  const asks = makeAsks(player);
  hand.append(asks.node);
  // Before the player's own parts: theirs may change what is chosen, none of them reads what stands here.
  player.parts.push(prepare, ...parts, asks);
};
