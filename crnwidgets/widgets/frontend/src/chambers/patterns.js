// What tells species apart for those who do not see their colours: a pattern over each, five in turn as for their lines.

const TILE = 8;
const PATTERNS = [
  () => {},
  (path) => {
    for (const x of [-TILE, 0, TILE]) {
      path.moveTo(x - 1, TILE + 1);
      path.lineTo(x + TILE + 1, -1);
    }
  },
  (path) => {
    for (const [x, y] of [[2, 2], [6, 6]]) {
      path.moveTo(x + 0.6, y);
      path.arc(x, y, 0.6, 0, 2 * Math.PI);
    }
  },
  (path) => {
    path.moveTo(0, TILE / 2);
    path.lineTo(TILE, TILE / 2);
  },
  (path) => {
    for (const x of [-TILE, 0, TILE]) {
      path.moveTo(x - 1, -1);
      path.lineTo(x + TILE + 1, TILE + 1);
    }
  },
];

/** The pattern of the species at this place, to be filled over its colour; null for none. */
export function patternOf(context, index, color) {
  if (index % PATTERNS.length === 0) return null;
  const ratio = globalThis.devicePixelRatio;
  const tile = new OffscreenCanvas(TILE * ratio, TILE * ratio);
  const brush = tile.getContext("2d");
  brush.scale(ratio, ratio);
  const path = new Path2D();
  PATTERNS[index % PATTERNS.length](path);
  Object.assign(brush, { strokeStyle: color, lineWidth: 1.4 });
  brush.stroke(path);
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}
