// The legend of a loss plot: what each line is, and where it stands. The lines are bqplot's.
import { element, region } from "./lib/dom.js";
import { followRun, pad, place } from "./lib/figure.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import "./loss-plot.css";

/** Show the layer of `LossPlot` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const area = pad(model, "crn-run");
  const past = element("div", "crn-past");
  const step = element("span", "crn-step");
  const entry = (name, label, color) => {
    const line = element("span", `crn-line crn-${name}`);
    const value = element("span", "crn-value");
    line.style.setProperty("--crn-color", color);
    return { value, node: element("span", "crn-entry", line, `${label} `, value) };
  };
  const [bestColor, middleColor] = model.get("_colors");
  const best = entry("best", "best", bestColor);
  const median = entry("median", "median", middleColor);
  const half = entry("half", "middle half", middleColor);
  const legend = element("div", "crn-legend", step, best.node, median.node, half.node);
  const root = region("crn-loss-plot", "Losses", area, legend);
  area.append(past);
  past.hidden = true;

  const unfollow = followRun(model, (frame) => {
    step.textContent = `step ${frame.step}`;
    best.value.textContent = written(frame.best);
    median.value.textContent = written(frame.median);
    half.value.textContent = `${written(frame.lower)} – ${written(frame.upper)}`;
    past.hidden = frame.past === null;
    if (!past.hidden) place(past, frame.past / frame.end, 0);
  });
  el.append(root);

  return () => {
    unfollow();
    root.remove();
  };
}

const written = (loss) => (loss === null ? "–" : short(loss, 3));

export default hearing({ render });
