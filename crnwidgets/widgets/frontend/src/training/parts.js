// Small pieces that the parts of the panel share.
import { element } from "../lib/dom.js";

/** A group of controls with a name for those who do not see it. */
export function group(className, label, ...children) {
  const node = element("div", className, ...children);
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", label);
  return node;
}

/** An input of a type, with a label for those who do not see what stands beside it. */
export function input(type, label, properties = {}) {
  const node = element("input", type === "number" ? "crn-number" : "");
  Object.assign(node, { type, ...properties });
  if (label) node.setAttribute("aria-label", label);
  return node;
}

/** A choice among `[value, text]`. */
export function choice(label, options, chosen) {
  const node = element("select");
  node.setAttribute("aria-label", label);
  node.append(...options.map(([value, text]) => new Option(text, value)));
  node.addEventListener("change", () => chosen(node.value));
  return node;
}

/** Set a property only where it differs: the page is laid out no more often than it has to be. */
export function set(node, property, value) {
  if (node[property] !== value) node[property] = value;
}
