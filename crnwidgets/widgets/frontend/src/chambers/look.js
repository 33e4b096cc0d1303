// What the views of chambers look at, beside the chamber: a species, and a moment.
import { Fellows } from "../lib/fellows.js";

const NAMES = ["chosen", "time"];

/** The species and the time of one view; `changed()` is called when somebody else changes them. */
export class Look {
  #model;
  #changed;
  #fellows;
  #listeners;

  constructor(model, root, changed) {
    this.#model = model;
    this.#changed = changed;
    for (const name of NAMES) this[name] = model.get(name);
    const reread = (name) => () => {
      this[name] = model.get(name);
      this.#fellows.tell({ [name]: this[name] }); // also those that Python does not tell
      changed();
    };
    const inTime = NAMES.map((name) => [`change:${name}`, () => this.#fellows.inTime(name, reread(name))]);
    this.#listeners = Object.fromEntries(inTime);
    for (const [event, listener] of Object.entries(this.#listeners)) model.on(event, listener);
    this.#fellows = new Fellows(root, (news) => this.#hear(news));
  }

  /** The name of the species. */
  chosen;
  /** The moment, from 0. */
  time;

  choose(name) {
    if (name === this.chosen) return;
    this.chosen = name;
    this.#fellows.tell({ chosen: name });
    this.#save("chosen");
  }

  /** Go to a moment; `stays` where it is not one of many that follow. */
  goTo(time, stays) {
    this.time = time;
    this.#fellows.tell({ time });
    if (stays) this.#save("time");
  }

  close() {
    for (const [event, listener] of Object.entries(this.#listeners)) this.#model.off(event, listener);
    this.#fellows.close();
  }

  #save(name) {
    this.#model.set(name, this[name]);
    this.#model.save_changes();
  }

  #hear({ chosen = this.chosen, time = this.time }) {
    if (chosen === this.chosen && time === this.time) return;
    Object.assign(this, { chosen, time });
    this.#changed();
  }
}
