// The chemistry of a compiled network, as it goes on.

const NEAR = 1e-3; // of its activation, at which a node has settled,
const TRIFLE = 1e-6; // or this concentration
const PATIENCE = 100; // time after which what has not settled is not waited for
const BIT = 0.05; // of time, after which to look whether all has settled

/** Concentrations of all nodes of a network, and where they are going. */
export class Chemistry {
  #neurons;
  #drive;
  #stuck = false; // nothing changes, although not all has settled
  #changed = 0; // when it was given something else to settle to, or a start

  constructor(neurons, input) {
    this.#neurons = neurons;
    /** Time since the last start. */
    this.time = 0;
    /** The concentrations. */
    this.x = new Float64Array(neurons.count).fill(1);
    this.setInput(input);
  }

  /** Other inputs: the chemistry goes on from where it is. */
  setInput(input) {
    this.#drive = this.#neurons.drive(input);
    const before = this.goal;
    /** What the concentrations settle to. */
    this.goal = this.#neurons.activations(this.#drive);
    if (String(this.goal) !== String(before)) this.#changed = this.time;
    this.#stuck = false;
  }

  /** Another network with as many nodes in each layer goes on from where the last one was, any other begins. */
  setNeurons(neurons, input) {
    const alike = String(neurons.sizes) === String(this.#neurons.sizes);
    this.#neurons = neurons;
    if (!alike) this.start(1);
    this.setInput(input);
  }

  /** Start anew, all nodes from the same concentration. */
  start(concentration) {
    this.time = this.#changed = 0;
    this.x = new Float64Array(this.#neurons.count).fill(concentration);
    this.#stuck = false;
  }

  /** Time since the last start or the last change of what it settles to. */
  get since() {
    return this.time - this.#changed;
  }

  /** Whether all nodes are where they were going. */
  get settled() {
    return this.goal.every((aim, i) => Math.abs(this.x[i] - aim) <= NEAR * aim + TRIFLE);
  }

  /** Whether nothing goes on any more. */
  get resting() {
    return this.#stuck || this.settled;
  }

  advance(duration) {
    const before = this.x.slice();
    this.#neurons.advance(this.#drive, this.x, duration);
    this.time += duration;
    this.#stuck = duration > 0 && this.x.every((value, i) => value === before[i]);
  }

  /** Go on until all has settled. */
  settle() {
    for (const end = this.time + PATIENCE; !this.resting && this.time < end; ) this.advance(BIT);
  }
}
