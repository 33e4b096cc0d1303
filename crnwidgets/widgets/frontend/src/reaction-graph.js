// The graph of a network, laid out by Graphviz in the browser.
import { instance } from "@viz-js/viz";
import { button, element, region } from "./lib/dom.js";
import { followPointer, reactionOf, roving } from "./lib/pointing.js";
import "./reaction-graph.css";

const MOST = 150; // reactions: more take seconds to lay out, and nobody can follow the lines
const LABEL = "Reaction graph";
const KEPT = ["svg", "g", "title", "ellipse", "polygon", "path", "text"];
const PART = /^(?:r(\d+)(?:-(?:in|out|with)-s\d+)?|s(\d+))$/;

let graphviz = null; // one for all views of a model
let loading = null;

/** Show a `ReactionGraph` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const picture = element("div", "crn-picture");
  const status = element("span", "crn-status");
  const save = button("Download SVG", download);
  const root = region("crn-reaction-graph", LABEL, picture, element("div", "crn-bar", status, save));
  status.setAttribute("role", "status");
  const keepTabStop = roving(picture);

  let svg = null;
  let drawn = null; // the DOT text that the picture shows
  let insisted = false; // on drawing a large network
  let frame = 0;
  let closed = false;

  function paint() {
    frame = 0;
    if (model.get("_graph").dot !== drawn) layOut();
    if (!svg || model.get("_graph").dot !== drawn) return;
    restyle();
    mark();
  }

  function layOut() {
    const { dot, species, members } = model.get("_graph");
    if (members.length > MOST && !insisted) {
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
    save.hidden = !svg;
    if (focused >= 0) nodeOf(focused)?.focus({ preventScroll: true });
    keepTabStop();
  }

  const nodeOf = (reaction) => svg?.querySelector(`.crn-reaction[data-reaction="${reaction}"]`);

  function restyle() {
    const { labels, widths } = model.get("_reactions");
    for (const part of svg.querySelectorAll("[data-reaction]")) {
      const reaction = reactionOf(part);
      part.style.setProperty("--width", widths[reaction]);
      part.querySelector("title").textContent = labels[reaction];
      if (part.matches(".crn-reaction")) part.setAttribute("aria-label", labels[reaction]);
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

  const traits = ["_graph", "_reactions", "hovered", "selected"];
  for (const trait of traits) model.on(`change:${trait}`, schedule);
  el.append(root);
  paint();

  return () => {
    closed = true;
    cancelAnimationFrame(frame);
    for (const trait of traits) model.off(`change:${trait}`, schedule);
    root.remove();
  };
}

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
  for (const part of copy.querySelectorAll(".crn-target")) part.remove();
  for (const line of copy.querySelectorAll(".crn-line")) {
    line.setAttribute("stroke-width", line.parentNode.style.getPropertyValue("--width"));
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

export default { render };
