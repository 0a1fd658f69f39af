// The autograd graph of a number: one box for each layer, which opens to its operations and to single Values.

const MANY = 40; // Values that a box shows one by one when it is opened, and once more when its rest is
const BOX = 182, ROW = 15, ACROSS = 46, DOWN = 10, AROUND = 8;
let view = null; // { v, groups, open: how many Values of a box are shown, by its key; visit }

const operationOf = (v) => opOf(v).replaceAll("_", " ") || "leaf";

// Kinds by number, for speed: which layer a Value belongs to, and which operation made it.
function numbered(names) {
  const known = new Map(), of = Int32Array.from(names, (name) => { if (!known.has(name)) known.set(name, known.size); return known.get(name); });
  return { of, names: [...known.keys()] };
}
const LAYERS = numbered(D.parents.map((_, v) => D.parameters[v]?.split("[")[0] ?? (D.group[v] >= 0 ? D.groups[D.group[v]] : "inputs and constants")));
const OPERATIONS = numbered(D.parents.map((_, v) => operationOf(v)));

// The parents that are on the page, one after the other: those of v from FIRST[v] to FIRST[v + 1].
const FIRST = new Int32Array(D.parents.length + 1);
D.parents.forEach((parents, v) => { FIRST[v + 1] = FIRST[v] + parents.length - missing(v); });
const PARENTS = Int32Array.from(D.parents.flat().filter((p) => p >= 0));
function missing(v) { let n = 0; for (const p of D.parents[v]) n += p < 0; return n; }

// What v was made from, itself first, each Value behind those made from it.
function childrenFirst(v) {
  const waiting = new Int32Array(D.parents.length), found = [v], order = [v];
  for (const u of found) for (let k = FIRST[u]; k < FIRST[u + 1]; k += 1) if (!waiting[PARENTS[k]]++) found.push(PARENTS[k]);
  for (const u of order) for (let k = FIRST[u]; k < FIRST[u + 1]; k += 1) if (!--waiting[PARENTS[k]]) order.push(PARENTS[k]);
  return order;
}

// Values of a kind together, if equally many changes of kind lie between them and the first: so no way leads
// out of a group and back into it.
function grouped(order, { of, names }, path) {
  const distance = new Int32Array(D.parents.length).fill(-1), groups = new Map();
  for (const u of order) distance[u] = 0;
  for (const u of order) {
    const here = distance[u], kind = of[u], at = u === view.v ? -1 : here * names.length + kind;
    if (!groups.has(at)) groups.set(at, { key: at < 0 ? "" : `${path}${here} ${names[kind]}`, name: names[kind], here, values: [] });
    groups.get(at).values.push(u);
    for (let k = FIRST[u]; k < FIRST[u + 1]; k += 1) {
      const p = PARENTS[k], step = here + (of[p] !== kind);
      if (distance[p] >= 0 && distance[p] < step) distance[p] = step;
    }
  }
  return [...groups.values()].sort((a, b) => a.here - b.here);
}

// The boxes to be drawn: { key, name, values, many }.
function boxesNow() {
  const boxes = [];
  const add = (group, parts) => {
    const { key, values } = group;
    if (values.length > 1 && !view.open.has(key)) { boxes.push({ ...group, many: true }); return; }
    if (parts.length > 1) { for (const part of parts) add(part, []); return; }
    const most = view.open.get(key) ?? 1;
    for (const u of values.slice(0, most)) boxes.push({ key, name: group.name, values: [u] });
    if (values.length > most) boxes.push({ ...group, values: values.slice(most), many: true });
  };
  for (const group of view.groups) add(group, group.values.length > MANY && view.open.has(group.key) ? grouped(group.values, OPERATIONS, `${group.key}: `) : []);
  return boxes;
}

function linesBetween(boxes) {
  const place = new Int32Array(D.parents.length).fill(-1), lines = new Map();
  boxes.forEach((box, b) => { for (const u of box.values) place[u] = b; });
  boxes.forEach((box, b) => {
    for (const u of box.values) for (let k = FIRST[u]; k < FIRST[u + 1]; k += 1) {
      const from = place[PARENTS[k]], key = from * boxes.length + b;
      if (from !== b) lines.set(key, (lines.get(key) ?? 0) + 1);
    }
  });
  return [...lines].map(([key, count]) => [Math.floor(key / boxes.length), key % boxes.length, count]);
}

function range(numbers) {
  let low = Infinity, high = -Infinity;
  for (const x of numbers) { if (x < low) low = x; if (x > high) high = x; }
  return low > high ? "–" : low === high ? general(low, 3) : `${general(low, 3)} … ${general(high, 3)}`;
}

const clip = (text, most) => text.length > most ? `${text.slice(0, most - 1)}…` : text;

// The lines of text of a box, and what a screen reader says of it.
function textsOf(box) {
  const [u] = box.values, numbers = box.many ? range(box.values.map(data)) : shown(data(u));
  const told = box.many ? box.values.map(grad).filter((g) => g !== null) : [], gradient = box.many ? range(told) : shown(grad(u));
  const counts = OPERATIONS.names.map((op) => [0, op]);
  for (const w of box.values) counts[OPERATIONS.of[w]][0] += 1;
  const what = counts.filter(([n]) => n).sort((a, b) => b[0] - a[0]).map(([n, op]) => `${n} ${op === "leaf" && n > 1 ? "leaves" : op}`).join(", ");
  const title = box.many ? box.name : (called.get(u) ?? operationOf(u)).replace(`, ${LAYERS.names[LAYERS.of[u]]}`, ""), second = box.many ? `${box.values.length} Values: ${what}` : operationOf(u);
  const less = box.values.reduce((t, w) => t + missing(w), 0);
  return { lines: [title, second, `data ${numbers}`, `grad ${gradient}`], less,
    said: `${title}, ${second}: number ${numbers}, gradient ${gradient}${less ? `; ${less} of what it was made from are not on this page` : ""}` };
}

function openGraph(v, visit) {
  view = { v, visit, open: new Map() };
  view.groups = grouped(childrenFirst(v), LAYERS, "");
  drawValues();
}

// Show so many Values of a box, or close it and what is within it; the focus goes to what is new.
function toggle(key, most) {
  const within = (other) => other === key || other.startsWith(`${key}: `);
  if (most) view.open.set(key, most); else for (const other of [...view.open.keys()].filter(within)) view.open.delete(other);
  drawValues();
  const boxes = [...$("value-graph").querySelectorAll(".box[tabindex]")].filter((box) => within(box.dataset.key));
  boxes[Math.min(Math.max(most - MANY, 0), boxes.length - 1)]?.focus();
}

function drawValues() {
  const boxes = boxesNow(), lines = linesBetween(boxes), columns = columnsOf(boxes, lines), high = 4 * ROW + 12;
  const tall = (column) => column.reduce((t, e) => t + (e.box === undefined ? 0 : high), 0) + DOWN * (column.length - 1);
  const wide = 2 * AROUND + columns.length * (BOX + ACROSS) - ACROSS, height = 2 * AROUND + Math.max(...columns.map(tall));
  const spots = boxes.map(() => null), ways = boxes.map(() => []);
  columns.forEach((column, c) => {
    let top = (height - tall(column)) / 2;
    for (const entry of column) {
      const spot = [AROUND + c * (BOX + ACROSS), top];
      if (entry.box === undefined) ways[entry.way].push(spot); else { spots[entry.box] = spot; top += high; }
      top += DOWN;
    }
  });
  const curve = (x, y, a, b) => { const bend = Math.max((a - x) / 2, 16); return `C${x + bend} ${y} ${a - bend} ${b} ${a} ${b}`; };
  const arrows = lines.map(([from, to, count]) => {
    let [x, y] = [spots[from][0] + BOX, spots[from][1] + high / 2], d = `M${x} ${y}`;
    const [right, below] = [spots[to][0], spots[to][1] + high / 2];
    for (const [left, top] of ways[from]) if (left < right) { d += `${curve(x, y, left, top)}H${left + BOX}`; [x, y] = [left + BOX, top]; }
    return make("path", { class: "arrow", d: d + curve(x, y, right, below), "stroke-width": count > 1 ? 2.5 : 1 });
  });
  const shapes = boxes.map((box, b) => {
    const { lines: texts, said, less } = textsOf(box), [u] = box.values, me = u === view.v;
    const press = box.many ? () => toggle(box.key, (view.open.get(box.key) ?? 0) + MANY) : () => view.visit(u);
    const kind = me ? "out" : box.many ? "many" : D.parents[u].length ? "one" : "leaf";
    return make("g", { class: `box ${kind}${less ? " cut" : ""}`, transform: `translate(${spots[b]})`, "data-key": box.key, "data-group": box.many ? box.name : null, "data-v": box.many ? null : u,
      role: me ? "img" : "button", tabindex: me ? null : 0, "aria-expanded": box.many ? "false" : null, "aria-label": said, on: me ? {} : pressed(press) },
    make("title", {}, said), make("rect", { width: BOX, height: high, rx: 4 }),
    ...texts.map((text, k) => make("text", { class: k ? null : "op", x: 7, y: 16 + ROW * k }, clip(text, k ? 25 : 22))));
  });
  const opened = [...view.open.keys()].map((key) => make("button", { class: "plain", type: "button", "data-close": key, on: { click: () => toggle(key, 0) } }, `close ${key.replace(/(^|: )\d+ /g, "$1")}`));
  const count = view.groups.reduce((t, group) => t + group.values.length, 0);
  fill("value-graph",
    make("p", {}, count > 1 ? `${count - 1} Value${count > 2 ? "s are" : " is"} behind it. A box with a thick frame holds many: open it to see them one by one.` : "Nothing is behind it."),
    opened.length ? make("p", { class: "controls" }, ...opened) : null,
    make("div", { class: "scroll drawn" }, make("svg", { viewBox: `0 0 ${wide} ${height}`, width: wide, height, role: "group", "aria-label": "autograd graph, from what it was made from on the left to itself on the right" }, ...arrows, ...shapes)));
}
