// Ink on a square field that becomes a picture of few pixels, as a digit of MNIST or of scikit-learn is one.

const FINE = 128; // about as many cells across as the ink has
const FEW = 16; // pixels across
// Height of digits and half the width of their lines in shares of the field: scikit-learn's of few pixels, and MNIST's.
const COARSE = { extent: 0.95, radius: 0.07 };
const MNIST = { extent: 20 / 28, radius: 0.045 };
const LARGER = 1.5; // by which what is drawn may grow: the beginning of a digit is small

/** Ink, in cells finer than the pixels of the picture that is made of it: `side` × `side` of them. */
export class Ink {
  #fine; // cells across a pixel
  #likeness;
  #picture = null; // what was put there by `show`, as long as nothing is drawn on it

  constructor(side) {
    this.side = side;
    this.#likeness = side < FEW ? COARSE : MNIST;
    this.#fine = Math.max(2, Math.round(FINE / side));
    /** Cells in a row, and in a column. */
    this.across = side * this.#fine;
    /** How much ink each has, row after row. */
    this.cells = new Float64Array(this.across ** 2);
  }

  /** Have nothing but a picture, (side²), as it is. */
  show(picture) {
    this.#picture = Float64Array.from(picture);
    for (let y = 0; y < this.across; y++) {
      const row = Math.floor(y / this.#fine) * this.side;
      for (let x = 0; x < this.across; x++) {
        this.cells[y * this.across + x] = picture[row + Math.floor(x / this.#fine)];
      }
    }
  }

  /** Draw a line of so much ink with a soft round brush; places are shares of the field, from the upper left. */
  draw([fromX, fromY], [toX, toY], ink) {
    this.#picture = null;
    const { across, cells } = this;
    const thick = this.#likeness.radius * across;
    const [ax, ay, bx, by] = [fromX, fromY, toX, toY].map((share) => share * across - 0.5);
    const [dx, dy] = [bx - ax, by - ay];
    const squared = dx * dx + dy * dy;
    const reach = thick + 0.5;
    const first = (a, b) => Math.max(0, Math.ceil(Math.min(a, b) - reach));
    const last = (a, b) => Math.min(across - 1, Math.floor(Math.max(a, b) + reach));
    for (let y = first(ay, by); y <= last(ay, by); y++) {
      for (let x = first(ax, bx); x <= last(ax, bx); x++) {
        const along = squared ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared)) : 0;
        const distance = Math.hypot(x - ax - along * dx, y - ay - along * dy);
        const amount = ink * Math.min(1, Math.max(0, reach - distance));
        const place = y * across + x;
        if (amount > cells[place]) cells[place] = amount;
      }
    }
  }

  /** The picture, (side²): the mean of the ink in each pixel. What was drawn is moved to the middle, in a fair size. */
  picture() {
    if (this.#picture) return this.#picture.slice();
    const { across, cells, side } = this;
    const fine = this.#fine;
    const result = new Float64Array(side ** 2);
    const { x, y, scale } = this.#place();
    const middle = (across - 1) / 2;
    const source = (start) => (_, to) => Math.round(start + (to - middle) / scale);
    const columns = Array.from({ length: across }, source(x));
    const rows = Array.from({ length: across }, source(y));
    rows.forEach((from, to) => {
      if (from < 0 || from >= across) return;
      const row = Math.floor(to / fine) * side;
      for (let i = 0; i < across; i++) {
        const column = columns[i];
        if (column >= 0 && column < across) result[row + Math.floor(i / fine)] += cells[from * across + column];
      }
    });
    return result.map((sum) => sum / fine ** 2);
  }

  /** The centre of mass of the ink, in cells, and by what its size is to be multiplied. */
  #place() {
    const { across, cells } = this;
    let [mass, x, y] = [0, 0, 0];
    let [left, right, top, bottom] = [across, -1, across, -1];
    for (let row = 0, place = 0; row < across; row++) {
      for (let column = 0; column < across; column++, place++) {
        const amount = cells[place];
        if (!amount) continue;
        mass += amount;
        x += amount * column;
        y += amount * row;
        left = Math.min(left, column);
        right = Math.max(right, column);
        top = Math.min(top, row);
        bottom = row;
      }
    }
    if (!mass) return { x: (across - 1) / 2, y: (across - 1) / 2, scale: 1 };
    const extent = Math.max(right - left, bottom - top) + 1;
    const scale = Math.min(LARGER, (this.#likeness.extent * across) / extent);
    // Nothing that has room in the picture is cut off.
    const half = (across - 1) / 2 / scale;
    const within = (centre, from, to) =>
      to - from > 2 * half ? centre : Math.min(from + half, Math.max(to - half, centre));
    return { x: within(x / mass, left, right), y: within(y / mass, top, bottom), scale };
  }
}
