// A picture with axes, as an SVG: the style sheet colours it, in every theme.
import { element } from "../lib/dom.js";
import { niceStep, roundTo, short } from "../lib/format.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 250; // of the whole, in CSS pixels
const EDGE = { left: 54, right: 12, top: 10, bottom: 40 };
const TICKS = { x: 110, y: 60 }; // pixels from one to the next, at most
const DECADES = { x: 34, y: 18 }; // and on logarithmic axes at least
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A new SVG element with attributes and children; strings become text. */
export function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A whole number as an exponent, such as "⁻³". */
export function raised(exponent) {
  const digits = [...String(Math.abs(exponent))].map((digit) => RAISED[digit]).join("");
  return `${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** A number with a minus sign as wide as the digits. */
export const signed = (value) => short(value).replace(/^-/, "−");

/**
 * A picture with a `label` for those who do not see it and the `names` of its axes, { x, y }. `redraw()` is called when
 * it is as wide as it will be, and whenever that changes.
 */
export class Picture {
  #svg = shape("svg", { height: HEIGHT, role: "group" });
  #axes = shape("g", { "aria-hidden": "true" });
  #names;
  #scales;
  #observer;

  /** The element to put on the page. */
  node = element("div", "crn-picture");
  /** The plotting area, which cuts off what is outside: for curves. */
  area = shape("svg", { x: EDGE.left, y: EDGE.top, height: HEIGHT - EDGE.top - EDGE.bottom, overflow: "hidden" });
  /** The same place, without cutting anything off: for marks. */
  over = shape("g", { transform: `translate(${EDGE.left} ${EDGE.top})` });
  /** How wide the plotting area is, in CSS pixels; 0 while that is not known. */
  width = 0;
  /** How high it is. */
  height = HEIGHT - EDGE.top - EDGE.bottom;

  constructor(label, names, redraw) {
    this.#names = names;
    this.#svg.setAttribute("aria-label", label);
    this.#svg.append(this.#axes, this.area, this.over);
    this.node.append(this.#svg);
    this.#observer = new ResizeObserver(([{ contentRect }]) => {
      const width = Math.floor(contentRect.width) - EDGE.left - EDGE.right;
      if (width <= 0 || width === this.width) return; // out of the page
      this.width = width;
      this.#svg.setAttribute("width", width + EDGE.left + EDGE.right);
      this.area.setAttribute("width", width);
      redraw();
    });
    this.#observer.observe(this.node);
  }

  /** Let the axes go over these values, { from, to, log } each, `log` where the axis is logarithmic. */
  scale(x, y) {
    this.#scales = { x, y };
    const { width, height } = this;
    const [left, top] = [EDGE.left, EDGE.top];
    const parts = [];
    for (const { at, text } of this.#ticks("x")) {
      parts.push(shape("path", { class: "crn-grid", d: `M${left + at} ${top}v${height}` }));
      parts.push(shape("text", { x: left + at, y: top + height + 16, "text-anchor": "middle" }, text));
    }
    for (const { at, text } of this.#ticks("y")) {
      parts.push(shape("path", { class: "crn-grid", d: `M${left} ${top + at}h${width}` }));
      parts.push(shape("text", { x: left - 6, y: top + at + 4, "text-anchor": "end" }, text));
    }
    const upward = `translate(13 ${top + height / 2}) rotate(-90)`;
    parts.push(
      shape("rect", { class: "crn-frame", x: left, y: top, width, height }),
      shape("text", { x: left + width / 2, y: top + height + 34, "text-anchor": "middle" }, this.#names.x),
      shape("text", { transform: upward, "text-anchor": "middle" }, this.#names.y),
    );
    this.#axes.replaceChildren(...parts);
  }

  /** Where a value is, in pixels from the left of the plotting area. */
  x(value) {
    return this.width * share(this.#scales.x, value);
  }

  /** Where a value is, in pixels from its top. */
  y(value) {
    return this.height * (1 - share(this.#scales.y, value));
  }

  /** The value of the horizontal axis under a pointer. */
  under({ clientX }) {
    const { from, to, log } = this.#scales.x;
    const part = Math.min(1, Math.max(0, (clientX - this.area.getBoundingClientRect().left) / this.width));
    return log ? from * (to / from) ** part : from + part * (to - from);
  }

  /** The shape of a line through points, for the attribute "d". */
  line(xs, ys) {
    const points = [];
    for (let i = 0; i < xs.length; i++) {
      // Far outside is far enough, and a renderer knows no infinity.
      const x = clamp(this.x(xs[i]), this.width);
      const y = clamp(this.y(ys[i]), this.height);
      points.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
    }
    return points.length ? `M${points.join("L")}` : "";
  }

  close() {
    this.#observer.disconnect();
  }

  #ticks(axis) {
    const { from, to, log } = this.#scales[axis];
    const length = axis === "x" ? this.width : this.height;
    const tick = (value, text) => ({ at: axis === "x" ? this.x(value) : this.y(value), text });
    const ticks = [];
    if (log) {
      const [first, last] = [Math.log10(from), Math.log10(to)];
      const every = Math.ceil((DECADES[axis] * (last - first)) / length);
      for (let k = every * Math.ceil(first / every - 1e-9); k <= last + 1e-9; k += every) {
        ticks.push(tick(10 ** k, `10${raised(k)}`));
      }
      return ticks;
    }
    const step = niceStep((TICKS[axis] * (to - from)) / length);
    for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * step; k++) {
      ticks.push(tick(k * step, signed(roundTo(k * step, step))));
    }
    return ticks;
  }
}

const share = ({ from, to, log }, value) =>
  log ? Math.log(Math.max(value, 1e-300) / from) / Math.log(to / from) : (value - from) / (to - from);

/** A place not farther outside a length than nine of it. */
const clamp = (place, length) => Math.min(Math.max(place, -9 * length), 10 * length);
