// The settings that may change while it trains.
import { element } from "../lib/dom.js";
import { short } from "../lib/format.js";
import { choice, group, input, set } from "./parts.js";
import { Scale } from "./scale.js";

const NUMBERS = [
  ["learning_rate", "learning rate", "How far each step goes", new Scale(1e-4, 1)],
  ["l1", "L1", "Weight of the mean of all rates: makes reactions slow", new Scale(1e-3, 10)],
  ["entropy", "entropy", "Weight of the entropy: makes each pair of species decide for few products", new Scale(1e-4, 1)],
  ["energy", "energy", "Weight of the informational energy: decides for few products too", new Scale(1e-4, 1)],
  ["k_min", "k_min", "Reactions slower than this are pruned", new Scale(1e-5, 0.1)],
];
const STRATEGIES = {
  dense: ["dense", "Loss of the network with all its reactions"],
  "straight-through": ["straight-through", "Loss of the pruned network, its gradient handed to all reactions"],
  double: ["double", "Loss of the network with all its reactions plus loss of the pruned one"],
};

/** A slider and a number for each weight, a box for the normalisation, a choice of the strategy. */
export class Settings {
  #session;
  #numbers;
  #normalize;
  #strategy;

  constructor(parent, session) {
    this.#session = session;
    this.#numbers = NUMBERS.map((about) => new NumberSetting(session, ...about));
    this.#normalize = input("checkbox", "", {});
    this.#normalize.addEventListener("change", () => {
      session.change("normalize", this.#normalize.checked);
      session.release("normalize");
    });
    const normalize = element("label", "crn-control", this.#normalize, "normalised gradients");
    normalize.title = "Divide each network's gradient by its length";
    const options = session.about.strategies.map((name) => [name, STRATEGIES[name]?.[0] ?? name]);
    this.#strategy = choice("Strategy", options, (name) => {
      session.change("strategy", name);
      session.release("strategy");
    });
    const strategy = element("label", "crn-control", element("span", "crn-control-name", "strategy"), this.#strategy);
    const rows = this.#numbers.map(({ row }) => row);
    parent.append(group("crn-settings", "Settings", ...rows, strategy, normalize));
  }

  paint() {
    for (const number of this.#numbers) number.paint();
    const [normalize, strategy] = ["normalize", "strategy"].map((name) => this.#session.setting(name));
    set(this.#normalize, "checked", Boolean(normalize));
    if (strategy === undefined) return;
    set(this.#strategy, "value", strategy);
    set(this.#strategy, "title", STRATEGIES[strategy]?.[1] ?? "");
  }
}

/** One number: a slider by powers of ten, whose left end is zero, and a field for any value. */
class NumberSetting {
  #session;
  #name;
  #label;
  #scale;
  #slider;
  #number;
  #mark = element("span", "crn-scheduled crn-muted");
  #edited = null; // the input that a person is busy with; it is left alone

  constructor(session, name, label, hint, scale) {
    this.#session = session;
    this.#name = name;
    this.#label = label;
    this.#scale = scale;
    this.#slider = input("range", label, { min: 0, max: scale.positions, step: 1 });
    this.#number = input("number", `value of ${label}`, { min: "0", step: "any" });
    this.#slider.addEventListener("input", () => this.#change(this.#slider, scale.value(this.#slider.valueAsNumber)));
    this.#number.addEventListener("input", () => {
      const value = this.#number.valueAsNumber;
      if (Number.isFinite(value) && value >= 0) this.#change(this.#number, value);
    });
    for (const node of [this.#slider, this.#number]) {
      node.addEventListener("change", () => {
        this.#edited = null;
        session.release(name);
        session.schedule();
      });
    }
    const title = element("span", "crn-control-name", label, this.#mark);
    this.row = element("div", "crn-control", title, this.#slider, this.#number);
    this.row.title = hint;
  }

  paint() {
    const value = this.#session.setting(this.#name);
    if (value === undefined) return;
    // A hand on the slider takes a setting out of its schedule.
    const scheduled = this.#session.about.scheduled.includes(this.#name) && !this.#edited;
    set(this.#mark, "textContent", scheduled ? " scheduled" : "");
    if (this.#edited !== this.#slider) set(this.#slider, "value", String(this.#scale.position(value)));
    if (this.#edited !== this.#number) set(this.#number, "value", String(Number(value.toPrecision(4))));
    const text = short(value);
    if (this.#slider.getAttribute("aria-valuetext") !== text) this.#slider.setAttribute("aria-valuetext", text);
  }

  #change(node, value) {
    this.#edited = node;
    this.#session.change(this.#name, value);
  }
}
