// The way back through a run.
import { button, element } from "../lib/dom.js";
import { group, input, set } from "./parts.js";

/** A slider over the steps of the run, and the two ways on from there: branch, or back to now. */
export class History {
  #session;
  #slider;
  #text = element("span", "crn-history-text crn-muted");
  #branch;
  #back;

  constructor(parent, session) {
    this.#session = session;
    this.#slider = input("range", "Step shown", { min: 0, max: 0, step: 1 });
    this.#slider.addEventListener("input", () => {
      const { value, max } = this.#slider;
      session.scrub(value === max ? null : Number(value));
    });
    this.#branch = button("Branch here", () => session.play());
    this.#branch.title = "Train on from the step shown; what came after it goes, the best network stays";
    this.#back = button("Back to now", () => session.scrub(null));
    const row = element("label", "crn-control", element("span", "crn-control-name", "history"), this.#slider);
    parent.append(group("crn-history", "History", row, this.#text, this.#branch, this.#back));
  }

  paint() {
    const { frame, past } = this.#session;
    set(this.#slider, "disabled", !frame || frame.history[1] <= frame.history[0]);
    for (const node of [this.#branch, this.#back]) set(node, "disabled", past === null);
    if (!frame) return;
    const [first, last] = frame.history;
    set(this.#slider, "min", String(first));
    set(this.#slider, "max", String(last));
    set(this.#slider, "value", String(past ?? last));
    const text = past === null ? "now" : `step ${past} of ${last}`;
    if (this.#text.textContent === text) return;
    this.#text.textContent = text;
    this.#slider.setAttribute("aria-valuetext", text);
  }
}
