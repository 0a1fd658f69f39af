// Boxes in columns, as Python's tinygnn.explain.columns: lines run one way and few of them cross.

// boxes: each behind those it has lines to. lines: pairs of [source, target], places among the boxes.
// Returns columns, those furthest from the first box first, of { box } and of { way } where lines of a box pass.
function columnsOf(boxes, lines) {
  const behind = boxes.map(() => []), depth = boxes.map(() => 0), ways = new Map();
  for (const [source, target] of lines) behind[target].push(source);
  behind.forEach((sources, b) => { for (const s of sources) depth[s] = Math.max(depth[s], depth[b] + 1); });
  const entries = boxes.map((_, box) => ({ box, beside: [] }));
  const columns = Array.from({ length: Math.max(...depth) + 1 }, () => []);
  entries.forEach((entry, b) => columns[depth[b]].push(entry));
  const link = (a, b) => { a.beside.push(b); b.beside.push(a); return b; };
  behind.forEach((sources, b) => {
    for (const s of sources) {
      let here = entries[b];
      for (let column = depth[b] + 1; column < depth[s]; column += 1) {
        const key = `${s} ${column}`;
        if (!ways.has(key)) { ways.set(key, { way: s, beside: [] }); columns[column].push(ways.get(key)); }
        here = link(here, ways.get(key));
      }
      link(here, entries[s]);
    }
  });
  const settle = (column) => column.forEach((entry, k) => { entry.height = k - (column.length - 1) / 2; });
  columns.forEach(settle);
  for (let sweep = 0; sweep < 4; sweep += 1) {
    for (const column of sweep % 2 ? [...columns].reverse() : columns) {
      for (const entry of column) entry.mean = entry.beside.reduce((t, e) => t + e.height, 0) / (entry.beside.length || 1);
      column.sort((a, b) => a.mean - b.mean);
      settle(column);
    }
  }
  return columns.reverse();
}
