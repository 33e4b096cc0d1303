// The digits that a network writes, for all 16 inputs.
import { Cases } from "./computing/cases.js";
import { Clock } from "./computing/clock.js";
import { digitsOf } from "./computing/logic.js";
import { Runs } from "./computing/runs.js";
import { SEGMENTS, sevenSegments } from "./computing/segments.js";
import { button, element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { roving } from "./lib/pointing.js";
import "./segment-display.css";

const INPUTS = ["I3", "I2", "I1", "I0"];
const COMPLEMENT = "Ic";
const COUNT = 2 ** INPUTS.length;
const NAMES = "0123456789AbCdEF";

/** Show a `SegmentDisplay` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const large = sevenSegments();
  const bits = INPUTS.map((name, i) => {
    const press = button("", () => choose(model.get("digit") ^ (1 << (INPUTS.length - 1 - i))));
    press.title = `Switch ${name}`;
    return press;
  });
  const options = Array.from({ length: COUNT }, (_, number) => option(number));
  const list = element("div", "crn-digits", ...options.map(({ node }) => node));
  const count = element("p", "crn-count");
  const told = element("p", "crn-told");
  const problem = element("p", "crn-problem");
  const clockPart = element("div");
  const chosen = element("div", "crn-chosen", large.svg, element("div", "crn-bits", ...bits));
  const both = element("div", "crn-both", chosen, element("div", "crn-side", list, count, told));
  const root = region("crn-computing crn-segment-display", "Seven-segment display", problem, both, clockPart);
  for (const live of [count, problem]) live.setAttribute("role", "status");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Digits");
  roving(list)();
  const clock = new Clock(clockPart, () => runs.repaint());
  const runs = new Runs(model, root, { inputs: [...INPUTS, COMPLEMENT], begin, paint });

  function option(number) {
    const drawing = sevenSegments();
    const verdict = element("span", "crn-verdict");
    const node = element("div", "crn-digit", drawing.svg, element("span", "crn-name", NAMES[number]), verdict);
    node.setAttribute("role", "option");
    node.setAttribute("tabindex", "-1");
    node.dataset.digit = number;
    return { node, drawing, verdict };
  }

  function begin(source) {
    const [low, high] = [model.get("low"), model.get("high")];
    const inputs = source.places(INPUTS);
    const [complement] = source.places([COMPLEMENT]);
    const shown = source.places([...SEGMENTS].map((segment) => `S${segment}`));
    clock.duration = source.duration;
    return new Cases(source.network, shown, {
      duration: source.duration,
      count: COUNT,
      start: (initial, number) => {
        const levels = digitsOf(number, INPUTS.length).map((digit) => (digit ? high : low));
        levels.forEach((level, i) => (initial[inputs[i]] = level));
        initial[complement] = 1 - levels.reduce((a, b) => a + b);
      },
    });
  }

  function paint(cases) {
    problem.textContent = runs.source.problem || cases?.problem || "";
    both.hidden = clockPart.hidden = cases === null;
    if (!cases) return false;
    const moving = clock.tick(performance.now());
    const digit = model.get("digit");
    digitsOf(digit, INPUTS.length).forEach((value, i) => {
      const text = `${INPUTS[i]} = ${value}`;
      if (bits[i].textContent !== text) bits[i].textContent = text;
    });
    const wrong = options.map((_, number) => (cases.has(number) ? show(cases, number, number === digit) : null));
    const right = wrong.filter((segments) => segments === "").length;
    if (!moving && cases.finished) count.textContent = `${right} of ${COUNT} digits right at this time.`;
    told.textContent = cases.has(digit) ? words(cases, digit, wrong[digit]) : "";
    return moving;
  }

  /** Show a digit as it stands; returns the segments that are wrong. */
  function show(cases, number, selected) {
    const { node, drawing, verdict } = options[number];
    const lit = model.get("_digits")[number];
    const levels = levelsOf(cases, number);
    drawing.light(levels, lit);
    if (selected) large.light(levels, lit);
    const wrong = [...SEGMENTS].filter((segment, i) => levels[i] > 0.5 !== lit.includes(segment)).join("");
    verdict.className = `crn-verdict ${wrong ? "crn-wrong" : "crn-right"}`;
    node.setAttribute("aria-selected", String(selected));
    node.setAttribute("aria-label", `${NAMES[number]}: ${wrong ? `wrong in ${wrong}` : "right"}`);
    return wrong;
  }

  /** How far each segment is from low, 0, to high, 1. */
  function levelsOf(cases, number) {
    const [low, high] = [model.get("low"), model.get("high")];
    return [...SEGMENTS].map((_, i) => (cases.value(number, i, clock.place) - low) / (high - low));
  }

  function words(cases, number, wrong) {
    const values = [...SEGMENTS].map((segment, i) => `${segment} ${short(cases.value(number, i, clock.place), 2)}`);
    return `${NAMES[number]}: ${wrong ? `✗ wrong in ${[...wrong].join(", ")}` : "✓ right"}. ${values.join(", ")}`;
  }

  function choose(digit) {
    model.set("digit", digit);
    model.save_changes();
  }

  list.addEventListener("click", ({ target }) => {
    const node = target.closest(".crn-digit");
    if (node) choose(Number(node.dataset.digit));
  });
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(Number(event.target.closest(".crn-digit").dataset.digit));
  });
  const repaint = () => runs.repaint();
  const again = () => runs.again();
  model.on("change:digit", repaint);
  for (const level of ["low", "high"]) model.on(`change:${level}`, again);
  el.append(root);
  runs.update();

  return () => {
    runs.close();
    model.off("change:digit", repaint);
    for (const level of ["low", "high"]) model.off(`change:${level}`, again);
    root.remove();
  };
}

export default hearing({ render });
