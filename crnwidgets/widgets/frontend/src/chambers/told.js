// Words on what is shown: to be seen at once, and to be heard once it stands still, for nobody can listen to sixty a
// second.
import { element } from "../lib/dom.js";

const STILL = 500; // ms without other words

/** Two elements, `seen` and `heard`, for the same words. */
export class Told {
  seen = element("p", "crn-told");
  heard = element("p", "crn-summary");
  #timer = 0;

  constructor() {
    this.seen.setAttribute("aria-hidden", "true");
    this.heard.setAttribute("role", "status");
  }

  say(text) {
    if (this.seen.textContent === text) return;
    this.seen.textContent = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.heard.textContent = text;
    }, STILL);
  }

  close() {
    clearTimeout(this.#timer);
  }
}
