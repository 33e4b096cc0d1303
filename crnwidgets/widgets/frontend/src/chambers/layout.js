// Where chambers are drawn.

const HIGHEST = 340; // CSS pixels
const EDGE = 16; // around the discs, with room for their numbers
const SHARE = 0.37; // of the way from a chamber to the nearest one, for its disc
const [SMALLEST, LARGEST] = [3, 54];

/**
 * Places for chambers at `positions` in the unit square: `{ radius, height, places }` in CSS pixels, in a picture of this
 * width.
 */
export function layout(positions, width) {
  const [left, right, top, bottom] = [0, 0, 1, 1].map((axis, i) =>
    Math[i % 2 ? "max" : "min"](...positions.map((position) => position[axis])),
  );
  const apart = nearest(positions);
  const room = (most, extent) => (most - 2 * EDGE) / (extent + 2 * SHARE * apart);
  const scale = Math.min(room(width, right - left), room(HIGHEST, bottom - top), LARGEST / (SHARE * apart));
  const radius = Math.max(SMALLEST, SHARE * apart * scale); // of very many, the discs overlap
  const height = Math.round((bottom - top) * scale + 2 * radius + 2 * EDGE);
  const places = positions.map(([x, y]) => [
    width / 2 + (x - (left + right) / 2) * scale,
    height / 2 + (y - (top + bottom) / 2) * scale,
  ]);
  return { radius, height, places };
}

/** The smallest distance of two positions; that of a lone one is 1. */
function nearest(positions) {
  const places = [...positions].sort(([a], [b]) => a - b);
  let best = 1;
  places.forEach(([x, y], i) => {
    for (let j = i + 1; j < places.length && places[j][0] - x < best; j++) {
      best = Math.min(best, Math.hypot(places[j][0] - x, places[j][1] - y));
    }
  });
  return best;
}

/** How high a disc is filled, as a share of its diameter, where this share of its area is. */
export function heightOf(area) {
  if (area <= 0) return 0;
  if (area >= 1) return 1;
  let [low, high] = [0, 1];
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    const angle = 2 * Math.acos(1 - 2 * middle);
    if ((angle - Math.sin(angle)) / (2 * Math.PI) < area) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
