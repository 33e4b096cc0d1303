// Where the nodes of a network are in its picture, and which of its edges are drawn.

const TALLEST = 36; // pixels from one node to the next in a column, at most;
const DENSE = 20; // where there are less, a layer has several columns
const CLOSEST = 5; // and less than this it never has
const APART = 3; // between two circles
const BAR_ROW = 32; // pixels for each output,
const BAR_LEAST = 17; // where there are many
const HEIGHTS = [170, 340]; // of the nodes
const CAPTION = 26; // pixels beneath them, for words and an axis
const WIDEST = 250; // of the names, bars and numbers of the outputs

/** A round number that is not below a value, and not far above. */
export function niceTop(value) {
  if (!(value > 0)) return 1;
  const decade = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((f) => f * decade >= value * 0.999999);
  return Number((factor * decade).toPrecision(3));
}

/**
 * Places of the nodes in a picture of this width: those of the layers from `first` on, 0 or 1.
 *
 * Returns the `height` of the picture and the `bottom` of the nodes in it; `layers`, for each the `places`, { x, y },
 * of its nodes and their `radius`, undefined for one that is not shown; and `bars`, from where to where the outputs' are.
 */
export function layOut(sizes, first, width) {
  const outputs = sizes.at(-1);
  const [least, most] = HEIGHTS;
  const wanted = Math.max(...sizes.slice(first, -1), 1) * TALLEST;
  const rows = outputs * Math.max(BAR_LEAST, Math.min(BAR_ROW, most / outputs));
  const bottom = Math.max(rows, least, Math.min(most, wanted));
  const shown = sizes.length - 1 - first; // layers that are not outputs
  const section = Math.min(WIDEST, shown ? 0.5 * width : width);
  const left = shown ? width - section : 0;
  const share = left / shown;
  const layers = sizes.map((size, layer) => {
    if (layer < first) return undefined;
    if (layer === sizes.length - 1) {
      return stack(size, 1, TALLEST, left, bottom);
    }
    const room = layer === first ? 0 : 0.22 * share;
    return stack(size, columnsFor(size, bottom, 0.62 * share), 0.62 * share, (layer - first) * share + room, bottom);
  });
  const from = left + 2 * layers.at(-1).radius + 8;
  return { height: bottom + CAPTION, bottom, layers, bars: { left: from, right: left + section } };
}

/** As few columns as so many nodes need. */
function columnsFor(size, height, width) {
  if (size * DENSE <= height) return 1;
  for (let pitch = DENSE; ; pitch--) {
    const columns = Math.ceil(size / Math.floor(height / pitch));
    if (columns * pitch <= width || pitch === CLOSEST) return columns;
  }
}

/** Nodes in columns from `left` on, each column a little lower than the one before. */
function stack(size, columns, width, left, height) {
  const rows = Math.ceil(size / columns);
  const step = Math.min(height / (rows + 1 - 1 / columns), 2.5 * TALLEST);
  const pitch = Math.min(TALLEST, step, width / columns);
  const places = Array.from({ length: size }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const down = row - (rows - 1) / 2 + (column - (columns - 1) / 2) / columns;
    return { x: left + (column + 0.5) * pitch, y: height / 2 + down * step };
  });
  return { places, radius: (pitch - APART) / 2 };
}

/**
 * The strongest edges between layers from `first` on, at most so many, and of how many in `all`; with `chosen`, a layer
 * and a node in it, those of this node alone. An edge's `strength` is that of its layer's strongest, with its sign.
 */
export function strongest(sizes, weights, first, most, chosen = null) {
  const edges = [];
  for (let layer = first + 1; layer < sizes.length; layer++) {
    const values = weights[layer - 1];
    const columns = sizes[layer - 1];
    let largest = 0;
    for (const value of values) largest = Math.max(largest, Math.abs(value));
    const add = (i, j) => {
      const weight = values[i * columns + j];
      if (weight) edges.push({ layer, i, j, weight, strength: weight / largest });
    };
    if (!chosen) {
      for (let i = 0; i < sizes[layer]; i++) for (let j = 0; j < columns; j++) add(i, j);
    } else if (chosen.layer === layer) {
      for (let j = 0; j < columns; j++) add(chosen.node, j);
    } else if (chosen.layer === layer - 1) {
      for (let i = 0; i < sizes[layer]; i++) add(i, chosen.node);
    }
  }
  const all = edges.length;
  edges.sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength));
  return { edges: edges.slice(0, most), all };
}
