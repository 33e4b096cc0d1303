// What a view of runs does: run the network anew where it is another one, a slice at a time, and paint.
import { Pace } from "../lib/pace.js";
import { Source } from "./source.js";

// Of the page's time, for networks of a training run.
const SHARE = 0.12;
// Milliseconds of a frame for runs; more where the frame takes longer anyway.
const SLICE = 8;

/**
 * Keeps the runs of a model's network up to date, and its view.
 *
 * `root`, the view's element, has "true" as `data-ready` once all is run; `begin(source)` returns the `Cases` of a
 * network, in which the initial concentrations of `inputs` play no part; `paint(cases)` shows them, with null where the
 * network cannot be run, and returns whether something moves on its own.
 */
export class Runs {
  #root;
  #inputs;
  #begin;
  #paint;
  #pace;
  #key = "";
  #cost = 0; // milliseconds that it took to paint
  #waits = false; // a network of a training run came before enough was to be seen of the one before

  constructor(model, root, { inputs, begin, paint }) {
    this.#root = root;
    this.#inputs = inputs;
    this.#begin = begin;
    this.#paint = paint;
    this.#pace = new Pace(SHARE, () => this.#show(), root);
    this.cases = null;
    this.source = new Source(model, () => this.update());
  }

  /** Run the network if it is another one than before, and show it. */
  update() {
    const { source } = this;
    if (!source.problem) {
      const key = source.keyWithout(this.#inputs);
      this.#waits = key !== this.#key && source.following && this.cases?.presentable === false;
      if (key !== this.#key && !this.#waits) this.again(key);
    }
    this.#request();
  }

  /** Run the network in any case: something else has changed that the runs depend on. */
  again(key = this.source.keyWithout(this.#inputs)) {
    this.#key = key;
    this.cases = this.#begin(this.source);
    this.#request();
  }

  /** Paint in the next frame. */
  repaint() {
    this.#pace.now();
  }

  close() {
    this.#pace.close();
    this.source.close();
  }

  #request() {
    if (this.source.following) this.#pace.request();
    else this.#pace.now();
  }

  #show() {
    if (this.source.problem) {
      this.#paint(null);
      return;
    }
    this.cases.work(Math.max(SLICE, this.#cost));
    const painting = performance.now();
    const moving = this.#paint(this.cases);
    this.#cost = performance.now() - painting;
    if (moving) this.#pace.now();
    if (this.#waits && this.cases.presentable) this.update();
    else if (!this.cases.finished) this.#request();
    this.#root.dataset.ready = String(this.cases.finished && !moving);
  }
}
