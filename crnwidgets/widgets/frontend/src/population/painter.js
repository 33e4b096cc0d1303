// The pictures of all networks on two canvases: targets, which stay, beneath what changes. Each is in its cell of a grid,
// and only the cells that changed are painted again.
import { farthest } from "./curves.js";
import { LEVEL_COLORS } from "./scale.js";

/** Between two cells, in CSS pixels, as the style sheet has it. */
export const GAP = 4;
/** What moves by less of a CSS pixel need not move. */
export const VISIBLE = 0.25;

const TEXT = 15; // the height of the line of words
const FONT = "11px system-ui, sans-serif";
const WIDEST = 260;
const PREFERRED = 104;

/**
 * A grid of cells, in CSS pixels, for so many pictures in this width: as few empty places as can be, in cells that are
 * neither tiny nor huge.
 */
export function layOut(width, count) {
  const inOne = Math.max(1, Math.floor((width + GAP) / (PREFERRED * 0.75 + GAP)));
  let columns = Math.min(count, inOne);
  const empty = (n) => Math.ceil(count / n) * n - count;
  for (let n = columns; n >= Math.max(1, Math.floor(inOne * 0.6)); n--) if (empty(n) < empty(columns)) columns = n;
  const cell = Math.min(WIDEST, (width - GAP * (columns - 1)) / columns);
  const rows = Math.ceil(count / columns);
  const height = Math.round(TEXT + Math.max(34, 0.45 * cell));
  return { columns, rows, width: cell, height, canvas: { width, height: rows * (height + GAP) - GAP } };
}

/** Paints cells of a `layOut` onto two canvases, one over the other. */
export class Painter {
  #canvases;
  #context;
  #grid;
  #scale;
  #look;
  #painted = [];

  constructor(lower, upper) {
    this.#canvases = [lower, upper];
    this.#context = upper.getContext("2d");
  }

  /**
   * Start anew: with a grid of `count` cells, a scale (`top` concentration, `end` time, `times` of the curves, a `target`
   * of values evenly spaced from 0 to `until`, or null), the colours of the `curves` and the theme's `text`, `muted`,
   * `area`.
   */
  prepare(grid, count, scale, look) {
    const ratio = globalThis.devicePixelRatio;
    this.#grid = grid;
    this.#scale = scale;
    this.#look = look;
    this.#painted = [];
    const contexts = this.#canvases.map((canvas) => canvas.getContext("2d"));
    for (const { canvas } of contexts) {
      canvas.width = Math.ceil(grid.canvas.width * ratio);
      canvas.height = Math.ceil(grid.canvas.height * ratio);
      for (const side of ["width", "height"]) canvas.style[side] = `${grid.canvas[side]}px`;
    }
    for (const context of contexts) context.scale(ratio, ratio);
    if (scale.target) for (let member = 0; member < count; member++) this.#drawTarget(contexts[0], member);
  }

  /** How much concentration is too little to see. */
  get least() {
    return (VISIBLE * this.#scale.top) / (this.#grid.height - TEXT);
  }

  /** Paint what differs from what is there: `rows` of the curves, the `level` of the loss or null, and two `words`. */
  paint(member, rows, level, words) {
    const before = this.#painted[member];
    const text = words.join(" ");
    const still = before && before.level === level && farthest(before.rows, rows) < this.least;
    if (still && before.text === text) return;
    const context = this.#context;
    context.save();
    this.#enter(context, member);
    if (before?.text !== text || before.level !== level) this.#write(words, level);
    if (!still) this.#draw(rows, level);
    context.restore();
    this.#painted[member] = { rows: still ? before.rows : rows, level, text };
  }

  #write([left, right], level) {
    const { width } = this.#grid;
    const context = this.#context;
    context.clearRect(0, 0, width, TEXT);
    context.font = FONT;
    if (level !== null) {
      context.fillStyle = LEVEL_COLORS[level];
      context.fillRect(3, 4, 3, TEXT - 7);
    }
    context.fillStyle = this.#look.text;
    context.fillText(left, 10, TEXT - 4);
    context.fillStyle = this.#look.muted;
    context.textAlign = "right";
    context.fillText(right, width - 4, TEXT - 4);
  }

  #draw(rows, level) {
    const { width, height } = this.#grid;
    const context = this.#context;
    context.beginPath();
    context.rect(0, TEXT, width, height - TEXT);
    context.clip();
    context.clearRect(0, TEXT, width, height - TEXT);
    const { times } = this.#scale;
    context.lineWidth = 1.75;
    context.lineJoin = "bevel"; // between points so near it looks like any other, and costs least
    rows.forEach((row, curve) => {
      context.strokeStyle = level === null ? this.#look.curves[curve] : LEVEL_COLORS[level];
      context.beginPath();
      for (let i = 0; i < row.length; i++) context.lineTo(this.#x(times[i]), this.#y(row[i]));
      context.stroke();
    });
  }

  #x(time) {
    return (time / this.#scale.end) * this.#grid.width;
  }

  #y(value) {
    const { height } = this.#grid;
    return height - 1.5 - (value / this.#scale.top) * (height - TEXT - 3);
  }

  /** Move the origin of a canvas to a cell. */
  #enter(context, member) {
    const { columns, width, height } = this.#grid;
    context.translate((member % columns) * (width + GAP), Math.floor(member / columns) * (height + GAP));
  }

  #drawTarget(context, member) {
    const { target, until } = this.#scale;
    context.save();
    this.#enter(context, member);
    const line = new Path2D();
    target.forEach((value, i) => line.lineTo(this.#x((i / (target.length - 1)) * until), this.#y(value)));
    const area = new Path2D(line);
    area.lineTo(this.#x(until), this.#y(0));
    area.lineTo(0, this.#y(0));
    context.fillStyle = this.#look.area;
    context.fill(area);
    context.strokeStyle = this.#look.muted;
    context.stroke(line);
    context.restore();
  }
}
