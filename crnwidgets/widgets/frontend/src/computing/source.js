// The network that a view runs, as Python last said it or as the page itself computes it from a training run.
import { decode } from "../lib/network.js";

// Milliseconds after which a training run that says nothing more stands still.
const REST = 2000;
const TRAITS = ["_network", "duration", "problem"];

/** Follows the network of a model; `changed()` is called after each change of it, of its duration or its problem. */
export class Source {
  #model;
  #changed;
  #wire;
  #heard = -Infinity; // when a training run told of its network

  constructor(model, changed) {
    this.#model = model;
    this.#changed = changed;
    this.#read();
    for (const trait of TRAITS) model.on(`change:${trait}`, this.#reread);
    model.on("crn:network", this.#follow);
  }

  /** Whether the network shown is one of a training run, ten of which may come in a second. */
  get following() {
    return performance.now() - this.#heard < REST;
  }

  get duration() {
    return this.#model.get("duration");
  }

  /** Why the network cannot be run, or "". */
  get problem() {
    return this.#model.get("problem");
  }

  /** A text that differs where the network does; the initial concentrations of `species` apart. */
  keyWithout(species) {
    const initial = this.#wire.initial.map((value, i) => (species.includes(this.network.species[i]) ? null : value));
    return JSON.stringify([{ ...this.#wire, initial }, this.duration]);
  }

  /** The places of species, by their names. */
  places(names) {
    return names.map((name) => this.network.species.indexOf(name));
  }

  close() {
    for (const trait of TRAITS) this.#model.off(`change:${trait}`, this.#reread);
    this.#model.off("crn:network", this.#follow);
  }

  #read() {
    this.#wire = this.#model.get("_network");
    this.network = decode(this.#wire);
    this.#heard = -Infinity;
  }

  #reread = () => {
    this.#read();
    this.#changed();
  };

  #follow = (wire) => {
    if (this.problem || JSON.stringify(wire.species) !== JSON.stringify(this.network.species)) return;
    this.#wire = wire;
    this.network = decode(wire);
    this.#heard = performance.now();
    this.#changed();
  };
}
