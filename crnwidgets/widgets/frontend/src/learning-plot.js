// Beneath a chart of a training: where its line ends. The line is bqplot's.
import { element, region } from "./lib/dom.js";
import { hearing } from "./lib/hearing.js";
import "./learning-plot.css";

/** Show the layer of a chart of `LearningPlot` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const text = element("p", "crn-told");
  const root = region("crn-learning-plot", `Learning: ${model.get("name")}`, text);
  const tell = () => {
    text.textContent = model.get("text") || "no training yet";
  };
  model.on("change:text", tell);
  tell();
  el.append(root);

  return () => {
    model.off("change:text", tell);
    root.remove();
  };
}

export default hearing({ render });
