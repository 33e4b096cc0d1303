// A neural network as chemistry: layers of nodes that fill until they are at their activations, live.
import { Told } from "./chambers/told.js";
import { followCanvas, resize } from "./computing/canvas.js";
import { button, element, region } from "./lib/dom.js";
import { short } from "./lib/format.js";
import { hearing } from "./lib/hearing.js";
import { Pace } from "./lib/pace.js";
import { Chemistry } from "./neural/chemistry.js";
import { key } from "./neural/controls.js";
import { inkColors, paintGrey, paintSigned } from "./neural/grey.js";
import { Bars, paintBars, Sliders } from "./neural/inputs.js";
import { Layers } from "./neural/layers.js";
import { niceTop } from "./neural/layout.js";
import { Outbox } from "./neural/outbox.js";
import { Pad } from "./neural/pad.js";
import { Transport } from "./neural/transport.js";
import { decodeNeurons, floats } from "./neural/wire.js";
import "./neural-view.css";

const SHARE = 0.6; // of the page's time, for what moves by itself
const FEWEST = 16; // inputs of a picture,
const SLIDERS = 16; // or that have sliders
const SMALL = [98, 98]; // pixels of weights

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** Show a `NeuralView` in `el`; returns what takes it down again. */
function render({ model, el }) {
  let { neurons, weights } = decodeNeurons(model.get("_network"));
  let names = model.get("names");
  const [inputs] = neurons.sizes;
  const side = Math.sqrt(inputs);
  const pictured = Number.isInteger(side) && inputs >= FEWEST;
  const slid = !pictured && inputs <= SLIDERS;
  const first = slid ? 0 : 1; // the first layer whose nodes are shown

  const examples = readExamples(model.get("_examples"), inputs);
  let image = floats(model.get("_image"));
  const full = Math.max(1, ...examples.map(({ most }) => most), image.reduce((a, b) => Math.max(a, b), 0));
  const chemistry = new Chemistry(neurons, image);
  const hand = pictured ? new Pad(side, full, drawn) : slid ? new Sliders(inputs, drawn) : new Bars(inputs);
  const transport = new Transport(changed, (level) => {
    chemistry.start(level);
    changed();
  });
  const layers = new Layers(() => {
    looked = true;
    pace.now();
  });

  const clear = button(slid ? "All 0" : "Clear", () => put(new Float64Array(inputs)));
  const next = button("Next example", () => {
    const after = (example + 1) % examples.length;
    put(examples[after].image);
    example = after;
  });
  const which = element("span", "crn-example");
  const actions = element("div", "crn-actions", clear, next, which);
  clear.hidden = !pictured && !slid;
  next.hidden = examples.length === 0;
  const seen = small("crn-seen", "what the network gets");
  const own = small("crn-weights", "");
  const smalls = element("div", "crn-smalls", seen.node, own.node);
  seen.node.hidden = !pictured;
  own.node.hidden = slid;
  const left = element("div", "crn-input", hand.node, actions, smalls);
  const answer = new Told();
  const about = new Told();
  const shown = element("span");
  const signs = [key("crn-positive", "positive weight"), key("crn-negative", "negative")];
  const legend = element("p", "crn-help crn-key", ...signs, shown);
  const right = element("div", "crn-network", answer.seen, layers.node, about.seen, legend);
  const both = element("div", "crn-both", left, right);
  const heard = [answer.heard, about.heard];
  const root = region("crn-computing crn-neural-view", "Neural network", both, transport.node, ...heard);
  answer.seen.classList.add("crn-answer");
  left.setAttribute("role", "group");
  left.setAttribute("aria-label", "Input");

  let example = -1; // which one is the input
  let width = 0;
  let tops = neurons.sizes.map(() => 0); // concentrations of a full circle of each layer
  let looked = true; // another node is looked at, or there are other edges
  let fresh = true; // the inputs have changed
  let colors = null;
  let sent = image; // the input that was sent last, or came

  const pace = new Pace(SHARE, paint, root);
  const outbox = new Outbox(model);

  // -- inputs ---------------------------------------------------------------------------------------------------------

  /** A small picture with words. */
  function small(className, text) {
    const canvas = element("canvas");
    canvas.setAttribute("aria-hidden", "true");
    Object.assign(canvas, { width: side, height: side });
    const words = element("figcaption", "", text);
    return { canvas, words, node: element("figure", className, canvas, words) };
  }

  /** A hand has changed the inputs. */
  function drawn() {
    example = -1;
    fresh = true;
    changed();
  }

  /** Have other inputs. */
  function put(values) {
    hand.values = values;
    drawn();
  }

  function read() {
    example = examples.findIndex((each) => each.image.every((value, i) => value === image[i]));
    hand.values = image;
    fresh = true;
  }

  function takeInputs() {
    const before = image;
    image = Float32Array.from(hand.values);
    chemistry.setInput(image);
    if (image.every((value, i) => value === before[i])) {
      image = before;
    } else {
      sent = image;
      outbox.set("_image", new DataView(image.slice().buffer));
    }
    raise(chemistry.goal);
  }

  // -- scales ---------------------------------------------------------------------------------------------------------

  /** Have scales with room for these activations; they only grow, for nobody can read one that moves. */
  function raise(goal) {
    tops[0] = Math.max(tops[0], niceTop(image.reduce((a, b) => Math.max(a, b), 0)));
    for (let layer = 1; layer < neurons.sizes.length; layer++) {
      const part = goal.subarray(neurons.offsets[layer - 1], neurons.offsets[layer]);
      tops[layer] = Math.max(tops[layer], niceTop(part.reduce((a, b) => Math.max(a, b), 0)));
    }
  }

  function raiseForExamples() {
    for (const each of examples) raise(neurons.activations(neurons.drive(each.image)));
  }

  // -- painting -------------------------------------------------------------------------------------------------------

  /** Something has changed that the chemistry follows, or is to be seen. */
  function changed() {
    root.dataset.ready = "false";
    pace.now();
  }

  function paint() {
    const now = performance.now();
    if (fresh) takeInputs();
    if (transport.playing && stillness.matches) chemistry.settle();
    else if (transport.playing && !chemistry.resting) chemistry.advance(transport.tick(now));
    const moves = transport.playing && !chemistry.resting;
    if (!moves) transport.rest();
    colors ??= inkColors(root);
    if (fresh) {
      hand.paint(colors);
      if (pictured) paintGrey(seen.canvas, image, full, colors);
    }
    if (width) show();
    fresh = false;
    say();
    root.dataset.ready = String(!moves);
    if (moves) pace.request();
  }

  function show() {
    if (looked) {
      layers.drawEdges();
      showWeights();
    }
    looked = false;
    const at = (values) => (layer, node) => (layer ? values[neurons.offsets[layer - 1] + node] : image[node]);
    layers.fill(at(chemistry.x), at(chemistry.goal), tops, names.length > 1 ? largest() : -1);
  }

  function showWeights() {
    const { drawn: count, all } = layers.edges;
    legend.hidden = all === 0;
    shown.textContent = count < all ? `the ${count} strongest of ${all} edges` : "";
    const node = layers.chosen;
    if (node?.layer !== 1) {
      resize(own.canvas, ...SMALL);
      own.words.textContent = "point at a node of layer 1 for its weights";
      return;
    }
    const values = weights[0].subarray(node.node * inputs, (node.node + 1) * inputs);
    own.words.textContent = `weights of node ${node.node + 1}: ${pictured ? "light +, dark −" : "up +, down −"}`;
    if (pictured) paintSigned(own.canvas, values, side);
    else paintBars(own.canvas, SMALL, values, `rgb(${colors[1]})`);
  }

  /** The output with most at the moment. */
  function largest() {
    const outputs = chemistry.x.subarray(neurons.offsets.at(-2));
    return outputs.indexOf(outputs.reduce((a, b) => Math.max(a, b)));
  }

  // -- words ----------------------------------------------------------------------------------------------------------

  function say() {
    const { settled, x } = chemistry;
    transport.show(chemistry.time);
    const label = examples[example]?.label;
    which.textContent = example < 0 ? "" : `example ${example + 1} of ${examples.length}: ${names[label]}`;
    const winner = names[largest()];
    const right = label === undefined || !settled ? "" : names[label] === winner ? ", right" : ", wrong";
    const value = short(x[neurons.offsets.at(-2) + largest()], 3);
    const result = names.length > 1 ? `${winner} ✓ largest, ${value}${right}` : `output ${winner}: ${value}`;
    answer.say(`${result} – ${stateOf(settled)}`);
    about.say(wordsOf(layers.chosen));
  }

  function stateOf(settled) {
    if (settled) return `settled within t = ${short(chemistry.since, 3)}`;
    if (chemistry.resting) return "nothing goes on: with h = 0 nothing comes back from 0";
    return transport.playing ? "settling" : "paused";
  }

  /** What a node has. */
  function wordsOf(node) {
    if (!node) return "Point at a node, or Tab to it, for its numbers and edges.";
    if (!node.layer) return `${node.name}: ${short(image[node.node], 3)}`;
    const place = neurons.offsets[node.layer - 1] + node.node;
    return `${node.name}: ${short(chemistry.x[place], 3)}, settles to ${short(chemistry.goal[place], 3)}`;
  }

  // -- changes --------------------------------------------------------------------------------------------------------

  function build() {
    if (!width) return;
    layers.build(neurons.sizes, weights, names, first, width);
    looked = true;
  }

  function onNetwork() {
    const { sizes } = neurons;
    ({ neurons, weights } = decodeNeurons(model.get("_network")));
    chemistry.setNeurons(neurons, image);
    fresh = looked = true;
    if (String(sizes) === String(neurons.sizes)) {
      layers.weights = weights;
    } else {
      tops = neurons.sizes.map(() => 0);
      build();
    }
    raiseForExamples();
    changed();
  }

  function onNames() {
    names = model.get("names");
    build();
    changed();
  }

  function onImage() {
    const heard = floats(model.get("_image"));
    const ours = heard.every((value, i) => value === sent[i]);
    if (ours || hand.busy) return;
    image = sent = heard;
    read();
    changed();
  }

  model.on("change:_network", onNetwork);
  model.on("change:_image", onImage);
  model.on("change:names", onNames);
  read();
  raiseForExamples();
  const leaveCanvas = followCanvas(layers.node.firstChild, (now) => {
    colors = null;
    fresh = looked = true;
    if (now !== width) {
      width = now;
      build();
    }
    changed();
  });
  el.append(root);
  changed();

  return () => {
    leaveCanvas();
    pace.close();
    outbox.close();
    answer.close();
    about.close();
    model.off("change:_network", onNetwork);
    model.off("change:_image", onImage);
    model.off("change:names", onNames);
    root.remove();
  };
}

/** The examples that Python sends: for each its image, its label and its largest number. */
function readExamples({ images, labels }, inputs) {
  const all = floats(images);
  return labels.map((label, i) => {
    const image = all.subarray(i * inputs, (i + 1) * inputs);
    return { image, label, most: image.reduce((a, b) => Math.max(a, b), 0) };
  });
}

export default hearing({ render });
