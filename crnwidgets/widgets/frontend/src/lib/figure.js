// A layer over a bqplot figure: where the figure plots, and what it plots there.
import { element } from "./dom.js";
import { send } from "./frames.js";
import "./figure.css";

/** The mark that the layer of `model` belongs to: its model, whose data and scales are those drawn. */
export const markOf = (model) => model.widget_manager.get_model(model.get("_mark").replace("IPY_MODEL_", ""));

/** An element over the part of the figure that is within its axes. */
export function pad(model, className) {
  const node = element("div", `crn-pad ${className}`);
  const { height, top, right, bottom, left } = model.get("_area");
  Object.assign(node.style, {
    right: `${right}px`,
    bottom: `calc(100% + ${bottom}px)`,
    left: `${left}px`,
    height: `${height - top - bottom}px`,
  });
  return node;
}

/** Put an element of a pad at fractions of its width and height, from the left and from below. */
export function place(node, x, y) {
  node.style.left = `${100 * x}%`;
  node.style.bottom = `${100 * y}%`;
}

/** Call `change` when the data or the ends of the axes of a mark change; returns what ends that. */
export function follow(mark, change) {
  const scales = Object.values(mark.get("scales"));
  mark.on("change:x change:y", change);
  for (const scale of scales) scale.on("change:min change:max", change);
  return () => {
    mark.off("change:x change:y", change);
    for (const scale of scales) scale.off("change:min change:max", change);
  };
}

/**
 * Ask for the frames of a run, and acknowledge those awaited when they are on the screen, so that none come where nobody
 * looks. Returns what ends that.
 */
export function followRun(model, show) {
  const receive = (content) => {
    if (content.type !== "frame") return;
    show(content);
    if (content.awaited) requestAnimationFrame(() => send(model, { type: "ack", painted: content.id }));
  };
  model.on("msg:custom", receive);
  model.send({ type: "ready" });
  return () => model.off("msg:custom", receive);
}
