// The live plot of a network: curves integrated here at every frame while a hand moves what they start from.
import "./dynamics-plot.css";
import { region } from "./lib/dom.js";
import { Fellows } from "./lib/fellows.js";
import { Glide } from "./lib/glide.js";
import { hearing } from "./lib/hearing.js";
import { short } from "./lib/format.js";
import { Pace } from "./lib/pace.js";
import { followTheme } from "./lib/theme.js";
import { Chart } from "./plot/chart.js";
import { Handles } from "./plot/handles.js";
import { Controls, Legend } from "./plot/panel.js";
import { Solver } from "./plot/solver.js";
import { PlotState } from "./plot/state.js";

// Points of a curve; more where there is room for them and it stands still.
const FEWEST = 300;
// Relative tolerances: of curves that stay, and of those that a tenth of a second later are others.
const EXACT = 1e-7;
const PASSING = 1e-5;
// The share of the scale below which a reading is noise of the integration.
const NEGLIGIBLE = 1e-7;
// Of the page's time, for curves that glide; a hand has all of it.
const SHARE = 0.08;

/**
 * Show a `DynamicsPlot` in `el`; returns what takes it down again.
 *
 * The root element dispatches a "crn-draw" event after each repaint of the curves: from it the latency is measured.
 */
function render({ model, el }) {
  const root = region("crn-dynamics-plot", "Dynamics of the reaction network");
  const part = (className) => {
    const element = document.createElement("div");
    element.className = className;
    root.append(element);
    return element;
  };
  const legendPart = part("crn-legend");
  const chartPart = part("crn-chart");
  const controlsPart = part("crn-controls");
  for (const [group, label] of [[legendPart, "Species"], [controlsPart, "Time span and rates"]]) {
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
  }
  const status = part("crn-status");
  const summary = part("crn-summary");
  for (const live of [status, summary]) live.setAttribute("role", "status");
  el.append(root);

  let chart = null;
  let handles = null;
  let legend, controls;
  let shown = { times: [], concentrations: [], eventLevels: [] };
  let pointed = null;
  let stale = true; // the curves no longer belong to the values
  let size = null; // to be taken on at the next repaint, as is the theme
  let themeChanged = false;
  let summarised = true;
  let following = false; // the page changes the network, so that curves glide
  let played = 0; // the moment that the views of chambers show
  let tallest = { trajectory: null, tops: [] }; // the highest concentration of each species in any chamber
  const moment = document.createElement("div");
  moment.className = "crn-moment";
  moment.setAttribute("aria-hidden", "true");
  const pace = new Pace(SHARE, paint, root);
  const glide = new Glide(); // what is drawn: a row a species, and where the handles are

  const state = new PlotState(model, (what) => {
    if (what === "species") build();
    if (what === "parameters") buildControls();
    // A new network may come with other interventions too.
    if (["parameters", "reactions", "events"].includes(what)) handles.rebuildEvents();
    if (what === "chamber") look();
    else if (what !== "hidden" && what !== "reference") stale = true;
    schedule();
  }, root);
  const solver = new Solver(model, state, (trajectory) => {
    take(trajectory);
    report();
    schedule();
  });

  /** Show a network in wire form that the page has computed: from frames of a training run, some a second. */
  function follow(wire) {
    const what = state.follow(wire);
    if (!what) return;
    if (what === "parameters") buildControls();
    following = true;
    stale = true;
    pace.request();
  }

  function build() {
    chart?.destroy();
    handles = null;
    legendPart.replaceChildren();
    const { species, colors } = state.network;
    solver.reset();
    shown = { times: [], concentrations: species.map(() => []), eventLevels: [] };
    glide.jump([...shown.concentrations, state.initial.slice()]);
    pointed = null;
    chart = new Chart(
      chartPart,
      { species, colors, hidden: state.hidden },
      {
        drawn: () => {
          handles?.place(shown.eventLevels, glide.rows.at(-1));
          placeMoment();
          root.dispatchEvent(new CustomEvent("crn-draw"));
        },
        pointed: (index) => {
          pointed = index;
          readValues();
        },
      },
    );
    chart.over.append(moment);
    handles = new Handles(chart, state, { moved: changed, released: settle });
    legend = new Legend(legendPart, state.network, (name) => {
      state.toggleHidden(name);
      schedule();
    });
    buildControls();
    stale = true;
  }

  function buildControls() {
    controlsPart.replaceChildren();
    const turned = () => {
      look();
      summarised = false;
      schedule();
    };
    controls = new Controls(controlsPart, state, { moved: changed, released: settle, turned });
  }

  function changed() {
    stale = true;
    schedule();
  }

  function settle() {
    summarised = false;
    changed();
  }

  function schedule() {
    pace.now();
  }

  function paint() {
    if (themeChanged) chart.recolor();
    if (size) chart.resize(...size);
    themeChanged = false;
    size = null;
    if (stale) compute();
    if (glide.at(performance.now())) pace.request();
    chart.fit(highest(), state.events.length ? 1 : 0, state.duration, state.held);
    state.network.species.forEach((name, i) => chart.show(i, !state.hidden.has(name)));
    chart.refer(state.reference, state.hidden);
    chart.draw(shown.times, glide.rows.slice(0, -1));
    legend.mark(state.hidden);
    readValues();
    controls.show(state);
    if (!summarised) summarise();
  }

  /** Tell a screen reader where the curves end; only once the hand is still, for it cannot follow sixty a second. */
  function summarise() {
    summarised = true;
    const last = shown.times.length - 1;
    if (last < 0) return;
    const values = state.network.species.flatMap((name, i) =>
      state.hidden.has(name) ? [] : `${name} ${short(shown.concentrations[i][last])}`,
    );
    const where = state.network.chambers ? `In chamber ${state.chamber + 1} at` : "At";
    summary.textContent = `${where} time ${short(shown.times[last])}: ${values.join(", ")}`;
  }

  /** Integrate here if it can be done, else ask Python and show what there is meanwhile. */
  function compute() {
    stale = false;
    const points = following ? FEWEST : Math.round(Math.min(1000, Math.max(FEWEST, chart.area.width)));
    const trajectory = solver.solve(points, following ? PASSING : EXACT);
    if (trajectory) take(trajectory);
    else glide.jump([...shown.concentrations, state.initial.slice()]);
    report();
  }

  function take(trajectory) {
    const own = state.inChamber(trajectory);
    const rows = [...own.concentrations, state.initial.slice()];
    if (following && own.times.at(-1) === shown.times.at(-1)) glide.to(rows, performance.now());
    else glide.jump(rows);
    following = false;
    shown = own;
  }

  /** Show another chamber of the same trajectory. */
  function look() {
    if (shown.times.length) take(solver.trajectory);
  }

  function placeMoment() {
    moment.hidden = !(played > 0 && played <= state.duration);
    moment.style.transform = `translateX(${chart.x(played)}px)`;
  }

  function report() {
    const { text, harmless } = solver.status;
    status.classList.toggle("crn-harmless", harmless);
    if (status.textContent !== text) status.textContent = text;
    state.setStatus(text);
  }

  /** The highest concentration among what is visible. */
  function highest() {
    const { species } = state.network;
    // Of what grows without bound, only the part before it runs away is worth seeing.
    const until = shown.problem?.kind === "blow-up" ? 0.95 * shown.problem.time : Infinity;
    const highestOf = (values) => {
      let top = 0;
      for (let j = 0; j < values.length && shown.times[j] <= until; j++) if (values[j] > top) top = values[j];
      return top;
    };
    const { trajectory } = solver;
    if (state.network.chambers && tallest.trajectory !== trajectory) {
      // The scale is the same for all chambers, so that they can be compared.
      const tops = new Array(species.length).fill(0);
      trajectory.concentrations.forEach((values, i) => {
        tops[i % species.length] = Math.max(tops[i % species.length], highestOf(values));
      });
      tallest = { trajectory, tops };
    }
    let top = 0;
    species.forEach((name, i) => {
      if (state.hidden.has(name)) return;
      const curve = state.network.chambers ? tallest.tops[i] : highestOf(glide.rows[i]);
      top = Math.max(top, curve, state.initial[i], ...(state.reference.get(name)?.values ?? []));
    });
    return top;
  }

  function readValues() {
    legend?.read(shown, pointed ?? shown.times.length - 1, NEGLIGIBLE * chart.top);
  }

  build();
  model.on("crn:network", follow);
  const fellows = new Fellows(root, ({ time }) => {
    if (time === undefined) return;
    played = time;
    placeMoment();
  });
  // Only what the observer says counts: while a theme loads, the page has sizes for a moment that it never shows.
  const resized = new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width) return;
    themeChanged = true; // only in the page it has colours
    size = [Math.floor(contentRect.width), Math.floor(contentRect.height)];
    changed();
  });
  resized.observe(chartPart);
  const leaveTheme = followTheme(() => {
    themeChanged = true;
    schedule();
  });
  schedule();

  return () => {
    pace.close();
    resized.disconnect();
    leaveTheme();
    fellows.close();
    model.off("crn:network", follow);
    solver.close();
    state.close();
    chart.destroy();
    chart = null;
    root.remove();
  };
}

export default hearing({ render });
