// The layers of a network: circles filled with what their nodes have, edges, and bars of the outputs.
import { resize } from "../computing/canvas.js";
import { element } from "../lib/dom.js";
import { short } from "../lib/format.js";
import { roving } from "../lib/pointing.js";
import { shape } from "./axes.js";
import { layOut, strongest } from "./layout.js";

const MOST = 100; // edges that are drawn together
const WIDTHS = [0.5, 3.5]; // of the weakest and the strongest
const DASH = [5, 3]; // of negative weights
const BAR = 0.5; // of a row's height
const NUMBER = 58; // pixels for a number and a sign
const NAME = 7.5; // for a letter of a name, at most
const LONGEST = 10; // letters
const CAPTION = 56; // pixels to each side of the middle of words beneath a layer

/** Set the attributes that have changed. */
function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = typeof value === "number" ? String(Math.round(value * 20) / 20) : value;
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

/** Set the text that has changed. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The part of a circle below a share of its height. */
function filling(x, y, radius, share) {
  if (share <= 0) return "";
  const arc = `a${radius} ${radius} 0 1 0`;
  if (share >= 1) return `M${x - radius} ${y}${arc} ${2 * radius} 0${arc} ${-2 * radius} 0`;
  const down = radius * (1 - 2 * share);
  const half = Math.sqrt(radius * radius - down * down);
  const [a, b] = [half, y + down].map((value) => value.toFixed(1));
  return `M${x - a} ${b}A${radius} ${radius} 0 ${share > 0.5 ? 1 : 0} 0 ${x + Number(a)} ${b}Z`;
}

/** Draws a network; `pointed()` is called when another node is pointed at, focused or chosen. */
export class Layers {
  #edges = element("canvas", "crn-edges");
  #svg = shape("svg", { role: "group", "aria-label": "Nodes" });
  #pointed;
  #nodes = []; // all that are shown, with their elements
  #bars = [];
  #captions = [];
  #axis = [];
  #plan = null;
  #rove;
  #over = null; // the node under the pointer,
  #focused = null; // with the focus,
  #kept = null; // or chosen

  constructor(pointed) {
    this.#pointed = pointed;
    this.#edges.setAttribute("aria-hidden", "true");
    this.node = element("div", "crn-layers", this.#edges, this.#svg);
    this.#rove = roving(this.#svg);
    const of = (target) => this.#nodes[target?.closest?.("[data-node]")?.dataset.node] ?? null;
    const on = (name, act) => this.#svg.addEventListener(name, act);
    on("pointerover", ({ target }) => this.#point({ over: of(target) }));
    on("pointerleave", () => this.#point({ over: null }));
    on("focusin", ({ target }) => this.#point({ focused: of(target) }));
    on("focusout", () => this.#point({ focused: null }));
    on("click", ({ target }) => this.#keep(of(target)));
    on("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.#keep(of(event.target));
    });
  }

  /** The node that is looked at, `{ layer, node }`, layer 0 being the inputs; or null. */
  get chosen() {
    return this.#over ?? this.#focused ?? this.#kept;
  }

  /** What the edges are as wide as: a matrix for each layer after the inputs. */
  weights = [];

  /** How many edges are drawn, and of how many. */
  edges = { drawn: 0, all: 0 };

  /** Lay everything out anew: a network, names of its outputs, the first layer that is shown, in this width. */
  build(sizes, weights, names, first, width) {
    this.weights = weights;
    const plan = layOut(sizes, first, width);
    this.#plan = { ...plan, sizes, first, width };
    this.#nodes = [];
    plan.layers.forEach((layer, number) => {
      layer?.places.forEach(({ x, y }, node) => {
        this.#nodes.push(this.#circle(x, y, layer.radius, number, node, names));
      });
    });
    this.#nodes.forEach(({ root }, i) => (root.dataset.node = i));
    this.#bars = plan.layers.at(-1).places.map(({ y }, i) => this.#bar(y, names[i], names));
    this.#captions = plan.layers.slice(0, -1).flatMap((layer, number) => (layer ? [this.#caption(layer, number)] : []));
    this.#axis = [0, 0.5, 1].map((share) => this.#mark(share));
    set(this.#svg, { viewBox: `0 0 ${width} ${plan.height}`, width: String(width), height: String(plan.height) });
    this.#svg.replaceChildren(
      ...this.#captions.map(({ text }) => text),
      ...this.#axis.map(({ root }) => root),
      ...this.#bars.map(({ root }) => root),
      ...this.#nodes.map(({ root }) => root),
    );
    this.#over = this.#focused = null;
    const kept = this.#kept;
    this.#kept = this.#nodes.find(({ layer, node }) => layer === kept?.layer && node === kept.node) ?? null;
    this.#kept?.root.setAttribute("aria-pressed", "true");
    this.#rove();
  }

  /** Draw the edges, as wide as their weights: those of the node looked at, or the strongest of all. */
  drawEdges() {
    const { sizes, first, layers, width, height } = this.#plan;
    const { edges, all } = strongest(sizes, this.weights, first, MOST, this.chosen);
    this.edges = { drawn: edges.length, all };
    const style = getComputedStyle(this.node);
    const colors = ["positive", "negative"].map((name) => style.getPropertyValue(`--crn-${name}`));
    const context = resize(this.#edges, width, height);
    context.globalAlpha = this.chosen ? 0.9 : 0.6;
    for (const { layer, i, j, strength } of edges.reverse()) {
      const [from, to] = [layers[layer - 1].places[j], layers[layer].places[i]];
      context.strokeStyle = colors[strength > 0 ? 0 : 1];
      context.setLineDash(strength > 0 ? [] : DASH);
      context.lineWidth = WIDTHS[0] + (WIDTHS[1] - WIDTHS[0]) * Math.abs(strength);
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
    }
    this.#nodes.forEach((node) => node.root.classList.toggle("crn-chosen", node === this.chosen));
  }

  /**
   * Show concentrations: `value(layer, node)` and what it settles to, `goal(layer, node)`, with a full circle for
   * `tops[layer]`; `largest` is the output that is marked, or -1.
   */
  fill(value, goal, tops, largest) {
    for (const { layer, node, x, y, radius, level, tick, over } of this.#nodes) {
      const [now, aim] = [value(layer, node) / tops[layer], goal(layer, node) / tops[layer]];
      set(level, { d: filling(x, y, radius, now) });
      set(tick, { d: this.#tick(x, y, radius, aim) });
      set(over, { visibility: now > 1.001 ? "visible" : "hidden" });
    }
    const last = this.#plan.layers.length - 1;
    this.#bars.forEach((bar, i) => {
      const [now, aim] = [value(last, i), goal(last, i)].map((concentration) => concentration / tops[last]);
      set(bar.level, { width: bar.length * Math.min(1, now) });
      set(bar.tick, { x: bar.left + bar.length * Math.min(1, aim) - 1 });
      set(bar.over, { visibility: now > 1.001 ? "visible" : "hidden" });
      write(bar.number, `${short(value(last, i), value(last, i) < 0.1 ? 2 : 3)}${i === largest ? " ✓" : ""}`);
      bar.root.classList.toggle("crn-largest", i === largest);
    });
    for (const { text, layer, words } of this.#captions) write(text, `${words}${short(tops[layer])}`);
    for (const { share, text } of this.#axis) write(text, short(share * tops[last]));
  }

  /** Keep a node chosen, or no longer. */
  #keep(node) {
    if (!node) return;
    this.#kept?.root.setAttribute("aria-pressed", "false");
    this.#kept = this.#kept === node ? null : node;
    this.#kept?.root.setAttribute("aria-pressed", "true");
    this.#pointed();
  }

  #point({ over = this.#over, focused = this.#focused }) {
    const before = this.chosen;
    this.#over = over;
    this.#focused = focused;
    if (this.chosen !== before) this.#pointed();
  }

  #tick(x, y, radius, share) {
    const down = radius * (1 - 2 * Math.min(1, share));
    const half = Math.sqrt(Math.max(0, radius * radius - down * down));
    const [left, right, at] = [x - half - 3, x + half + 3, y + down].map((value) => value.toFixed(1));
    return `M${left} ${at}h5M${right} ${at}h-5`;
  }

  #circle(x, y, radius, layer, node, names) {
    const circle = { cx: x, cy: y, r: radius };
    const level = shape("path", { class: "crn-level" });
    const tick = shape("path", { class: "crn-goal" });
    const over = shape("path", { class: "crn-over", d: `M${x - 4} ${y + 2}l4 -5l4 5z`, visibility: "hidden" });
    const last = layer === this.#plan.sizes.length - 1;
    const hidden = layer === 0 ? `Input ${node + 1}` : `Node ${node + 1} of layer ${layer}`;
    const name = last ? `Output ${names[node]}` : hidden;
    const root = shape(
      "g",
      { class: "crn-node", role: "button", tabindex: "-1", "aria-pressed": "false", "aria-label": name },
      shape("circle", { ...circle, class: "crn-disc" }),
      level,
      shape("circle", { ...circle, class: "crn-rim" }),
      tick,
      over,
    );
    return { layer, node, name, x, y, radius, root, level, tick, over };
  }

  #bar(y, name, names) {
    const { bottom, bars, sizes } = this.#plan;
    const text = name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
    const letters = Math.min(LONGEST, Math.max(...names.map((each) => each.length)));
    const left = bars.left + Math.ceil(letters * NAME) + 6;
    const length = Math.max(20, bars.right - left - NUMBER);
    const height = Math.min(16, (BAR * bottom) / sizes.at(-1));
    const box = { x: left, y: y - height / 2, height };
    const level = shape("rect", { ...box, width: 0, class: "crn-level" });
    const tick = shape("rect", { x: left, y: box.y - 3, width: 2, height: height + 6, class: "crn-aim" });
    const end = left + length;
    const over = shape("path", { class: "crn-over", d: `M${end - 7} ${y - 4}l5 4l-5 4z`, visibility: "hidden" });
    const number = shape("text", { x: end + 5, y: y + 4 });
    const label = shape("text", { x: bars.left, y: y + 4, class: "crn-name" }, text);
    const track = shape("rect", { ...box, width: length, class: "crn-track" });
    const root = shape("g", { "aria-hidden": "true" }, track, level, tick, over, label, number);
    return { root, left, length, level, tick, over, number };
  }

  #caption({ places }, layer) {
    const { width, bottom } = this.#plan;
    const middle = places.reduce((sum, place) => sum + place.x, 0) / places.length;
    const x = Math.max(CAPTION, Math.min(width - CAPTION, middle));
    const words = layer === 0 ? "inputs, full = " : `layer ${layer}, full = `;
    return { text: shape("text", { x, y: bottom + 18, class: "crn-caption" }), layer, words };
  }

  #mark(share) {
    const { bottom } = this.#plan;
    const { left, length } = this.#bars[0];
    const x = left + share * length;
    const text = shape("text", { x, y: bottom + 18, class: "crn-caption" });
    const line = shape("path", { d: `M${x.toFixed(1)} 0V${bottom + 5}`, class: "crn-grid" });
    return { share, text, root: shape("g", { "aria-hidden": "true" }, line, text) };
  }
}
