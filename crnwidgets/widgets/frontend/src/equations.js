// The differential equations of a network, in MathML, which browsers show without a library.
import { button, element, region } from "./lib/dom.js";
import { hearing } from "./lib/hearing.js";
import { followPointer, reactionOf, roving } from "./lib/pointing.js";
import "./equations.css";

const MATHML = "http://www.w3.org/1998/Math/MathML";
const TOLD = 2000; // ms for which it says that something was copied

/** A new MathML element; strings become text. */
function math(tag, ...children) {
  const node = document.createElementNS(MATHML, tag);
  node.append(...children);
  return node;
}

/** Show `Equations` in `el`; returns what takes them down again. */
function render({ model, el }) {
  const rows = element("div", "crn-rows");
  const laws = element("div", "crn-laws");
  const rates = element("div", "crn-rates");
  const told = element("span", "crn-status");
  const bar = element(
    "div",
    "crn-bar",
    "Copy as",
    button("LaTeX", () => copy("_latex")),
    button("text", () => copy("_text")),
    told,
  );
  const sheet = element("div", "crn-sheet", rows, laws, rates);
  const root = region("crn-equations", "Differential equations", sheet, bar);
  told.setAttribute("role", "status");
  rows.setAttribute("role", "list");
  const keepTabStop = roving(rows);

  let shape = null; // all that is shown but the numbers
  let terms = []; // for each term the element and what it shows
  let frame = 0;
  let telling = 0;

  function paint() {
    frame = 0;
    const content = model.get("_equations");
    const next = JSON.stringify([
      content.names,
      content.colors,
      content.laws,
      content.rows.map((row) => row.map(([reaction]) => reaction)),
    ]);
    if (next !== shape) build(content);
    shape = next;
    fill(content);
    mark();
  }

  function build({ names, colors, rows: sums, laws: kept }) {
    const name = writer(names, colors);
    terms = [];
    rows.replaceChildren(
      ...sums.map((sum, species) => {
        const places = sum.map(([reaction], place) => {
          const node = element("span", "crn-term");
          node.dataset.reaction = reaction;
          node.setAttribute("role", "group");
          node.setAttribute("tabindex", "-1");
          terms.push({ node, species, place, shown: null });
          return node;
        });
        const left = element("span", "crn-left", math("math", ...derivative(name(species)), math("mo", "=")));
        const nothing = sum.length ? [] : [math("math", math("mn", "0"))];
        const row = element("div", "crn-equation", left, element("span", "crn-right", ...places, ...nothing));
        row.setAttribute("role", "listitem");
        return row;
      }),
    );
    laws.replaceChildren(
      ...kept.map((law) => {
        const sum = law.map((term, place) => math("mrow", ...written(term, place, name)));
        return element("div", "crn-law", math("math", ...sum), " is conserved");
      }),
    );
    keepTabStop();
  }

  function fill({ names, colors, labels, rows: sums, rates: values }) {
    const name = writer(names, colors);
    for (const term of terms) {
      const content = sums[term.species][term.place];
      const label = labels[content[0]];
      const next = JSON.stringify(content);
      if (term.shown !== next) term.node.replaceChildren(math("math", ...written(content, term.place, name)));
      term.shown = next;
      if (term.node.title === label) continue;
      term.node.title = label;
      term.node.setAttribute("aria-label", label);
    }
    rates.replaceChildren(
      ...values.map((pair) => {
        const [rate, value] = pair.map((factor) => math("mrow", ...multiplied([factor], name)));
        return math("math", rate, math("mo", "="), value);
      }),
    );
  }

  function mark() {
    const hovered = model.get("hovered");
    let first = null;
    for (const { node } of terms) {
      const on = reactionOf(node) === hovered;
      node.classList.toggle("crn-hovered", on);
      if (on) first ??= node;
    }
    if (first && !rows.matches(":hover, :focus-within")) reveal(first);
  }

  /** Scroll the sheet alone, not the notebook. */
  function reveal(node) {
    const outer = sheet.getBoundingClientRect();
    const inner = node.getBoundingClientRect();
    if (inner.top < outer.top) sheet.scrollTop -= outer.top - inner.top;
    if (inner.bottom > outer.bottom) sheet.scrollTop += inner.bottom - outer.bottom;
  }

  async function copy(trait) {
    const done = await toClipboard(model.get(trait), root);
    told.textContent = done ? "Copied" : "This browser does not allow it";
    clearTimeout(telling);
    telling = setTimeout(() => told.replaceChildren(), TOLD);
  }

  followPointer(rows, model);

  function schedule() {
    frame ||= requestAnimationFrame(paint);
  }

  const traits = ["_equations", "hovered"];
  for (const trait of traits) model.on(`change:${trait}`, schedule);
  el.append(root);
  paint();

  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(telling);
    for (const trait of traits) model.off(`change:${trait}`, schedule);
    root.remove();
  };
}

/** dX/dt, as nodes: on one line, which is easier to read in a narrow panel than a small fraction. */
function derivative(species) {
  const slash = math("mo", "/");
  for (const side of ["lspace", "rspace"]) slash.setAttribute(side, "0");
  return [math("mi", "d"), species, slash, math("mi", "d"), math("mi", "t")];
}

/** A name with its subscript, to a power. */
function symbol([base, subscript], power = 1) {
  const raised = power > 1 ? String(power) : "";
  if (!subscript && !raised) return math("mi", base);
  const scripts = [subscript, raised].filter(Boolean).map((script) => math("mn", script));
  return math(`m${subscript && "sub"}${raised && "sup"}`, math("mi", base), ...scripts);
}

/** What writes a species, given by its index, to a power, in its colour. */
const writer = (names, colors) => (index, power) => {
  const node = symbol(names[index], power);
  node.classList.add("crn-name");
  node.style.setProperty("--color", colors[index]);
  return node;
};

/** The factors of a term, as nodes. */
function multiplied(factors, name) {
  const nodes = factors.map(([kind, first, second]) => {
    if (kind === "species") return name(first, second);
    if (kind === "rate") return symbol([first, second]);
    const number = math("mn", first);
    const power = math("msup", math("mn", "10"), math("mn", second.replace("-", "−")));
    return second ? math("mrow", number, math("mo", "×"), power) : number;
  });
  return nodes.flatMap((node, i) => (i ? [thinSpace(), node] : [node]));
}

function thinSpace() {
  const space = math("mspace");
  space.setAttribute("width", "0.17em");
  return space;
}

/** A term with its sign, as nodes; a plus is left out at the beginning. */
function written([, negative, factors], place, name) {
  const operator = math("mo", negative ? "−" : "+");
  operator.setAttribute("form", place ? "infix" : "prefix");
  return [...(place || negative ? [operator] : []), ...multiplied(factors, name)];
}

/** Copy a text; where the clipboard is closed to the page, as it was done before. Returns whether it worked. */
async function toClipboard(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", "crn-copied");
    const focused = document.activeElement;
    area.value = text;
    root.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return done;
  }
}

export default hearing({ render });
