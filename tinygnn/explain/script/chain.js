// The chain of one node: from what comes in to what goes out, or to the loss.

function cell(v, largest) {
  const x = amount(v);
  const td = make("td", {}, opens(v, shown(x)));
  tint(td, x, largest);
  return td;
}

// A number that opens its autograd graph: the sections listen for all of theirs.
function opens(v, text) {
  const button = document.createElement("button");
  button.className = "n";
  button.type = "button";
  button.dataset.v = v;
  button.textContent = text;
  return button;
}

function listen(id) {
  $(id).addEventListener("click", (event) => {
    const button = event.target.closest("button[data-v]");
    if (button) openValue(Number(button.dataset.v), []);
  });
  $(id).addEventListener("pointerover", (event) => {
    const button = event.target.closest("button[data-v]");
    if (button && !button.title) button.title = nameOf(Number(button.dataset.v));
  });
}

// extra: what stands before the numbers of each row, under a title of its own.
// Of many rows and columns the first are shown until a button is pressed, and the column that is worked out.
const MOST_ROWS = 16, MOST_COLUMNS = 8;
function table(part, caption, width, rows, extra = null) {
  const hidden = state.all ? [] : rows.slice(MOST_ROWS);
  if (hidden.length > 1) rows = rows.slice(0, MOST_ROWS);
  const largest = largestOf(rows.flatMap(([, row]) => row)), f = currentEntry(width);
  const columns = Array.from({ length: width }, (_, c) => c).filter((c) => state.all || width <= MOST_COLUMNS + 1 || c < MOST_COLUMNS || c === f);
  const head = make("tr", {}, make("th", { scope: "col" }, "entry"), extra && make("th", { scope: "col" }, extra),
    ...columns.map((c) => make("th", { scope: "col", class: c === f ? "focus" : null }, `[${c}]`)));
  const body = rows.map(([title, row, attributes, more]) => make("tr", attributes ?? {},
    make("th", { scope: "row" }, ...[title].flat()), extra && make("td", { class: "pyg" }, more ?? ""),
    ...columns.map((c) => { const td = cell(row[c], largest); if (c === f) td.classList.add("focus"); return td; })));
  const found = make("table", { "data-part": part }, make("caption", {}, make("span", {}, caption)), make("thead", {}, head), make("tbody", {}, ...body));
  const more = [hidden.length > 1 && `${hidden.length} more rows`, columns.length < width && `${width - columns.length} more columns`].filter(Boolean).join(" and ");
  if (more) found.tBodies[0].append(make("tr", {}, make("th", { scope: "row" },
    make("button", { class: "plain", type: "button", "data-all": part, on: { click: () => choose({ all: true }) } }, `show ${more}`))));
  found.style.width = `calc(var(--first) + ${6.8 * (columns.length + (extra ? 1 : 0))}rem)`; // so that columns of all tables stand one below the other
  return found;
}

// What a number was made of that has no name of its own, in the order in which it was made.
const MOST_LINES = 40;
function unnamed(v) {
  const found = new Set();
  const visit = [...D.parents[v]].reverse();
  while (visit.length) {
    const p = visit.pop();
    if (p < 0 || found.has(p) || called.has(p) || !D.parents[p].length) continue;
    found.add(p);
    visit.push(...D.parents[p]);
  }
  return [...found].sort((a, b) => depth(a) - depth(b) || a - b);
}

const depths = new Map();
function depth(v) { // the longest way from a leaf; the page has some hundred Values behind a number at most
  const stack = [v];
  while (stack.length) {
    const u = stack.at(-1), open = depths.has(u) ? [] : D.parents[u].filter((p) => p >= 0 && !depths.has(p));
    if (open.length) { stack.push(...open); continue; }
    stack.pop();
    if (!depths.has(u)) depths.set(u, D.parents[u].reduce((most, p) => p < 0 ? most : Math.max(most, depths.get(p) + 1), 0));
  }
  return depths.get(v);
}

// Each number after what it was made of, as far as that stands nowhere else.
function made(values, names) {
  const seen = new Set(), lines = [];
  values.forEach((v, k) => {
    const before = state.gradients ? uses[v].slice(0, 4).map(([u, slot]) => slopeLine(u, slot)).filter((li) => li !== null) : [];
    for (const u of unnamed(v)) if (!seen.has(u)) { seen.add(u); lines.push(() => line(u)); }
    lines.push(...before.map((li) => () => li), () => line(v, names[k], v === D.loss ? "loss" : null));
  });
  const more = lines.length - MOST_LINES;
  const kept = more > 1 ? [...lines.slice(0, MOST_LINES - values.length), () => make("li", {}, `and ${more} more`), ...lines.slice(more - values.length + MOST_LINES)] : lines;
  return kept.map((write) => write());
}

// The chosen entry of some rows, worked out.
function work(part, rows, names, before = []) {
  const kept = rows.map((row, k) => [row, names[k]]).filter(([row]) => row.length);
  const most = state.all ? kept.length : MOST_ROWS;
  const lines = made(kept.slice(0, most).map(([row]) => row[currentEntry(row.length)]), kept.slice(0, most).map(([row, text]) => `${text} [${currentEntry(row.length)}]`));
  return make("details", { open: true, class: "work", "data-work": part },
    make("summary", {}, state.gradients ? "worked out, back from what each goes into" : "worked out"), make("ul", { class: "lines" }, ...before, ...lines));
}

// The rows that come in; of those with many zeros the other entries alone.
function comingIn(layer, sources, caption) {
  if (sources.every((j) => typeof layer.given[j] === "number")) {
    const width = D.rows[layer.given[sources[0]]].length;
    return [table("given", caption, width, sources.map((j) => [`x of ${label(j)}`, D.rows[layer.given[j]], { "data-source": j }]))];
  }
  const lines = sources.map((j) => {
    const given = layer.given[j];
    const pairs = typeof given === "number" ? D.rows[given].map((v, f) => [f, v]) : given.slice(0, -1);
    const more = typeof given === "number" ? 0 : given.at(-1)[0] - pairs.length;
    return make("li", {}, `x of ${label(j)}: ${pairs.map(([f, v]) => `[${f}] = ${shown(amount(v) ?? data(v))}`).join(", ") || "0"}`
      + (more ? `, and ${more} more` : ""));
  });
  return [make("p", { class: "caption" }, `${caption}; entries that are not 0`), make("ul", { class: "lines" }, ...lines)];
}

function untouched(layer) {
  const rows = [layer.output[state.node], ...layer.passings.map((p) => p.outputs[state.node])].filter((row) => row !== undefined);
  return rows.length > 0 && rows.every((row) => D.rows[row].every((v) => !grad(v)));
}

// "w / √(d_j d_i)" with the numbers of a message; "" where they say no more than the coefficient does.
function why(passing, k) {
  const at = (n) => data(passing.numbers[n][k]);
  if (!Object.keys(passing.numbers).length) return "";
  if (passing.formula.includes("score")) {
    const others = passing.targets.flatMap((t, e) => t === passing.targets[k] ? [e] : []);
    const e = softmaxOf(others.map((o) => data(passing.numbers.score[o])), others.indexOf(k));
    return passing.formula.startsWith("dropout") || passing.more[passing.targets[k]] ? "" : worked(e, data(passing.coefficients[k]));
  }
  if (passing.numbers.d_j && at("d_j") * at("d_i") === 0) return ""; // what is divided by a degree of 0 counts as 0
  const text = passing.formula.replace("d_j d_i", "d_j·d_i").replace(/d_j|d_i|\bw\b|\bn\b|\bs\b/g, (n) => passing.numbers[n] ? shown(at(n)) : n);
  return text === passing.formula || text === shown(data(passing.coefficients[k])) ? "" : text;
}

const SHORT = 20; // letters that have room before a coefficient

function coefficients(passing, mine) {
  const lines = state.gradients ? [] : mine.filter((k) => why(passing, k)).map((k) =>
    make("li", {}, `coefficient ${label(passing.sources[k])} → ${label(passing.targets[k])} = ${why(passing, k)} = `, make("strong", {}, shown(data(passing.coefficients[k])))));
  const told = Object.values(passing.numbers).flatMap((vs) => mine.map((k) => vs[k])).filter((v) => !isConstant(v));
  const learned = state.gradients ? mine.map((k) => passing.coefficients[k]).filter((v) => !isConstant(v)) : [];
  const values = [...new Set([...told, ...learned])];
  return [...made(values, values.map(nameOf)), ...lines];
}

function drawChain() {
  const layer = D.layers[state.layer], parts = [], me = label(state.node), beside = M.agreements[state.layer];
  let last = null, step = 0, told = false;
  const title = (text) => `${++step}. ${text}`;
  for (const passing of layer.passings) {
    const of = passing.name ? ` (${passing.name})` : "";
    const mine = passing.targets.map((target, k) => target === state.node ? k : -1).filter((k) => k >= 0);
    if (!mine.length) parts.push(make("p", {}, `Node ${me} hears from nobody${of}.`));
    const row = (k) => D.rows[k];
    if (mine.length && !told) {
      const sources = [...new Set(mine.map((k) => passing.sources[k]))].filter((j) => layer.given[j] !== undefined);
      told = true;
      if (sources.length) parts.push(...comingIn(layer, sources, title("What comes in: the row x_j of each neighbour")));
    }
    if (mine.length) {
      const width = row(passing.sent[mine[0]]).length, from = mine.map((k) => label(passing.sources[k]));
      const made = passing.made ? `, ${passing.made}` : ", made of x_j and weights";
      parts.push(table("sent", title(`What is sent: the row of each neighbour${of}${made}`), width, mine.map((k, n) =>
        [`row of ${from[n]}`, row(passing.sent[k]), { "data-source": passing.sources[k] }])));
      parts.push(work("sent", mine.map((k) => row(passing.sent[k])), from.map((j) => `row of ${j}`)));
      const how = passing.aggr === "sum" ? `Messages: coefficient times row${of}` : `Messages${of}`;
      const compared = beside && !beside.reason ? `${beside.library} agrees to` : null;
      parts.push(table("messages", title(`${how}${passing.formula ? `, coefficient = ${passing.formula}` : ""}`), width, mine.map((k, n) => {
        const c = passing.coefficients[k];
        const times = opens(c, shown(data(c)));
        times.classList.add("inline");
        const how = why(passing, k);
        return [[how && how.length <= SHORT ? `${how} = ` : "", times, ` · row of ${from[n]}`], row(passing.messages[k]), { "data-source": passing.sources[k] }, within(agreement(passing, k))];
      }), compared));
      parts.push(work("messages", mine.map((k) => row(passing.messages[k])), from.map((j) => `message ${j} → ${me}`), coefficients(passing, state.all ? mine : mine.slice(0, MOST_ROWS))));
      const [count, rest] = passing.more[state.node] ?? [0, null];
      if (count) parts.push(make("p", {}, `and ${count} more messages${rest === null ? "." : ", which add up to"}`));
      if (count && rest !== null && !state.gradients) parts.push(table("more", "", width, [["the others", row(rest)]]));
    }
    const sums = [];
    const aggregate = passing.aggregates[state.node], output = passing.outputs[state.node];
    if (aggregate !== undefined) sums.push([`${passing.aggr} of the messages`, row(aggregate), { class: "sum" }]);
    if (passing.terms.length && output !== undefined) {
      for (const [term, rows] of passing.terms) sums.push([term === "own" ? `+ what node ${me} adds of its own` : `+ ${term}`, row(rows[state.node])]);
      sums.push(["= total", row(output), { class: "sum" }]);
    }
    if (sums.length) {
      parts.push(table("sum", title(`All messages together${of}`), sums[0][1].length, sums));
      parts.push(work("sum", sums.map(([, numbers]) => numbers), sums.map(([text]) => text.replace(/^[+=] /, ""))));
      last = sums.at(-1)[1];
    }
  }
  const one = (part, caption, text, row) => {
    parts.push(table(part, title(caption), row.length, [[text, row]]), work(part, [row], [text]));
    last = row;
  };
  for (const part of layer.inside) if (part.rows[state.node] !== undefined) one("inside", `${part.name}: ${part.module}`, "gives", D.rows[part.rows[state.node]]);
  const out = layer.output[state.node] === undefined ? null : D.rows[layer.output[state.node]];
  if (out && !(last && out.length === last.length && out.every((v, f) => v === last[f]))) one("output", "What comes out of the layer", "output", out);
  for (const part of layer.after) if (part.rows[state.node] !== undefined) one("after", `${part.name}: ${part.module}`, "gives", D.rows[part.rows[state.node]]);
  for (const part of layer.graphs) {
    const rows = part.rows.map((row) => D.rows[row]), names = rows.map((_, i) => rows.length > 1 ? `graph ${i}` : "the graph");
    parts.push(table("graphs", title(`${part.name}: ${part.module}, of all nodes`), rows[0].length, rows.map((row, i) => [names[i], row])), work("graphs", rows, names));
  }
  if (state.layer === D.layers.length - 1) parts.push(...drawLoss(title));
  if (beside) parts.push(make("p", { id: "beside" }, beside.reason ? `${beside.library} is not beside it: ${beside.reason}` : beside.outputs > CLOSE
      ? `${beside.library} gives another output of this layer: up to ${bound(beside.outputs)} away. The layer's docstring says where they differ on purpose.`
      : `${beside.library} agrees: its output of this layer is the same ${beside.outputs === -999 ? "to the last bit" : `to ${bound(beside.outputs)}`}.`));
  if (D.ops.some(([op]) => op === "gelu")) parts.push(make("p", { class: "soft" }, "Φ(x) = (1 + erf(x / √2)) / 2 is the normal distribution's, φ(x) = exp(-x²/2) / √(2π) its density."));
  $("chain-title").textContent = `Node ${me} in layer ${state.layer}: ${layer.name ? `${layer.name} = ` : ""}${layer.module}`;
  $("what").textContent = state.gradients
    ? "Each number is d loss / d (the number that stands there): how much the loss grows per unit of it. "
      + (untouched(layer) ? `Node ${me} does not reach the loss through this layer: its gradients are 0.` : "Click one to see more.")
    : "Each number follows from those above it. Click one to see how it was made.";
  fill("chain", ...parts);
}

// From the outputs to the loss: what lies between them, and the loss itself.
function drawLoss(title) {
  return [make("p", { class: "caption" }, title("The loss, of the outputs of all nodes that are in it")),
    make("ul", { class: "lines", id: "loss" }, ...made([D.loss], ["loss"]))];
}
