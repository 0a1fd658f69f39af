// What the reader can choose, and the beginning.

function choose(change, focus) {
  Object.assign(state, { all: state.all && change.node === undefined }, change);
  const layer = D.layers[state.layer], width = Math.max(1, ...currentPassing().messages.slice(0, 1).map((row) => D.rows[row].length));
  if (state.entry !== "length" && state.entry >= width) state.entry = 0;
  $("node").value = state.node;
  $("layer").value = state.layer;
  $("passing-of").hidden = layer.passings.length < 2;
  fill("passing", ...layer.passings.map((p, k) => make("option", { value: k }, p.name || `step ${k}`)));
  $("passing").value = Math.min(state.passing, layer.passings.length - 1);
  fill("entry", ...Array.from({ length: width }, (_, f) => make("option", { value: f }, `[${f}]`)), make("option", { value: "length" }, "length"));
  $("entry").value = state.entry;
  $("title").textContent = `Node ${label(state.node)}`;
  drawGraph();
  drawChain();
  if (focus) $("graph").querySelector(".chosen")?.focus();
}

function tellEpoch() {
  const epoch = M.epoch === null ? "" : `epoch ${M.epoch}`;
  $("epoch").value = state.moment;
  $("epoch").setAttribute("aria-valuetext", `${epoch}, loss ${shown(data(D.loss))}`);
  $("epoch-now").textContent = `${epoch}, loss ${shown(data(D.loss))}`;
  $("about").textContent = `${M.title} · ${D.model} · ${D.graph} · loss ${shown(data(D.loss))}`;
}

function redraw() { choose({}); drawWeight(); tellEpoch(); }

function start() {
  const epochs = D.moments.length;
  $("epoch-of").hidden = epochs < 2;
  $("epoch").max = epochs - 1;
  $("epoch").oninput = () => { state.moment = Number($("epoch").value); M = moment(state.moment); redraw(); };
  $("digits").onchange = () => { state.digits = Number($("digits").value); redraw(); };
  fill("notes", ...D.notes.map((note) => make("li", {}, note)));
  $("graph").setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  drawNodes();
  fill("node", ...D.nodes.map((n) => make("option", { value: n.i }, label(n.i))));
  fill("layer", ...D.layers.map((layer, k) => make("option", { value: k }, `${k}: ${layer.name || layer.module}`)));
  $("node").onchange = () => choose({ node: Number($("node").value) });
  $("layer").onchange = () => choose({ layer: Number($("layer").value), passing: 0 });
  $("passing").onchange = () => choose({ passing: Number($("passing").value) });
  $("entry").onchange = () => choose({ entry: $("entry").value === "length" ? "length" : Number($("entry").value) });
  for (const radio of document.getElementsByName("mode")) radio.onchange = () => choose({ gradients: $("gradients").checked });
  listen("chain");
  weightControls();
  state.gradients = $("gradients").checked;
  redraw();
}

start();
