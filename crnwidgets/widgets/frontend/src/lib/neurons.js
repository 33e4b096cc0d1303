// Neural networks compiled to reactions, in matrix form: what their nodes settle to, and how ([NNRN] sections 3.2 and
// 5). As in Python's crnwidgets/neural, with which shared test vectors hold this together.

const ROUNDS = 8; // of Newton's method
const PARTS = [2, 3, 4, 5, 6, 7]; // substeps into which a step is cut, once for each
const RELATIVE = 1e-7; // error allowed in one step,
const ABSOLUTE = 1e-12;
const HIGHEST = 1e100; // of x^q: whatever is above comes down to it within less time than is ever seen
const SMALLEST = 1e-200; // step; below, something is not finite

/** The positive root x of h + y x − (q − 1) x^q; with h = 0 its limit, a power of max(y, 0). */
export function root(q, h, y) {
  if (!(h > 0)) return (Math.max(y, 0) / (q - 1)) ** (1 / (q - 1));
  if (q === 2) {
    const span = Math.abs(y) + Math.sqrt(y * y + 4 * h);
    return y > 0 ? span / 2 : (2 * h) / span;
  }
  // From above, where the polynomial's negative is convex, Newton's method descends to the root.
  let x =
    y >= 0
      ? Math.max(((2 * y) / (q - 1)) ** (1 / (q - 1)), ((2 * h) / (q - 1)) ** (1 / q))
      : Math.min(h / -y, (h / (q - 1)) ** (1 / q));
  for (let round = 0; round < ROUNDS; round++) {
    const power = (q - 1) * x ** (q - 1);
    x = ((q - 1) * power * x + h) / (q * power - y);
  }
  return x;
}

/**
 * A compiled network with c_0 inputs and c_1, …, c_m nodes in its layers, each of which obeys
 * dx/dt = h + (b + Σ w x′) x − (q − 1) x^q.
 *
 * Arguments: `sizes`, c_0, …, c_m; `q` and `h` of the activation; `weights` and `biases` of each layer after the
 * inputs, typed arrays: c_ℓ rows of c_(ℓ−1) weights, and c_ℓ numbers.
 * It has `sizes`, `q` and `h` as given; `count`, how many nodes there are after the inputs; `offsets`, where each layer
 * begins among them, and their end.
 */
export class Neurons {
  #weights;
  #biases;
  #inflow; // b + Σ w x′ of each node,
  #slope; // and that of its change by its own concentration, at the beginning of a step
  #flow; // the inflow within a step
  #push; // what a substep adds to each node
  #ends; // of a step, for each number of substeps

  constructor({ sizes, q, h, weights, biases }) {
    Object.assign(this, { sizes: [...sizes], q, h });
    this.offsets = [0];
    for (const size of sizes.slice(1)) this.offsets.push(this.offsets.at(-1) + size);
    this.count = this.offsets.at(-1);
    this.#weights = weights;
    this.#biases = biases;
    [this.#inflow, this.#slope, this.#flow, this.#push, ...this.#ends] = Array.from(
      { length: 4 + PARTS.length },
      () => new Float64Array(this.count),
    );
  }

  /** What the inputs `d` and the biases drive the first layer with, (c_1); the other methods take it. */
  drive(d) {
    const result = new Float64Array(this.sizes[1]);
    this.#product(0, d, 0, result, 0);
    return result;
  }

  /** What the nodes settle to, layer after layer. */
  activations(drive) {
    const result = new Float64Array(this.count);
    for (let layer = 0; layer < this.#weights.length; layer++) {
      if (layer) this.#product(layer, result, this.offsets[layer - 1], this.#inflow, this.offsets[layer]);
      else this.#inflow.set(drive);
      for (let i = this.offsets[layer]; i < this.offsets[layer + 1]; i++) {
        result[i] = root(this.q, this.h, this.#inflow[i]);
      }
    }
    return result;
  }

  /** λ of each node: a small distance from its activation shrinks as exp(−λ t). 0 for an activation of 0. */
  rates(activations) {
    return Float64Array.from(activations, (x) => (x > 0 ? this.h / x + (this.q - 1) ** 2 * x ** (this.q - 1) : 0));
  }

  /**
   * Let the reactions go on for a `duration`, from the concentrations `x` of all nodes, in place.
   *
   * Returns how long the next step should be: given as `first` when this goes on, it saves feeling the way anew.
   */
  advance(drive, x, duration, first = 0) {
    const highest = HIGHEST ** (1 / this.q);
    for (let i = 0; i < this.count; i++) x[i] = Math.min(x[i], highest);
    let left = duration;
    let step = first;
    while (left > 0) {
      const fastest = this.#prepare(drive, x);
      step ||= 0.1 / (1 + fastest);
      const length = Math.min(step, left);
      if (!(length > SMALLEST)) {
        x.fill(NaN);
        return 0;
      }
      const error = this.#attempt(x, length);
      const next = length * Math.min(10, Math.max(0.2, 0.9 * error ** (-1 / PARTS.length)));
      // A step that the end cut short says little about the next, but it does not make that shorter.
      step = error <= 1 && length < step ? Math.max(next, step) : next;
      if (error > 1) continue;
      left = length === left ? 0 : left - length;
      for (let i = 0; i < this.count; i++) x[i] = Math.max(this.#ends[0][i], 0);
    }
    return step;
  }

  /** Inflow and slopes at the concentrations `x`; returns the largest slope. */
  #prepare(drive, x) {
    const { q, offsets } = this;
    const [inflow, slope] = [this.#inflow, this.#slope];
    inflow.set(drive);
    for (let layer = 1; layer < this.#weights.length; layer++) {
      this.#product(layer, x, offsets[layer - 1], inflow, offsets[layer]);
    }
    let fastest = 0;
    for (let i = 0; i < this.count; i++) {
      slope[i] = inflow[i] - q * (q - 1) * x[i] ** (q - 1);
      fastest = Math.max(fastest, Math.abs(slope[i]));
    }
    return fastest;
  }

  /**
   * One step, by extrapolated linearly implicit Euler; its result is in the first of `#ends`.
   *
   * Returns its error in tolerances. Nodes depend on the layer before and on themselves alone, so an implicit step goes
   * through the layers and divides.
   */
  #attempt(x, length) {
    const ends = this.#ends;
    PARTS.forEach((parts, row) => {
      ends[row].set(x);
      this.#flow.set(this.#inflow);
      for (let k = 0; k < parts; k++) this.#substep(ends[row], x, length / parts);
    });
    let worst = 0;
    for (let i = 0; i < this.count; i++) {
      // Aitken's and Neville's scheme: each round takes one power of the substep's length out of the error.
      let less = 0;
      for (let level = 1; level < PARTS.length; level++) {
        less = ends[PARTS.length - level][i];
        for (let row = 0; row < PARTS.length - level; row++) {
          const ratio = PARTS[row + level] / PARTS[row];
          ends[row][i] = ends[row + 1][i] + (ends[row + 1][i] - ends[row][i]) / (ratio - 1);
        }
      }
      const end = ends[0][i];
      const error = Math.abs(end - less) / (ABSOLUTE + RELATIVE * Math.max(Math.abs(end), x[i]));
      if (!Number.isFinite(error)) return 1e12;
      worst = Math.max(worst, error);
    }
    return worst;
  }

  /** Take `now` on by one substep of the step that begins at `x`; and `#flow`, which is always the inflow at `now`. */
  #substep(now, x, length) {
    const { q, h, offsets } = this;
    const [flow, push, slope] = [this.#flow, this.#push, this.#slope];
    for (let layer = 0; layer < this.#weights.length; layer++) {
      const weights = this.#weights[layer];
      const before = layer ? offsets[layer - 1] : 0;
      const columns = this.sizes[layer];
      for (let i = offsets[layer], place = 0; i < offsets[layer + 1]; i++) {
        const power = q === 2 ? now[i] : now[i] ** (q - 1); // a power takes as long as all the rest
        let change = h + (flow[i] - (q - 1) * power) * now[i];
        if (layer) {
          let pushed = 0;
          for (let j = 0; j < columns; j++) pushed += weights[place++] * push[before + j];
          change += x[i] * pushed;
          flow[i] += pushed;
        }
        // A concentration that rounding takes below zero must not drive reactions backwards.
        push[i] = Math.max((length * change) / (1 - length * slope[i]), -now[i]);
        now[i] += push[i];
      }
    }
  }

  /** The weights of a layer times what is at `from` of `values`, and its biases, to what is at `to` of `result`. */
  #product(layer, values, from, result, to) {
    const weights = this.#weights[layer];
    const columns = this.sizes[layer];
    for (let i = 0, place = 0; i < this.sizes[layer + 1]; i++) {
      let sum = this.#biases[layer][i];
      for (let j = 0; j < columns; j++) sum += weights[place++] * values[from + j];
      result[to + i] = sum;
    }
  }
}
