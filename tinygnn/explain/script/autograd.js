// The autograd graph of a number: what it was made from, what was made from it, layer by layer.

function ancestors(v) {
  const seen = new Set([v]), order = [v];
  for (const u of order) for (const p of D.parents[u]) if (p >= 0 && !seen.has(p)) { seen.add(p); order.push(p); }
  return order;
}

const groupOf = (v) => D.parameters[v] !== undefined ? "parameters" : D.group[v] >= 0 ? D.groups[D.group[v]] : "inputs and constants";

function openValue(v, trail) {
  const op = opOf(v), parents = D.parents[v], g = grad(v), behind = ancestors(v), how = expressionOf(v);
  fill("trail", ...trail.slice(-6).flatMap((u, k, all) => [make("button", { class: "n", type: "button", on: { click: () => openValue(u, trail.slice(0, trail.length - all.length + k)) } }, nameOf(u)), " › "]));
  for (const button of $("trail").querySelectorAll("button")) button.style.width = "auto";
  $("value-title").textContent = nameOf(v);
  $("value-how").textContent = how === null ? "" : ` = ${worked(how, data(v))}`;
  $("value-data").textContent = shown(data(v));
  $("value-grad").textContent = g === null ? "none: it is a constant" : shown(g);
  const rows = parents.slice(0, 200).map((p, k) => {
    const slope = partial(v, k);
    return make("tr", {}, make("th", { scope: "row" }, p < 0 ? "not on this page" : make("button", { class: "n", type: "button", "data-v": p, on: { click: () => openValue(p, [...trail, v]) } }, nameOf(p))),
      ...[p < 0 ? NaN : data(p), slope, g === null ? NaN : slope * g].map((x, c) => make("td", {}, p < 0 && c === 0 ? "–" : shown(x))));
  });
  fill("value-parents", parents.length
    ? make("div", { class: "scroll" }, make("table", {},
      make("caption", {}, `${(op || "").replaceAll("_", " ")} of ${parents.length} number${parents.length > 1 ? "s" : ""}${parents.length > 200 ? ", of which the first 200" : ""}`),
      make("thead", {}, make("tr", {}, ...["made from", "number", "slope d this / d it", "adds slope · gradient to its gradient"].map((t) => make("th", { scope: "col" }, t)))),
      make("tbody", {}, ...rows)))
    : make("p", {}, D.parameters[v] !== undefined ? "A parameter: it was made by nobody, training changes it." : "It was made by nobody: an input or a constant."));
  drawUses(v, g, trail);
  drawLayers(v, behind, trail);
  if (!$("autograd").open) $("autograd").showModal();
}

// Where a number's gradient comes from: the Values that were made from it.
function drawUses(v, g, trail) {
  if (g === null || v === D.loss) { fill("value-uses", v === D.loss ? make("p", {}, "d loss / d loss is 1: from here on all gradients are handed back.") : null); return; }
  const rows = uses[v].slice(0, 200).map(([u, k]) => [u, partial(u, k), grad(u) ?? 0]);
  const told = rows.reduce((t, [, slope, back]) => t + slope * back, 0);
  const body = rows.map(([u, slope, back]) => make("tr", {}, make("th", { scope: "row" },
    make("button", { class: "n", type: "button", "data-v": u, on: { click: () => openValue(u, [...trail, v]) } }, nameOf(u))),
  ...[slope, back, slope * back].map((x) => make("td", {}, shown(x)))));
  if (Math.abs(g - told) > 1e-9 * rows.reduce((t, [, a, b]) => t + Math.abs(a * b), Math.abs(g))) body.push(make("tr", {}, make("th", { scope: "row" }, "Values that are not on this page"), make("td"), make("td"), make("td", {}, shown(g - told))));
  body.push(make("tr", { class: "sum" }, make("th", { scope: "row" }, "its gradient"), make("td"), make("td"), make("td", {}, shown(g))));
  fill("value-uses", make("div", { class: "scroll" }, make("table", {}, make("caption", {}, "Its gradient: what each Value made from it hands back"),
    make("thead", {}, make("tr", {}, ...["goes into", "slope d that / d this", "d loss / d that", "product"].map((t) => make("th", { scope: "col" }, t)))), make("tbody", {}, ...body))));
}

function drawLayers(v, behind, trail) {
  const members = new Map();
  for (const u of behind) { const name = groupOf(u); if (!members.has(name)) members.set(name, []); members.get(name).push(u); }
  const order = ["inputs and constants", "parameters", ...D.groups].filter((name) => members.has(name));
  const links = new Set();
  for (const u of behind) for (const p of D.parents[u]) if (p >= 0 && groupOf(p) !== groupOf(u)) links.add(`${groupOf(p)}\n${groupOf(u)}`);
  const w = 150, h = 46, across = 36, wide = order.length * (w + across) - across + 20;
  const x = (name) => 10 + order.indexOf(name) * (w + across), top = 46;
  const arrows = [...links].map((link) => {
    const [from, to] = link.split("\n"), a = x(from) + w, b = x(to), far = order.indexOf(to) - order.indexOf(from);
    const lift = far > 1 ? 18 + 6 * far : 0;
    return make("path", { class: "arrow", "marker-end": "url(#tip)", d: far > 1 ? `M${a - w / 2} ${top}C${a} ${top - lift} ${b} ${top - lift} ${b + w / 3} ${top}` : `M${a} ${top + h / 2}H${b - 2}` });
  });
  const boxes = order.map((name) => {
    const count = members.get(name).length, text = name.length > 20 ? `${name.slice(0, 19)}…` : name;
    const box = make("g", { class: "box", tabindex: 0, role: "button", "aria-expanded": false, "data-group": name, transform: `translate(${x(name)} ${top})`,
      "aria-label": `${name}: ${count} Values`, on: pressed(() => {
        for (const other of $("value-layers").querySelectorAll(".box")) { other.classList.toggle("open", other === box); other.setAttribute("aria-expanded", other === box); }
        listValues(name, members.get(name), v, trail);
      }) }, make("rect", { width: w, height: h, rx: 5 }), make("text", { x: w / 2, y: 19 }, text), make("text", { x: w / 2, y: 36 }, `${count} Value${count > 1 ? "s" : ""}`));
    return box;
  });
  const tip = make("defs", {}, make("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" }, make("path", { class: "tip", d: "M0 0L8 4L0 8z" })));
  fill("value-layers", make("p", {}, `${behind.length - 1} Values are behind it, layer by layer; open a box to see them one by one.`),
    make("svg", { class: "layers", viewBox: `0 0 ${wide} ${top + h + 10}`, role: "group", "aria-label": "autograd graph by layer" }, tip, ...arrows, ...boxes));
  $("value-layers").querySelector("svg").style.maxWidth = `${wide}px`;
  fill("value-list");
}

function listValues(name, values, v, trail) {
  const most = 300;
  fill("value-list", make("h3", {}, `${name}: ${values.length > most ? `the ${most} closest of ${values.length}` : values.length} Values`),
    make("div", { class: "values" }, make("table", {}, make("thead", {}, make("tr", {}, ...["Value", "operation", "number", "gradient"].map((t) => make("th", { scope: "col" }, t)))),
      make("tbody", {}, ...values.slice(0, most).map((u) => make("tr", {},
        make("th", { scope: "row" }, make("button", { class: "n", type: "button", "data-v": u, on: { click: () => openValue(u, u === v ? trail : [...trail, v]) } }, nameOf(u))),
        make("th", {}, (opOf(u) || "leaf").replaceAll("_", " ")), make("td", {}, shown(data(u))), make("td", {}, shown(grad(u)))))))));
}
