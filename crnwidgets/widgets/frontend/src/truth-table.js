// The truth table of a network, with inputs to switch while it runs.
import { Cases, timeAt } from "./computing/cases.js";
import { digitsOf, reading, rowOf } from "./computing/logic.js";
import { Runs } from "./computing/runs.js";
import { button, element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { roving } from "./lib/pointing.js";
import "./truth-table.css";

const SETTLED = 2500; // ms in which outputs are seen to settle
const RAILS = ["hi", "lo"];

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** Show a `TruthTable` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const { inputs, outputs, expected } = model.get("_table");
  const count = 2 ** inputs.length;
  const switches = inputs.map((_, i) => button("", () => choose(flipped(i))));
  const clock = element("span", "crn-since");
  const bar = element("div", "crn-switches", "Inputs now", ...switches, clock);
  const help = element("p", "crn-help", "Press an input, here or in the table, and see the outputs settle.");
  const body = element("tbody");
  const table = element("table", "", head([...inputs, ...outputs]), body);
  const told = element("p", "crn-told");
  const problem = element("p", "crn-problem");
  const scroll = element("div", "crn-scroll", table);
  const root = region("crn-computing crn-truth-table", "Truth table", problem, help, bar, scroll, told);
  for (const live of [told, problem]) live.setAttribute("role", "status");
  const rows = Array.from({ length: count }, (_, row) => line(row));
  body.append(...rows.map(({ node }) => node));
  roving(body)();
  const runs = new Runs(model, root, { inputs: [], begin, paint });
  const { source } = runs;

  let current = rowOf(model.get("chosen"));
  let live = null; // the run since an input was switched
  let settled = []; // for rows that were switched to, what the outputs came to

  function line(row) {
    const digits = digitsOf(row, inputs.length);
    const name = inputs.map((input, i) => `${input} = ${digits[i]}`).join(", ");
    const cells = digits.map((digit, i) => {
      const press = button(String(digit), () => choose(row));
      press.setAttribute("tabindex", "-1");
      press.setAttribute("aria-label", `Switch to ${name}`);
      return element("td", i ? "" : "crn-first", press);
    });
    const shown = outputs.map((output, k) => {
      const rails = RAILS.map((rail) => {
        const fill = element("span", `crn-fill crn-${rail}`);
        const number = element("span", "crn-number");
        const node = element("span", "crn-rail", element("span", "crn-rail-name", output + rail));
        node.append(element("span", "crn-level", fill), number);
        return { node, fill, number };
      });
      const digit = element("span", "crn-digit");
      const verdict = element("span", "crn-verdict");
      const cell = element("td", "crn-output", digit, element("span", "crn-rails", ...rails.map(({ node }) => node)));
      if (expected.length) cell.append(verdict);
      return { cell, rails, digit, verdict, expected: expected[row]?.[k] ?? null };
    });
    return { node: element("tr", "", ...cells, ...shown.map(({ cell }) => cell)), shown };
  }

  /** Run the network from its initial concentrations for each row. */
  function begin() {
    live = null;
    settled = [];
    return runsFrom(set, count);
  }

  function runsFrom(start, number) {
    const all = [...source.network.species.keys()];
    return new Cases(source.network, all, { duration: source.duration, count: number, start });
  }

  /** Put the inputs of a row into concentrations. */
  function set(concentrations, row) {
    digitsOf(row, inputs.length).forEach((digit, i) => {
      const [high, low] = source.places(RAILS.map((rail) => inputs[i] + rail));
      concentrations[high] = digit;
      concentrations[low] = 1 - digit;
    });
  }

  // -- switching ------------------------------------------------------------------------------------------------------

  const flipped = (input) => current ^ (1 << (inputs.length - 1 - input));

  function choose(row) {
    if (row === current) return;
    take(row);
    model.set("chosen", digitsOf(row, inputs.length));
    model.save_changes();
  }

  /** Switch to the inputs of a row, as the network stands. */
  function take(row) {
    const run = live ?? { cases: runs.cases, number: current, place: 1 };
    current = row;
    if (run.cases?.has(run.number)) {
      const state = source.network.species.map((_, species) => run.cases.value(run.number, species, run.place));
      const start = (initial) => {
        initial.set(state);
        set(initial, row);
      };
      const cases = runsFrom(start, 1);
      cases.work(Infinity);
      live = { cases, number: 0, place: stillness.matches ? 1 : 0, began: performance.now() };
    }
    runs.repaint();
  }

  const chosenElsewhere = () => {
    const row = rowOf(model.get("chosen"));
    if (row !== current) take(row);
  };

  // -- painting -------------------------------------------------------------------------------------------------------

  function paint(fresh) {
    problem.textContent = source.problem || fresh?.problem || live?.cases.problem || "";
    help.hidden = bar.hidden = scroll.hidden = told.hidden = fresh === null;
    if (!fresh) return false;
    if (live && live.place < 1) live.place = Math.min(1, Math.max(0, performance.now() - live.began) / SETTLED);
    const moving = live !== null && live.place < 1;
    if (live && !moving && live.cases.has(0)) settled[current] = levelsOf(live);
    switches.forEach((node, i) => {
      const text = `${inputs[i]} = ${digitsOf(current, inputs.length)[i]}`;
      if (node.textContent !== text) node.textContent = text;
      node.title = `Switch ${inputs[i]}`;
    });
    const time = live && short(timeAt(live.place, source.duration), 3);
    clock.textContent = live ? `time ${time} of ${short(source.duration)}` : "";
    const verdicts = rows.flatMap((_, row) => write(fresh, row, moving));
    if (!moving && fresh.finished) say(verdicts);
    return moving;
  }

  /** The concentrations of the outputs, both rails of each, at a place of a run. */
  function levelsOf({ cases, number, place }) {
    const places = source.places(outputs.flatMap((output) => RAILS.map((rail) => output + rail)));
    return places.map((species) => cases.value(number, species, place));
  }

  /** Show a row as it stands; returns for each output whether it is right, or null. */
  function write(fresh, row, moving) {
    const { node, shown } = rows[row];
    const on = row === current;
    node.classList.toggle("crn-on", on);
    node.setAttribute("aria-current", String(on));
    const isLive = on && live?.cases.has(0);
    if (!isLive && !settled[row] && !fresh.has(row)) return shown.map(() => null);
    const levels = isLive ? levelsOf(live) : settled[row] ?? levelsOf({ cases: fresh, number: row, place: 1 });
    return shown.map(({ rails, digit, verdict, expected: wanted }, k) => {
      const pair = levels.slice(2 * k, 2 * k + 2);
      rails.forEach(({ fill, number }, rail) => {
        fill.style.width = `${100 * Math.min(1, pair[rail])}%`;
        number.textContent = pair[rail].toFixed(2);
      });
      const value = reading(...pair, model.get("tolerance"));
      digit.textContent = value ?? "?";
      if (wanted === null) return null;
      const right = value === wanted;
      const settling = on && moving;
      verdict.className = `crn-verdict ${settling ? "" : right ? "crn-right" : "crn-wrong"}`;
      verdict.textContent = settling ? "… settling" : right ? "right" : `should be ${wanted}`;
      return right;
    });
  }

  function say(verdicts) {
    const known = verdicts.filter((right) => right !== null);
    const right = known.filter(Boolean).length;
    const text = expected.length ? `${right} of ${count * outputs.length} outputs right.` : "";
    if (told.textContent !== text) told.textContent = text;
  }

  model.on("change:chosen", chosenElsewhere);
  const repaint = () => runs.repaint();
  model.on("change:tolerance", repaint);
  el.append(root);
  runs.update();

  return () => {
    runs.close();
    model.off("change:chosen", chosenElsewhere);
    model.off("change:tolerance", repaint);
    root.remove();
  };
}

function head(names) {
  const cells = names.map((name) => element("th", "", name));
  for (const cell of cells) cell.scope = "col";
  return element("thead", "", element("tr", "", ...cells));
}

export default hearing({ render });
