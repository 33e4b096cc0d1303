// What plots of neural networks are set with, and what their lines are.
import { element } from "../lib/dom.js";
import { shape } from "./axes.js";

/**
 * A slider with its name and its value: `node`, and `show(value)`. `places` steps lead from one end to the other;
 * `valueAt(place)` says what value each stands for, `placeOf(value)` the other way round; `moved(value)` is told.
 */
export function slider(name, { places, valueAt, placeOf, write }, moved) {
  const input = element("input");
  Object.assign(input, { type: "range", min: 0, max: places, step: 1 });
  const output = element("span", "crn-value");
  input.setAttribute("aria-label", name); // without the value beside it
  const show = (value) => {
    const place = String(Math.round(placeOf(value)));
    if (input.value !== place) input.value = place;
    output.textContent = write(value);
    input.setAttribute("aria-valuetext", write(value));
  };
  input.addEventListener("input", () => moved(valueAt(Number(input.value))));
  return { node: element("label", "crn-slider", element("span", "", name), input, output), show };
}

/** What a line of a class is, in words, beside a piece of it. */
export const key = (className, text) =>
  element("span", "", shape("svg", { "aria-hidden": "true" }, shape("path", { class: className, d: "M0 6h26" })), text);

/** A picture with words beneath it. */
export const figure = (picture, caption) => element("figure", "", picture.node, element("figcaption", "", caption));
