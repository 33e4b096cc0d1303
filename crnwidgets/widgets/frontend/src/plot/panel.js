// What stands around the curves: the legend with its readings, the time span, and a slider for each named rate.
import { short } from "../lib/format.js";
import { dash } from "./dash.js";

const POSITIONS = 300;
const DECADES = 3;

function make(tag, className, parent, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

/** A short piece of a species' line, as it looks in the plot. */
function sample(color, index) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "crn-sample");
  svg.setAttribute("viewBox", "0 0 28 10");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "line");
  const attributes = { x1: 0, x2: 28, y1: 5, y2: 5, stroke: color, "stroke-width": 2.5 };
  for (const [name, value] of Object.entries({ ...attributes, "stroke-dasharray": dash(index).join(" ") })) {
    line.setAttribute(name, value);
  }
  svg.append(line);
  return svg;
}

/** A button for each species that shows or hides it, with its concentration at the time being read. */
export class Legend {
  #time;
  #items;

  constructor(parent, { species, colors }, toggle) {
    this.#time = make("span", "crn-legend-time", parent);
    this.#items = species.map((name, i) => {
      const button = make("button", "crn-legend-item", parent);
      button.type = "button";
      button.title = "Show or hide";
      button.setAttribute("aria-label", `Show ${name}`);
      button.append(sample(colors[i], i));
      make("span", "crn-legend-name", button, name);
      button.addEventListener("click", () => toggle(name));
      return { name, button, value: make("span", "crn-legend-value", button) };
    });
  }

  /** Show the concentrations at this point of a trajectory; what is below `least` is as good as nothing. */
  read({ times, concentrations }, index, least) {
    const known = index >= 0 && index < times.length;
    setText(this.#time, known ? `time ${short(times[index])}` : "");
    this.#items.forEach(({ value }, i) => setText(value, known ? reading(concentrations[i][index], least) : ""));
  }

  mark(hidden) {
    for (const { name, button } of this.#items) button.setAttribute("aria-pressed", String(!hidden.has(name)));
  }
}

/** The chamber, the time span and the named rates: a slider and a number each; a slider's leftmost end is zero. */
export class Controls {
  #chamber = null; // where there are several
  #duration;
  #rates;

  constructor(parent, state, { moved, released, turned }) {
    const { chambers } = state.network;
    if (chambers) {
      const place = make("label", "crn-control", parent);
      make("span", "crn-control-name", place, "chamber");
      this.#chamber = numberInput(place, `chamber, 1 to ${chambers.count}`);
      Object.assign(this.#chamber, { min: 1, max: chambers.count, step: 1 });
      this.#chamber.addEventListener("change", () => {
        const value = this.#chamber.valueAsNumber;
        if (value >= 1 && value <= chambers.count) state.setChamber(Math.round(value) - 1);
        this.#chamber.value = String(state.chamber + 1);
        turned();
      });
    }
    const span = make("label", "crn-control", parent);
    make("span", "crn-control-name", span, "time span");
    this.#duration = numberInput(span, "time span");
    this.#duration.addEventListener("change", () => {
      const value = this.#duration.valueAsNumber;
      if (Number.isFinite(value) && value > 0) state.setDuration(value);
      this.#duration.value = String(state.duration);
      released();
    });
    this.#rates = state.network.parameterNames.map((name, i) => {
      const row = make("div", "crn-control crn-control-rate", parent);
      make("span", "crn-control-name", row, name).title = name;
      const slider = make("input", "", row);
      slider.type = "range";
      Object.assign(slider, { min: 0, max: POSITIONS, step: 1 });
      slider.setAttribute("aria-label", `rate ${name}`);
      const number = numberInput(row, `value of the rate ${name}`);
      const rate = { slider, number, low: lowerEnd(state.parameters[i]), edited: null };
      const set = (value) => {
        state.hold("parameters", i);
        state.setParameter(i, value);
        this.show(state);
        moved();
      };
      const letGo = () => {
        rate.edited = null;
        state.release();
        this.show(state);
        released();
      };
      slider.addEventListener("input", () => {
        rate.edited = slider;
        set(rateAt(slider.valueAsNumber, rate.low));
      });
      number.addEventListener("input", () => {
        rate.edited = number;
        const value = number.valueAsNumber;
        if (Number.isFinite(value) && value >= 0) set(value);
      });
      for (const input of [slider, number]) input.addEventListener("change", letGo);
      return rate;
    });
  }

  /** Show the values of a state; an input is left alone while a person edits it. */
  show({ chamber, duration, parameters }) {
    if (this.#chamber && !this.#chamber.matches(":focus")) this.#chamber.value = String(chamber + 1);
    if (!this.#duration.matches(":focus")) this.#duration.value = String(duration);
    this.#rates.forEach((rate, i) => {
      const value = parameters[i];
      // A value from elsewhere that is off the slider moves its range along.
      if (value > 0 && rate.edited !== rate.slider && !within(value, rate.low)) rate.low = lowerEnd(value);
      if (rate.edited !== rate.slider) rate.slider.value = String(position(value, rate.low));
      if (rate.edited !== rate.number) rate.number.value = String(value);
      rate.slider.setAttribute("aria-valuetext", short(value));
    });
  }
}

function numberInput(parent, label) {
  const input = make("input", "crn-number", parent);
  input.type = "number";
  input.min = "0";
  input.step = "any";
  input.setAttribute("aria-label", label);
  return input;
}

function reading(value, least) {
  return value > 0 && value < least ? "≈ 0" : short(value, 3);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A slider spans three decades around the value it starts with, whole powers of ten at its ends.
const lowerEnd = (value) => (value > 0 ? 10 ** (Math.floor(Math.log10(value) + 1e-9) - 1) : 0.01);
const within = (value, low) => value >= low * 0.999 && value <= low * 10 ** DECADES * 1.001;

function rateAt(place, low) {
  if (place <= 0) return 0;
  return Number((low * 10 ** ((DECADES * (place - 1)) / (POSITIONS - 1))).toPrecision(3));
}

function position(value, low) {
  if (!(value > 0)) return 0;
  return Math.round(1 + (Math.log10(value / low) / DECADES) * (POSITIONS - 1));
}
