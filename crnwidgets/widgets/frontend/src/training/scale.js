// Where the numbers of a training run lie on their sliders: decades, and zero at the left end.

const POSITIONS = 300;

/** A slider from zero, then from `low` to `high` by powers of ten. */
export class Scale {
  #low;
  #decades;

  constructor(low, high) {
    this.#low = low;
    this.#decades = Math.log10(high / low);
  }

  /** The last position; the first is 0. */
  get positions() {
    return POSITIONS;
  }

  /** The value at a position, with no more digits than a hand can mean. */
  value(position) {
    if (position <= 0) return 0;
    return Number((this.#low * 10 ** ((this.#decades * (position - 1)) / (POSITIONS - 1))).toPrecision(2));
  }

  /** The position nearest to a value; what lies beyond an end is at the end. */
  position(value) {
    if (!(value > 0)) return 0;
    const place = Math.round(1 + (Math.log10(value / this.#low) / this.#decades) * (POSITIONS - 1));
    return Math.max(1, Math.min(place, POSITIONS));
  }
}
