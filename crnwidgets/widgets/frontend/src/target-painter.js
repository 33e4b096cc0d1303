// Painting a curve over a bqplot figure. bqplot's own pen knows no finger and no keys, so the hand is followed here.
import { button, element, region } from "./lib/dom.js";
import { follow, markOf, pad, place } from "./lib/figure.js";
import { niceStep, roundTo, short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { hat, knots, paint } from "./painting.js";
import "./target-painter.css";

/** Show the layer of `TargetPainter` in `el`; returns what takes it down again. */
async function render({ model, el }) {
  const line = await markOf(model);
  const canvas = pad(model, "crn-canvas");
  const presets = model.get("_presets").map((name) => button(name, () => model.send({ type: "preset", name })));
  const bar = element("div", "crn-bar", ...presets);
  const help = element("p", "crn-help", "Draw with mouse or finger. Drag a point, or move it with ↑ ↓; ← → change point.");
  const root = region("crn-target-painter", "Target curve", canvas, bar, help);
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Preset curves");
  canvas.setAttribute("role", "group");
  canvas.setAttribute("aria-label", "Points of the curve");

  let values = []; // the curve as it is shown
  let handles = []; // for each point that can be dragged its element and its place in the curve
  let held = null; // what moves the curve now
  let frame = 0;

  const top = () => line.get("scales").y.get("max");

  function read() {
    if (held) return; // the hand knows better
    values = Float64Array.from(line.get("y"));
    const places = knots(values.length);
    if (places.join() !== handles.map(({ at }) => at).join()) {
      handles = places.map(handle);
      canvas.replaceChildren(...handles.map(({ node }) => node));
      handles[0]?.node.setAttribute("tabindex", "0");
    }
    arrange();
  }

  function arrange() {
    const times = line.get("x");
    const end = times[times.length - 1];
    for (const { node, at } of handles) {
      place(node, times[at] / end, values[at] / top());
      node.setAttribute("aria-label", `Point at time ${short(times[at])}`);
      node.setAttribute("aria-valuemax", short(top()));
      node.setAttribute("aria-valuenow", short(values[at]));
      node.dataset.value = short(values[at], 3);
    }
  }

  /** Draw the curve as it is in the next frame: in the browser alone. */
  function show() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      line.set("y", values.slice());
      arrange();
    });
  }

  /** Hold the curve by a point of it, or, with a pen, by none. */
  function take(at = null) {
    held = { at, from: values.slice(), last: null };
  }

  function letGo() {
    if (!held) return;
    const changed = values.some((value, i) => value !== held.from[i]);
    held = null;
    canvas.classList.remove("crn-held");
    if (!changed) return;
    show();
    model.send({ type: "paint" }, undefined, [values.slice().buffer]);
  }

  function bend(value) {
    const { at, from } = held;
    const limited = Math.min(Math.max(value, 0), top());
    values = hat(from, handles.map((handle) => handle.at), at, limited);
    show();
  }

  function handle(at) {
    const node = element("div", "crn-point");
    for (const [name, value] of Object.entries({ role: "slider", tabindex: "-1", "aria-orientation": "vertical" })) {
      node.setAttribute(name, value);
    }
    node.setAttribute("aria-valuemin", "0");
    node.dataset.at = at;
    return { node, at };
  }

  // -- the hand: a point where it takes one, else a pen ----------------------------------------------------------------

  /** Where the pointer is on the curve's grid, and at which value. */
  function under({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    const x = Math.min(Math.max((clientX - box.left) / box.width, 0), 1);
    const y = Math.min(Math.max((box.bottom - clientY) / box.height, 0), 1);
    return { x: x * (values.length - 1), y: y * top() };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || held) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const point = event.target.closest(".crn-point");
    point?.focus({ preventScroll: true });
    take(point ? Number(point.dataset.at) : null);
    held.pointer = event.pointerId;
    // Taken beside its middle, a point does not jump there.
    held.offset = point ? values[held.at] - under(event).y : 0;
    canvas.classList.add("crn-held");
    move(event);
  });

  function move(event) {
    if (held?.pointer !== event.pointerId) return;
    if (held.at !== null) {
      bend(under(event).y + held.offset);
      return;
    }
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const to of (moves.length ? moves : [event]).map(under)) {
      values = paint(values, held.last ?? to, to);
      held.last = to;
    }
    show();
  }

  canvas.addEventListener("pointermove", move);
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(type, (event) => held?.pointer === event.pointerId && letGo());
  }

  // -- the keys ----------------------------------------------------------------------------------------------------------

  const UPWARD = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
  const ALONG = { ArrowRight: 1, ArrowLeft: -1 };

  canvas.addEventListener("keydown", (event) => {
    const index = handles.findIndex(({ node }) => node === event.target);
    if (index < 0 || held?.pointer !== undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ALONG) {
      handles[index + ALONG[event.key]]?.node.focus();
    } else if (event.key in UPWARD || event.key === "Home") {
      const { at } = handles[index];
      if (!held) take(at);
      const step = niceStep(top() / 100);
      const by = UPWARD[event.key] * step * (event.shiftKey ? 10 : 1);
      bend(event.key === "Home" ? 0 : roundTo(values[at] + by, step / 10));
    } else {
      return;
    }
    event.preventDefault();
  });
  canvas.addEventListener("keyup", () => held?.pointer === undefined && letGo());
  canvas.addEventListener("focusout", () => held?.pointer === undefined && letGo());
  canvas.addEventListener("focusin", ({ target }) => {
    for (const { node } of handles) node.setAttribute("tabindex", node === target ? "0" : "-1");
  });

  read();
  const unfollow = follow(line, read);
  el.append(root);

  return () => {
    unfollow();
    letGo();
    cancelAnimationFrame(frame);
    root.remove();
  };
}

export default hearing({ render });
