// How a compiled network comes down to its fixed point, from many starts ([NNRN] section 6, Figs. 11 and 12).

const LOWEST = 0.01; // concentration that a start is drawn from, besides 0
const DECADES = 8; // by which the slowest node's distance shrinks while one looks on
const LOG = 6; // moments a decade at first,
const LINEAR = 54; // and evenly spaced ones
const EARLIEST = 1e-15;

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * What the nodes start from, `number` times: all from 0, all from `highest`, then each node from anything between, evenly
 * over the orders of magnitude from 0.01 on. Those for a smaller number are the first of those for a larger one.
 */
export function startsOf(count, number, highest, seed) {
  const draw = random(seed);
  const least = Math.min(LOWEST, highest);
  return Array.from({ length: number }, (_, k) => {
    if (k < 2) return new Float64Array(count).fill(k * highest);
    return Float64Array.from({ length: count }, () => least * (highest / least) ** draw());
  });
}

/** What a network does from many starts, start after start: `advance` goes on with it, as long as there is time. */
export class Falls {
  #neurons;
  #drive;
  #starts;

  /** When each concentration is known: close to each other at first, even in the end. */
  times;
  /** What the nodes settle to. */
  fixed;
  /** How fast small distances shrink in the end, the slowest node's; 0 where a node settles to 0. */
  rate;
  /** The place of that node. */
  slowest;
  /** For each start that is done, the concentrations of all nodes at each time. */
  paths = [];
  /** And how far from the fixed point the farthest node is at each time, relative to what it settles to. */
  distances = [];

  constructor(neurons, drive, starts, highest) {
    this.#neurons = neurons;
    this.#drive = drive;
    this.#starts = starts;
    this.fixed = neurons.activations(drive);
    const rates = neurons.rates(this.fixed);
    this.slowest = rates.indexOf(Math.min(...rates));
    this.rate = rates[this.slowest];
    const positive = rates.filter((rate) => rate > 0);
    const end = (DECADES * Math.LN10) / (positive.length ? Math.min(...positive) : 1);
    this.times = moments(neurons.q, highest, end);
  }

  /** Whether all starts are done. */
  get done() {
    return this.paths.length === this.#starts.length;
  }

  /** Do start after start until the clock, in milliseconds, shows `until`; at least one. */
  advance(until) {
    while (!this.done) {
      this.#fall(this.#starts[this.paths.length]);
      if (performance.now() >= until) return;
    }
  }

  #fall(start) {
    const { times, fixed } = this;
    const x = start.slice();
    const path = [];
    const distances = new Float64Array(times.length);
    let step = 0;
    for (let i = 0; i < times.length; i++) {
      step = this.#neurons.advance(this.#drive, x, i ? times[i] - times[i - 1] : times[0], step);
      path.push(x.slice());
      distances[i] = distance(x, fixed);
    }
    this.paths.push(path);
    this.distances.push(distances);
  }
}

/** The largest distance of a node from what it settles to, relative to that; absolute where that is 0. */
export function distance(x, fixed) {
  let most = 0;
  for (let i = 0; i < x.length; i++) most = Math.max(most, Math.abs(x[i] - fixed[i]) / (fixed[i] || 1));
  return most;
}

/** From when on all that is done is nearer than a distance to the fixed point; null where it is not in the end. */
export function distanceNear({ times, distances }, near) {
  const last = Math.max(...distances.map((row) => row.findLastIndex((distance) => !(distance <= near))));
  return last + 1 < times.length ? times[last + 1] : null;
}

/** Times from where something at `highest` begins to fall until the end. */
function moments(q, highest, end) {
  // x^q alone takes x from anywhere to `highest` in this time.
  const fall = 1 / ((q - 1) ** 2 * highest ** (q - 1));
  const first = Math.max(EARLIEST, Math.min(0.1 * fall, 1e-3 * end));
  const step = end / LINEAR;
  const count = Math.ceil(LOG * Math.log10(step / first));
  const early = Array.from({ length: count }, (_, i) => first * (step / first) ** (i / count));
  return Float64Array.from([...early, ...Array.from({ length: LINEAR }, (_, i) => step * (i + 1))]);
}
