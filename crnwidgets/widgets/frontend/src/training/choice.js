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
  #case;
  #population = 0;

  constructor(parent, session) {
    this.#session = session;
    this.#choice = choice("Network looked at", [], (value) => session.select(Number(value)));
    const row = element("label", "crn-control", element("span", "crn-control-name", "network"), this.#choice);
    const both = group("crn-member", "Network looked at", row, this.#text);
    this.#case = new CaseChoice(both, {
      about: () => session.about,
      number: () => session.case,
      choose: (number) => session.chooseCase(number),
    });
    parent.append(both);
  }

  paint() {
    this.#case.paint();
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

/**
 * A choice of the case of the task that is looked at, where there are several; it speaks of cases from 1 on.
 *
 * `about()` is what is known of the run, `number()` the case as Python counts them, and `choose(number)` takes another.
 */
export class CaseChoice {
  #source;
  #row;
  #number;
  #text = element("span", "crn-case");

  constructor(parent, source) {
    this.#source = source;
    this.#number = input("number", "Case looked at", { min: "1", step: "1" });
    this.#number.addEventListener("input", () => {
      const value = this.#number.valueAsNumber;
      if (Number.isInteger(value) && value >= 1 && value <= source.about().cases) source.choose(value - 1);
    });
    this.#number.addEventListener("blur", () => this.paint());
    this.#row = element("label", "crn-control", element("span", "crn-control-name", "case"), this.#number, this.#text);
    parent.append(this.#row);
  }

  paint() {
    const { cases, case: words } = this.#source.about();
    set(this.#row.style, "display", cases === 1 ? "none" : "");
    set(this.#number, "max", String(cases));
    if (!this.#number.matches(":focus")) set(this.#number, "value", String(this.#source.number() + 1));
    set(this.#text, "textContent", `of ${cases}${words ? `: ${words}` : ""}`);
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
