// How a hand changes a curve that is given at evenly spaced places.

const POINTS = 21; // that can be dragged; more would leave no room between them for a pen

/** The places in a curve of so many values of the points that can be dragged. */
export function knots(length) {
  const count = Math.min(POINTS, length);
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / (count - 1)));
}

/** The curve after a straight stroke of a pen; places in it are fractions of its grid. */
export function paint(values, from, to) {
  const painted = values.slice();
  const [left, right] = from.x <= to.x ? [from, to] : [to, from];
  for (let i = Math.ceil(left.x); i <= Math.floor(right.x); i++) {
    painted[i] = right.x > left.x ? left.y + ((right.y - left.y) * (i - left.x)) / (right.x - left.x) : to.y;
  }
  // However short the stroke, it leaves something where it ends.
  painted[Math.round(to.x)] = to.y;
  return painted;
}

/** The curve moved at `places[…] === at` to a value; what lies between the places beside it goes along, less and less. */
export function hat(values, places, at, value) {
  const moved = values.slice();
  const index = places.indexOf(at);
  const before = places[index - 1] ?? at;
  const after = places[index + 1] ?? at;
  for (let i = before; i <= after; i++) {
    const share = i <= at ? (i === at ? 1 : (i - before) / (at - before)) : (after - i) / (after - at);
    moved[i] = Math.max(0, values[i] + share * (value - values[at]));
  }
  return moved;
}
