// The graph of a network, laid out by Graphviz in the browser.
import { instance } from "@viz-js/viz";
import { button, element, region } from "./lib/dom.js";
import { hearing } from "./lib/hearing.js";
import { reactionKeys } from "./lib/network.js";
import { Pace } from "./lib/pace.js";
import { followPointer, reactionOf, roving } from "./lib/pointing.js";
import "./reaction-graph.css";

// Widths of edges, in points.
const FORBIDDEN = 1.2;
const THIN = 0.6;
const THICK = 4;
const STILL = 0.15; // a change too small to see
const SWING = 0.5; // one so large that it is not made at once
const LABEL = "Reaction graph";
const SHARE = 0.05; // of the page's time, for edges that follow a training run
const KEPT = ["svg", "g", "title", "ellipse", "polygon", "path", "text"];
const PART = /^(?:r(\d+)(?:-(?:in|out|with)-s\d+)?|s(\d+))$/;

let graphviz = null; // one for all views of a model
let loading = null;

/** Show a `ReactionGraph` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const picture = element("div", "crn-picture");
  const status = element("span", "crn-status");
  const save = button("Download SVG", download);
  const note = element("span", "crn-note");
  const root = region("crn-reaction-graph", LABEL, picture, element("div", "crn-bar", status, note, save));
  status.setAttribute("role", "status");
  const keepTabStop = roving(picture);

  let svg = null;
  let drawn = null; // the DOT text that the picture shows
  let insisted = false; // on drawing a large network
  let live = null; // what the page computes of the network meanwhile: the rate and the label of each reaction drawn
  let frame = 0;
  let closed = false;

  const glance = () => {
    // Steps on the way from one width to the next have the whole page composed for each.
    root.classList.toggle("crn-smooth", pace.smooth);
    if (svg && model.get("_graph").dot === drawn) restyle();
  };
  const pace = new Pace(SHARE, glance, root);

  function paint() {
    frame = 0;
    if (model.get("_graph").dot !== drawn) layOut();
    if (!svg || model.get("_graph").dot !== drawn) return;
    restyle();
    mark();
  }

  /** Let the edges drawn follow a network in wire form; its other reactions wait for the next layout. */
  function follow(wire) {
    const { species, topology } = model.get("_graph");
    if (JSON.stringify(wire.species) !== JSON.stringify(species)) return;
    const places = new Map(reactionKeys(wire).map((key, i) => [key, i]));
    const fastest = Math.max(...wire.rates) || 1;
    live = reactionKeys(topology).map((key) => {
      const place = places.get(key);
      return place === undefined
        ? { width: 0 }
        : { width: lineWidth(wire.rates[place] / fastest), label: wire.labels[place] };
    });
    pace.request();
  }

  function layOut() {
    const { dot, species, members } = model.get("_graph");
    if (members.length > model.get("most") && !insisted) {
      drawn = dot;
      show(null, `${members.length} reactions are too many to see anything. `);
      status.append(button("Draw anyway", insist));
      return;
    }
    if (!graphviz) {
      loading ??= instance();
      loading.then((loaded) => {
        graphviz = loaded;
        schedule();
      }, fail);
      return;
    }
    drawn = dot;
    try {
      show(tidy(graphviz.renderSVGElement(dot), species), "");
    } catch (error) {
      fail(error);
    }
  }

  function insist() {
    insisted = true;
    drawn = null;
    schedule();
  }

  function fail(error) {
    show(null, `Graphviz could not draw this network: ${error.message}`);
  }

  function show(picked, message) {
    const focused = svg?.contains(document.activeElement) ? reactionOf(document.activeElement) : -1;
    svg = picked;
    picture.replaceChildren(...(svg ? [svg] : []));
    status.textContent = message;
    note.textContent = svg ? model.get("note") : "";
    save.hidden = !svg;
    if (focused >= 0) nodeOf(focused)?.focus({ preventScroll: true });
    keepTabStop();
  }

  const nodeOf = (reaction) => svg?.querySelector(`.crn-reaction[data-reaction="${reaction}"]`);

  function restyle() {
    const { labels, widths } = model.get("_reactions");
    const forbidden = new Set(model.get("forbidden"));
    for (const part of svg.querySelectorAll("[data-reaction]")) {
      const reaction = reactionOf(part);
      const crossed = forbidden.has(reaction);
      const width = crossed ? FORBIDDEN : (live?.[reaction].width ?? widths[reaction]);
      const words = live?.[reaction].label ?? labels[reaction];
      const label = crossed ? `${words} (forbidden)` : words;
      const line = part.querySelector(".crn-line");
      if (line) widen(line, width || THIN);
      part.classList.toggle("crn-absent", width === 0);
      part.classList.toggle("crn-forbidden", crossed);
      const title = part.querySelector("title");
      if (title.textContent === label) continue;
      title.textContent = label;
      if (part.matches(".crn-reaction")) part.setAttribute("aria-label", label);
    }
    svg.setAttribute("aria-label", summary(svg));
  }

  function mark() {
    const hovered = model.get("hovered");
    const selected = model.get("selected");
    const near = new Set(model.get("_graph").members[hovered]);
    svg.classList.toggle("crn-pointed", near.size > 0);
    for (const part of svg.querySelectorAll("[data-reaction]")) {
      const reaction = reactionOf(part);
      part.classList.toggle("crn-hovered", reaction === hovered);
      part.classList.toggle("crn-selected", reaction === selected);
      if (part.matches(".crn-reaction")) part.setAttribute("aria-pressed", String(reaction === selected));
    }
    for (const part of svg.querySelectorAll("[data-species]")) {
      part.classList.toggle("crn-hovered", near.has(Number(part.dataset.species)));
    }
  }

  function select(reaction) {
    model.set("selected", reaction);
    model.save_changes();
  }

  function toggle(reaction) {
    if (reaction >= 0) select(reaction === model.get("selected") ? -1 : reaction);
  }

  picture.addEventListener("click", ({ target }) => toggle(reactionOf(target)));
  picture.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      toggle(reactionOf(event.target));
    }
    if (event.key === "Escape") select(-1);
  });
  followPointer(picture, model);

  function download() {
    const link = element("a");
    link.href = URL.createObjectURL(new Blob([standalone(svg)], { type: "image/svg+xml" }));
    link.download = "reaction-graph.svg";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // some browsers begin to read it only later
  }

  function schedule() {
    if (!frame && !closed) frame = requestAnimationFrame(paint);
  }

  // The latest word counts: Python's, or the page's own.
  const forget = () => {
    live = null;
    schedule();
  };
  const listeners = { "crn:network": follow, "change:_graph": forget, "change:_reactions": forget };
  for (const trait of ["forbidden", "hovered", "selected"]) listeners[`change:${trait}`] = schedule;
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  el.append(root);
  paint();

  return () => {
    closed = true;
    cancelAnimationFrame(frame);
    pace.close();
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    root.remove();
  };
}

/** Give a line another width: at once where that is hardly seen, for steps on the way would cost more than they show. */
function widen(line, width) {
  const step = Math.abs(width - Number(line.style.getPropertyValue("--width")));
  if (step < STILL) return;
  line.classList.toggle("crn-swinging", step > SWING);
  line.style.setProperty("--width", width);
}

/** The width of an edge by its rate against the largest one, as Python's `line_widths` has it. */
const lineWidth = (share) => THIN + (THICK - THIN) * Math.sqrt(share);

function summary(svg) {
  const species = svg.querySelectorAll(".crn-species").length;
  const reactions = svg.querySelectorAll(".crn-reaction").length;
  return `${LABEL}: ${species} species, ${reactions} ${reactions === 1 ? "reaction" : "reactions"}`;
}

/** Graphviz's picture, freed of all but shapes and text, its parts marked with the reaction or species they stand for. */
function tidy(rendered, species) {
  const svg = document.adoptNode(rendered);
  for (const node of svg.querySelectorAll("*")) {
    if (!KEPT.includes(node.localName)) node.replaceWith(...(node.localName === "a" ? node.childNodes : []));
  }
  svg.setAttribute("role", "group");
  svg.querySelector("g.graph > title")?.remove();
  for (const part of svg.querySelectorAll("g[id]")) {
    const [, reaction, kind] = PART.exec(part.id) ?? [];
    part.removeAttribute("id"); // another view has the same ones
    if (reaction !== undefined) {
      part.dataset.reaction = reaction;
      if (part.matches(".node")) prepareReaction(part);
      else prepareEdge(part);
    }
    if (kind !== undefined) {
      part.dataset.species = kind;
      part.classList.add("crn-species");
      part.setAttribute("role", "img");
      part.setAttribute("aria-label", species[kind]);
      part.querySelector("title").textContent = species[kind];
    }
  }
  return svg;
}

function prepareReaction(part) {
  part.classList.add("crn-reaction");
  part.setAttribute("role", "button");
  part.setAttribute("tabindex", "-1");
  const { x, y, width, height } = box(part.querySelector("ellipse, polygon"));
  const cross = document.createElementNS(part.namespaceURI, "path");
  cross.setAttribute("class", "crn-cross");
  // Beyond the shape, so that it is seen around what is written there.
  const [w, h] = [1.3 * width, 1.3 * height];
  cross.setAttribute("d", `M${x - 0.15 * width},${y - 0.15 * height}l${w},${h}m0,${-h}l${-w},${h}`);
  part.insertBefore(cross, part.querySelector("text"));
}

/** The rectangle around a shape; the page could tell only of one that it shows already. */
function box(shape) {
  const numbers = (name) => Number(shape.getAttribute(name));
  if (shape.localName === "ellipse") {
    const [rx, ry] = [numbers("rx"), numbers("ry")];
    return { x: numbers("cx") - rx, y: numbers("cy") - ry, width: 2 * rx, height: 2 * ry };
  }
  const points = shape.getAttribute("points").trim().split(/\s+/).map((pair) => pair.split(",").map(Number));
  const [x, y] = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
  return { x, y, width: right - x, height: bottom - y };
}

/** A line is thin: a wide, invisible one beneath the pointer makes it easy to hit. */
function prepareEdge(part) {
  part.setAttribute("aria-hidden", "true");
  const line = part.querySelector("path");
  line.classList.add("crn-line");
  const target = line.cloneNode();
  target.setAttribute("class", "crn-target");
  part.append(target);
}

/** The picture as a file of its own: in the colours of paper, with nothing in it that is there for the hand. */
function standalone(svg) {
  const copy = svg.cloneNode(true);
  for (const part of copy.querySelectorAll(".crn-target, .crn-reaction:not(.crn-forbidden) > .crn-cross")) part.remove();
  for (const [name, value] of Object.entries({ fill: "none", stroke: "#616161", "stroke-width": "1.5" })) {
    for (const cross of copy.querySelectorAll(".crn-cross")) cross.setAttribute(name, value);
  }
  for (const line of copy.querySelectorAll(".crn-forbidden > .crn-line")) line.setAttribute("stroke-dasharray", "4 3");
  for (const line of copy.querySelectorAll(".crn-line")) {
    line.setAttribute("stroke-width", line.style.getPropertyValue("--width"));
  }
  for (const node of [copy, ...copy.querySelectorAll("*")]) {
    for (const { name } of [...node.attributes]) {
      if (/^(class|style|tabindex|role|data-|aria-)/.test(name)) node.removeAttribute(name);
    }
  }
  const paper = document.createElementNS(copy.namespaceURI, "rect");
  const [x, y, width, height] = copy.getAttribute("viewBox").split(" ");
  for (const [name, value] of Object.entries({ x, y, width, height, fill: "white" })) paper.setAttribute(name, value);
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

export default hearing({ render });
