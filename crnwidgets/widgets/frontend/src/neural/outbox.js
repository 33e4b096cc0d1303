// What a hand changes: seen at once on the page, told to the kernel ten times a second.

const PAUSE = 100; // ms from one message to the next

/**
 * The way of a hand to the traits of a model; the last value is always sent. The kernel must not echo these traits: an
 * earlier value would come back while a later one waits here.
 */
export class Outbox {
  #model;
  #timer = 0;
  #sentAt = -Infinity;

  constructor(model) {
    this.#model = model;
  }

  /** Give a trait the value that the hand gives it. */
  set(name, value) {
    this.#model.set(name, value);
    this.#timer ||= setTimeout(() => this.#send(), Math.max(0, this.#sentAt + PAUSE - performance.now()));
  }

  /** Send what is unsent. */
  close() {
    if (this.#timer) this.#send();
  }

  #send() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#sentAt = performance.now();
    this.#model.save_changes();
  }
}
