// Curves that glide: between two networks a moment apart, a line from each point to the next is enough.

// Milliseconds: as long as one frame follows the other, within these bounds.
const SHORTEST = 60;
const LONGEST = 600;
const USUAL = 100;

const stillness = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/** Rows of numbers on their way, in a straight line, from what they are to what they shall be. */
export class Glide {
  #from = [];
  #aim = [];
  #rows = [];
  #start = -Infinity;
  #length = USUAL;

  /** The rows as `at` left them; the caller must not change them. */
  get rows() {
    return this.#rows;
  }

  /** Be there at once. */
  jump(rows) {
    this.#from = this.#aim = this.#rows = rows;
    this.#start = -Infinity;
  }

  /** Set out at the time `now`, in milliseconds, to be there about when the next call is due. Rows of other lengths jump. */
  to(rows, now) {
    const same = rows.length === this.#rows.length && rows.every((row, i) => row.length === this.#rows[i].length);
    if (!same || stillness?.matches) {
      this.jump(rows);
      return;
    }
    const since = now - this.#start;
    this.#length = since < 4 * LONGEST ? Math.min(LONGEST, Math.max(SHORTEST, since)) : USUAL;
    this.#from = this.#rows;
    this.#aim = rows;
    this.#start = now;
  }

  /** Go on to the time `now`; false once there. */
  at(now) {
    if (this.#rows === this.#aim) return false;
    const share = (now - this.#start) / this.#length;
    if (share >= 1) {
      this.#rows = this.#aim;
      return false;
    }
    // A frame may be stamped with a time before the call that set out.
    const part = Math.max(0, share);
    this.#rows = this.#from.map((row, i) => mix(row, this.#aim[i], part));
    return true;
  }
}

function mix(from, aim, part) {
  const row = new Float64Array(from.length);
  for (let i = 0; i < row.length; i++) row[i] = from[i] + part * (aim[i] - from[i]);
  return row;
}
