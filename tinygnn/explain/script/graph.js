// The graph: nodes, and the messages of a layer along the edges.

// ---- colours -----------------------------------------------------------------------------------------------

function tint(cell, x, largest) {
  cell.style.backgroundColor = "";
  if (!state.gradients || !x || !largest || Number.isNaN(x)) return;
  const strength = 0.08 + 0.5 * Math.min(1, Math.abs(x) / largest);
  cell.style.backgroundColor = x > 0 ? `rgba(0,114,178,${strength})` : `rgba(213,94,0,${strength})`;
}

const amount = (v) => state.gradients ? grad(v) : data(v);
const currentEntry = (width) => state.entry === "length" ? 0 : Math.min(state.entry, width - 1);

// What another library says to a message: by how much it differs at most.
function agreement(passing, k) {
  const of = M.agreements[state.layer], at = D.layers[state.layer].passings.indexOf(passing);
  const bounds = of && (state.gradients ? of.gradients[at] : of.messages[at]);
  return bounds ? bounds[k] : null;
}
const CLOSE = -9; // above that power of ten another library does not agree
const bound = (power) => `1e${power < 0 ? "-" : "+"}${Math.abs(power) < 10 ? "0" : ""}${Math.abs(power)}`;
const within = (power) => power === null ? "–" : power === -999 ? "every bit" : power > CLOSE ? `no: ${bound(power)}` : bound(power);
const largestOf = (vs) => Math.max(0, ...vs.map((v) => Math.abs(amount(v) ?? 0)).filter(Number.isFinite));

// ---- the graph ---------------------------------------------------------------------------------------------

const WIDE = 640, HIGH = 470, EDGE = 26;
const spot = new Map(D.nodes.map((n) => [n.i, [EDGE + n.x * (WIDE - 2 * EDGE), EDGE + n.y * (HIGH - 2 * EDGE)]]));

function currentPassing() {
  const passings = D.layers[state.layer].passings;
  return passings[Math.min(state.passing, passings.length - 1)];
}

function strengthOf(row) {
  if (state.entry !== "length") return amount(D.rows[row][Math.min(state.entry, D.rows[row].length - 1)]) ?? 0;
  return Math.hypot(...D.rows[row].map((v) => amount(v) ?? 0));
}

function drawGraph() {
  const passing = currentPassing(), found = [];
  passing.messages.forEach((row, k) => {
    const [from, to] = [passing.sources[k], passing.targets[k]];
    if (from !== to && spot.has(from) && spot.has(to)) found.push([from, to, strengthOf(row)]);
  });
  const largest = Math.max(0, ...found.map(([, , x]) => Math.abs(x)).filter(Number.isFinite));
  const behind = [], front = [];
  for (const [a, b] of D.edges) {
    const [p, q] = [spot.get(D.nodes[a].i), spot.get(D.nodes[b].i)];
    behind.push(make("path", { class: "message layer-edge", d: `M${p}L${q}` }));
  }
  for (const [from, to, x] of found) {
    const [p, q] = [spot.get(from), spot.get(to)], share = largest ? Math.abs(x) / largest : 0;
    const bend = 0.12, mid = [(p[0] + q[0]) / 2 + (q[1] - p[1]) * bend, (p[1] + q[1]) / 2 - (q[0] - p[0]) * bend];
    const mine = to === state.node;
    if (!mine && share < 0.02) continue;
    const title = `message ${label(from)} → ${label(to)}: ${shown(x)}`;
    (mine ? front : behind).push(make("path", {
      class: `message ${x < 0 ? "minus" : "plus"}`, d: `M${p}Q${mid} ${q}`, "stroke-width": (0.7 + 5 * share).toFixed(2),
      "stroke-opacity": mine ? 1 : (0.12 + 0.4 * share).toFixed(2), "data-source": from, "data-target": to,
    }, make("title", {}, title)));
  }
  fill("lines", ...behind, ...front);
  for (const node of $("graph").querySelectorAll(".node")) {
    const chosen = Number(node.dataset.node) === state.node;
    node.classList.toggle("chosen", chosen);
    node.setAttribute("tabindex", chosen ? 0 : -1);
    node.setAttribute("aria-pressed", chosen);
    node.querySelector("circle").setAttribute("r", chosen ? 15 : 12);
  }
  drawKeys(largest);
}

// What stays whichever node is chosen.
function drawNodes() {
  fill("graph", make("g", { id: "lines" }), ...D.nodes.map((n) => {
    const [x, y] = spot.get(n.i), text = label(n.i);
    const kind = n.class === null ? (n.target === null ? "" : `, target ${n.target}`) : `, class ${D.classes[n.class] ?? n.class}`;
    return make("g", {
      class: n.train ? "node train" : "node", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, role: "button", "data-node": n.i,
      "aria-label": `node ${text}${kind}${n.train ? ", in the loss" : ""}`, on: pressed(() => choose({ node: n.i }, true)),
    }, make("circle", { fill: n.class === null ? "#e4e8ec" : CLASS_COLOURS[n.class % CLASS_COLOURS.length] }),
    make("text", { y: 4, class: text.length > 3 ? "long" : null }, text.length > 5 ? `${text.slice(0, 4)}…` : text), make("title", {}, `node ${text}${kind}`));
  }));
  $("graph").onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const k = D.nodes.findIndex((n) => n.i === state.node);
    choose({ node: D.nodes[(k + step + D.nodes.length) % D.nodes.length].i }, true);
  };
}

function drawKeys(largest) {
  const what = state.entry === "length" ? "length of the message row" : `entry ${state.entry} of the message`;
  const line = (kind) => make("svg", { width: 34, height: 10, "aria-hidden": "true" },
    make("path", { class: `message ${kind}`, d: "M0 5H34", "stroke-width": 4 }));
  const classes = [...new Set(D.nodes.map((n) => n.class).filter((c) => c !== null))].sort((a, b) => a - b);
  fill("keys",
    make("li", {}, line("plus"), state.entry === "length" ? " thickness: size" : " above 0"),
    state.entry === "length" ? null : make("li", {}, line("minus"), " below 0"),
    make("li", {}, `thickness: ${state.gradients ? "d loss / d " : ""}${what}, thickest ${shown(largest)}`
      + (state.gradients ? " (loss per unit of it)" : "")),
    ...classes.map((c) => make("li", {}, make("svg", { width: 14, height: 14, "aria-hidden": "true" },
      make("circle", { cx: 7, cy: 7, r: 6, fill: CLASS_COLOURS[c % CLASS_COLOURS.length], stroke: "#1a1a1a" })),
      ` ${D.classes[c] ?? `class ${c}`}`)),
    D.nodes.some((n) => n.train) ? make("li", {}, "thick ring: in the loss") : null);
}
