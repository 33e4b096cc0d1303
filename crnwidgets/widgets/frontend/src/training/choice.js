// Which network is looked at, and starting anew.
import { button, element } from "../lib/dom.js";
import { reactionCount } from "../lib/frames.js";
import { choice, group, input, set } from "./parts.js";
import { judged } from "./transport.js";

const PATIENCE = 4000; // ms for which a second press of "Reset" counts

/** A choice of one network of the population, with how it does. */
export class MemberChoice {
  #session;
  #choice;
  #text = element("span", "crn-muted");
  #population = 0;

  constructor(parent, session) {
    this.#session = session;
    this.#choice = choice("Network looked at", [], (value) => session.select(Number(value)));
    const row = element("label", "crn-control", element("span", "crn-control-name", "network"), this.#choice);
    parent.append(group("crn-member", "Network looked at", row, this.#text));
  }

  paint() {
    const { frame, member, selected, about } = this.#session;
    if (about.population !== this.#population) {
      this.#population = about.population;
      const each = Array.from({ length: this.#population }, (_, i) => new Option(String(i + 1), String(i)));
      this.#choice.replaceChildren(new Option("lowest loss", "-1"), ...each);
    }
    set(this.#choice, "value", String(selected));
    if (!frame) return;
    const count = frame.known[member] ? reactionCount(frame, member, this.#session.setting("k_min")) : frame.counts[member];
    const loss = frame.losses[member];
    const how = Number.isFinite(loss) ? judged(loss, count) : "left out";
    set(this.#text, "textContent", selected < 0 ? `number ${member + 1}: ${how}` : how);
  }
}

/** Start anew, from a seed; pressed twice where there is something to lose. */
export class Reset {
  #session;
  #button;
  #seed;
  #sure = 0;

  constructor(parent, session) {
    this.#session = session;
    this.#seed = input("number", "seed", { min: "0", step: "1", placeholder: "same" });
    this.#seed.title = "A whole number; left empty, the seed stays as it was";
    this.#button = button("Reset", () => this.#press());
    this.#button.addEventListener("blur", () => this.#ask(false));
    const row = element("label", "crn-control", element("span", "crn-control-name", "seed"), this.#seed);
    parent.append(group("crn-reset", "Start anew", row, this.#button));
  }

  paint() {}

  close() {
    clearTimeout(this.#sure);
  }

  #press() {
    if (this.#session.frame?.step && !this.#sure) {
      this.#ask(true);
      return;
    }
    this.#ask(false);
    const seed = this.#seed.valueAsNumber;
    this.#session.reset(Number.isInteger(seed) ? seed : null);
  }

  #ask(asking) {
    clearTimeout(this.#sure);
    this.#sure = asking ? setTimeout(() => this.#ask(false), PATIENCE) : 0;
    this.#button.classList.toggle("crn-asking", asking);
    set(this.#button, "textContent", asking ? "Discard and reset" : "Reset");
  }
}
