// A number: how it was made, what it was made from and what was made from it.

const MOST_LISTED = 60; // numbers that a table lists; all of them are in the graph

function openValue(v, trail) {
  const parents = D.parents[v], g = grad(v), how = expressionOf(v);
  fill("trail", ...trail.slice(-6).flatMap((u, k, all) => [make("button", { class: "n", type: "button", on: { click: () => openValue(u, trail.slice(0, trail.length - all.length + k)) } }, nameOf(u)), " › "]));
  for (const button of $("trail").querySelectorAll("button")) button.style.width = "auto";
  $("value-title").textContent = nameOf(v);
  $("value-how").textContent = how === null ? "" : ` = ${worked(how, data(v))}`;
  $("value-data").textContent = shown(data(v));
  $("value-grad").textContent = g === null ? "none: it is a constant" : shown(g);
  const rows = parents.slice(0, MOST_LISTED).map((p, k) => {
    const slope = partial(v, k);
    return make("tr", {}, make("th", { scope: "row" }, p < 0 ? "not on this page" : make("button", { class: "n", type: "button", "data-v": p, on: { click: () => openValue(p, [...trail, v]) } }, nameOf(p))),
      ...[p < 0 ? NaN : data(p), slope, g === null ? NaN : slope * g].map((x, c) => make("td", {}, p < 0 && c === 0 ? "–" : shown(x))));
  });
  fill("value-parents", parents.length
    ? make("div", { class: "scroll" }, make("table", {},
      make("caption", {}, `${spoken(v)} of ${parents.length} number${parents.length > 1 ? "s" : ""}${parents.length > MOST_LISTED ? `, of which the first ${MOST_LISTED}` : ""}`),
      make("thead", {}, make("tr", {}, ...["made from", "number", "slope d this / d it", "adds slope · gradient to its gradient"].map((t) => make("th", { scope: "col" }, t)))),
      make("tbody", {}, ...rows)))
    : make("p", {}, D.parameters[v] !== undefined ? "A parameter: it was made by nobody, training changes it." : "It was made by nobody: an input or a constant."));
  drawUses(v, g, trail);
  openGraph(v, (u) => openValue(u, [...trail, v]));
  if (!$("autograd").open) $("autograd").showModal();
  $("autograd").scrollTop = 0;
  $("value-graph").querySelector(".drawn").scrollLeft = 1e6; // to the number itself
}

// Where a number's gradient comes from: the Values that were made from it.
function drawUses(v, g, trail) {
  if (g === null || v === D.loss) { fill("value-uses", v === D.loss ? make("p", {}, "d loss / d loss is 1: from here on all gradients are handed back.") : null); return; }
  const rows = uses[v].map(([u, k]) => [u, partial(u, k), grad(u) ?? 0]), rest = rows.slice(MOST_LISTED);
  const told = rows.reduce((t, [, slope, back]) => t + slope * back, 0);
  const last = (text, x) => make("tr", {}, make("th", { scope: "row" }, text), make("td"), make("td"), make("td", {}, shown(x)));
  const body = rows.slice(0, MOST_LISTED).map(([u, slope, back]) => make("tr", {}, make("th", { scope: "row" },
    make("button", { class: "n", type: "button", "data-v": u, on: { click: () => openValue(u, [...trail, v]) } }, nameOf(u))),
  ...[slope, back, slope * back].map((x) => make("td", {}, shown(x)))));
  if (rest.length) body.push(last(`${rest.length} more`, rest.reduce((t, [, slope, back]) => t + slope * back, 0)));
  if (Math.abs(g - told) > 1e-9 * rows.reduce((t, [, a, b]) => t + Math.abs(a * b), Math.abs(g))) body.push(last("Values that are not on this page", g - told));
  body.push(make("tr", { class: "sum" }, make("th", { scope: "row" }, "its gradient"), make("td"), make("td"), make("td", {}, shown(g))));
  fill("value-uses", make("div", { class: "scroll" }, make("table", {}, make("caption", {}, "Its gradient: what each Value made from it hands back"),
    make("thead", {}, make("tr", {}, ...["goes into", "slope d that / d this", "d loss / d that", "product"].map((t) => make("th", { scope: "col" }, t)))), make("tbody", {}, ...body))));
}
