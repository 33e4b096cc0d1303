// Inputs that are no picture: a slider each, or bars where there are many.
import { resize } from "../computing/canvas.js";
import { element } from "../lib/dom.js";
import { short } from "../lib/format.js";

const STEPS = 100;
const SIZE = [208, 96]; // pixels of the bars

/** A slider for each of some inputs; `changed()` is called when a hand moves one. */
export class Sliders {
  #rows;
  #changed;

  constructor(count, changed) {
    this.#changed = changed;
    this.#rows = Array.from({ length: count }, (_, i) => this.#row(i));
    this.node = element("div", "crn-sliders", ...this.#rows.map(({ node }) => node));
  }

  /** Sliders tell nobody that they are held. */
  busy = false;

  get values() {
    return Float64Array.from(this.#rows, ({ value }) => value);
  }

  set values(values) {
    this.#rows.forEach((row, i) => {
      row.value = values[i];
      row.slider.max = Math.max(1, Number(row.slider.max), values[i]);
      row.slider.step = row.slider.max / STEPS;
    });
  }

  paint() {
    for (const { slider, text, value } of this.#rows) {
      slider.value = value;
      text.textContent = short(value, 3);
    }
  }

  #row(i) {
    const slider = element("input");
    Object.assign(slider, { type: "range", min: 0, max: 1, step: 1 / STEPS });
    const text = element("output");
    const row = { slider, text, value: 0, node: element("label", "", `input ${i + 1}`, slider, text) };
    slider.addEventListener("input", () => {
      row.value = slider.valueAsNumber;
      this.#changed();
    });
    return row;
  }
}

/** A bar for each of many inputs, which no hand moves. */
export class Bars {
  #canvas = element("canvas");

  constructor(count) {
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", `${count} inputs`);
    this.node = element("div", "crn-bars", this.#canvas);
    this.values = new Float64Array(count);
  }

  busy = false;

  paint([, ink]) {
    paintBars(this.#canvas, SIZE, this.values, `rgb(${ink})`);
  }
}

/** Paint values as bars up, and those below 0 down, from a line. */
export function paintBars(canvas, [width, height], values, color) {
  const context = resize(canvas, width, height);
  const top = Math.max(0, ...values);
  const span = top - Math.min(0, ...values) || 1;
  const y = (value) => ((top - value) / span) * (height - 1);
  const each = width / values.length;
  context.fillStyle = color;
  values.forEach((value, i) => {
    context.fillRect(i * each, Math.min(y(0), y(value)), Math.max(0.5, 0.8 * each), Math.abs(y(value) - y(0)));
  });
  context.fillRect(0, y(0), width, 1);
}
