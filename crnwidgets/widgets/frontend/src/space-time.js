// Chambers over time: one row a chamber, in colours how much of a species is there.
import { Course } from "./chambers/course.js";
import { RAMP, rampAt } from "./chambers/ramp.js";
import { Told } from "./chambers/told.js";
import { followCanvas, resize } from "./computing/canvas.js";
import { element, region } from "./lib/dom.js";
import { decimalStep, short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import "./space-time.css";

const COLUMNS = 400; // moments in the picture
const EDGE = { left: 54, right: 12, top: 8, bottom: 36 }; // around the picture, in CSS pixels
const ROWS = [200, 480]; // pixels that the rows are high together, if they can be, and at most
const ROW = [3, 26]; // and each at least, if it can be, and at most
const LABEL = 16; // pixels from one row's number to the next, at least
const TICK = 50; // and from one time to the next
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const FONT = "12px system-ui, sans-serif";

/** The smallest 1, 2 or 5 times a power of ten that is not below a length. */
const leastNice = (length) =>
  [1, 2, 5, 10].map((factor) => factor * decimalStep(length)).find((step) => step >= 0.999999 * length);

/** Show a `SpaceTime` in `el`; returns what takes it down again. */
function render({ model, el }) {
  const chooser = element("select");
  const low = element("span", "", "0");
  const high = element("span");
  const ramp = element("span", "crn-ramp");
  ramp.style.background = RAMP;
  const key = element("span", "crn-key", low, ramp, high);
  const bar = element("div", "crn-bar", element("label", "", "species ", chooser), key);
  const canvas = element("canvas");
  const told = new Told();
  const problem = element("p", "crn-problem");
  const parts = [problem, bar, canvas, told.seen, told.heard];
  const root = region("crn-computing crn-space-time", "Chambers over time", ...parts);
  problem.setAttribute("role", "status");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Chambers over time: arrow keys go to another moment or chamber");

  let width = 0;
  let look = null;
  let image = null; // the picture, a pixel a chamber and moment
  let painted = -1; // the species in it
  let top = 0;
  let pointed = null; // what is under the pointer

  const course = new Course(model, root, { build, paint });
  const { state } = course;
  chooser.addEventListener("change", () => {
    course.look.choose(chooser.value);
    course.schedule();
  });

  function build() {
    image = pointed = null;
    chooser.replaceChildren(...course.network.species.map((name) => new Option(name)));
  }

  // -- painting -------------------------------------------------------------------------------------------------------

  const row = () => {
    const [fitting, most] = ROWS.map((height) => height / course.count);
    return Math.min(ROW[1], most, Math.max(ROW[0], fitting));
  };

  function paint(fresh) {
    const { text, harmless } = course.status;
    problem.classList.toggle("crn-harmless", harmless);
    if (problem.textContent !== text) problem.textContent = text;
    if (fresh || !image || painted !== course.chosen) fill();
    if (width) draw();
    chooser.value = course.network.species[course.chosen];
    high.textContent = short(top, 3);
    say();
    return false;
  }

  function fill() {
    const { chosen, count } = course;
    painted = chosen;
    const highest = course.highest([chosen]);
    top = state.held ? Math.max(top, highest) : highest;
    const pixels = new ImageData(COLUMNS, count);
    for (let column = 0; column < COLUMNS; column++) {
      const time = momentOf((column + 0.5) / COLUMNS);
      if (time > course.end) break; // nobody knows what comes then
      const value = course.at(time);
      for (let chamber = 0; chamber < count; chamber++) {
        const place = 4 * (chamber * COLUMNS + column);
        pixels.data.set(rampAt(top > 0 ? value(chamber, chosen) / top : 0), place);
        pixels.data[place + 3] = 255;
      }
    }
    image = new OffscreenCanvas(COLUMNS, count);
    image.getContext("2d").putImageData(pixels, 0, 0);
  }

  const momentOf = (share) => share * state.duration;

  function draw() {
    look ??= readLook();
    const [across, down] = [width - EDGE.left - EDGE.right, row() * course.count];
    const context = resize(canvas, width, EDGE.top + down + EDGE.bottom);
    context.imageSmoothingEnabled = false;
    context.drawImage(image, EDGE.left, EDGE.top, across, down);
    context.strokeStyle = look.muted;
    context.lineWidth = 1;
    context.strokeRect(EDGE.left - 0.5, EDGE.top - 0.5, across + 1, down + 1);
    axes(context, across, down);
    mark(context, across, down);
  }

  function readLook() {
    const style = getComputedStyle(root);
    const [text, muted, background] = ["text", "muted", "background"].map((n) => style.getPropertyValue(`--crn-${n}`));
    return { text, muted, background };
  }

  function axes(context, across, down) {
    context.fillStyle = look.text;
    context.font = FONT;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const every = Math.max(1, leastNice(LABEL / row()));
    for (let number = every; number <= course.count; number += every) {
      context.fillText(String(number), EDGE.left - 14, EDGE.top + (number - 0.5) * row());
    }
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    const step = leastNice((TICK * state.duration) / across);
    for (let i = 0; i * step <= state.duration * 1.000001; i++) {
      const x = EDGE.left + ((i * step) / state.duration) * across;
      context.fillText(short(i * step), x, EDGE.top + down + 15);
    }
    context.fillText("time", EDGE.left + across / 2, EDGE.top + down + 31);
    context.save();
    context.translate(11, EDGE.top + down / 2);
    context.rotate(-Math.PI / 2);
    if (down >= 60) context.fillText("chamber", 0, 0);
    context.restore();
  }

  /** A line at the moment looked at, a frame around the row of the chamber. */
  function mark(context, across, down) {
    const x = EDGE.left + (course.time / state.duration) * across;
    const y = EDGE.top + state.chamber * row();
    const strokes = [
      [look.background, 4],
      [look.text, 1.5],
    ];
    for (const [color, lineWidth] of strokes) {
      Object.assign(context, { strokeStyle: color, lineWidth });
      context.beginPath();
      context.moveTo(x, EDGE.top - 4);
      context.lineTo(x, EDGE.top + down + 4);
      context.rect(EDGE.left, y, across, row());
      context.stroke();
    }
    context.fillStyle = look.text;
    context.beginPath();
    context.moveTo(EDGE.left - 3, y + row() / 2);
    context.lineTo(EDGE.left - 10, y + row() / 2 - 5);
    context.lineTo(EDGE.left - 10, y + row() / 2 + 5);
    context.fill();
  }

  function say() {
    const { chamber, time } = pointed ?? { chamber: state.chamber, time: course.time };
    const known = chamber < course.count && time <= course.end;
    const name = course.network.species[course.chosen];
    const amount = known ? `${name} ${short(course.at(time)(chamber, course.chosen), 3)}` : "not known";
    told.say(`Chamber ${chamber + 1} at time ${short(time, 3)}: ${amount}`);
  }

  // -- the hand -------------------------------------------------------------------------------------------------------

  function under({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    const share = (clientX - box.left - EDGE.left) / (box.width - EDGE.left - EDGE.right);
    const chamber = Math.floor((clientY - box.top - EDGE.top) / row());
    const within = share >= 0 && share <= 1 && chamber >= 0 && chamber < course.count;
    return within ? { chamber, time: momentOf(share) } : null;
  }

  function go({ chamber, time }) {
    state.setChamber(chamber);
    course.look.goTo(time, true);
    course.schedule();
  }

  canvas.addEventListener("pointermove", (event) => {
    pointed = under(event);
    if (pointed && event.buttons & 1) go(pointed);
    course.schedule();
  });
  canvas.addEventListener("pointerleave", () => {
    pointed = null;
    course.schedule();
  });
  canvas.addEventListener("pointerdown", (event) => {
    const to = under(event);
    if (to && event.button === 0) go(to);
  });
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [later, below] = STEPS[event.key];
    const step = (event.shiftKey ? 0.1 : 0.01) * state.duration;
    pointed = null;
    go({
      chamber: Math.max(0, Math.min(course.count - 1, state.chamber + below)),
      time: Math.max(0, Math.min(state.duration, course.time + later * step)),
    });
  });

  build();
  const leaveCanvas = followCanvas(canvas, (now) => {
    width = now;
    look = null;
    course.schedule();
  });
  el.append(root);
  course.schedule();

  return () => {
    leaveCanvas();
    told.close();
    course.close();
    root.remove();
  };
}

export default hearing({ render });
