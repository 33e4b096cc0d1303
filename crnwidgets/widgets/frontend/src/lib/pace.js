// How often a view may repaint what moves by itself, so that the page leaves the processor to the training: without a
// graphics card a repaint of a canvas costs some milliseconds of it, with one next to nothing.

const FRAME = 1000 / 60;
// Nested, so that two views of one page repaint in the same frames and the page is composed once for both.
const STEPS = [1, 2, 4, 12];

/**
 * Calls `paint` in some later frame after each `request`, as often as may be where it takes this `share` of the time;
 * while `element` is out of sight, not before it comes into it.
 */
export class Pace {
  #paint;
  #share;
  #timer = 0;
  #frame = 0;
  #cost = 0;
  #channel = new MessageChannel();
  #started = 0;
  #seen = true; // until the page says otherwise
  #missed = false;
  #observer;

  constructor(share, paint, element) {
    this.#share = share;
    this.#paint = paint;
    // The first task after the frame is painted.
    this.#channel.port1.onmessage = () => {
      this.#cost += 0.2 * (performance.now() - this.#started - this.#cost);
    };
    this.#observer = new IntersectionObserver((entries) => this.#look(entries.at(-1).isIntersecting));
    this.#observer.observe(element);
  }

  #look(seen) {
    this.#seen = seen;
    if (!seen || !this.#missed) return;
    this.#missed = false;
    this.request();
  }

  /** Milliseconds from one repaint to the next. */
  get interval() {
    const steps = STEPS.find((n) => this.#cost <= this.#share * n * FRAME) ?? STEPS.at(-1);
    return steps * FRAME;
  }

  /** Whether there is time to repaint in every frame. */
  get smooth() {
    return this.interval === FRAME;
  }

  /** Repaint when it is time. */
  request() {
    if (!this.#seen) this.#missed = true;
    if (!this.#seen || this.#timer || this.#frame) return;
    const { interval } = this;
    if (this.smooth) {
      this.now();
      return;
    }
    const now = performance.now();
    // A frame before the one meant, for requests reach the next one.
    const wait = interval * Math.ceil((now + FRAME) / interval) - FRAME - now;
    this.#timer = setTimeout(() => this.now(), Math.max(0, wait));
  }

  /** Repaint in the next frame: what a hand does cannot wait. */
  now() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#started = performance.now();
      this.#channel.port2.postMessage(null);
      this.#paint();
    });
  }

  /** Repaint no more. */
  close() {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#channel.port1.close();
    this.#observer.disconnect();
  }
}
