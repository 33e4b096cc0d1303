import assert from "node:assert/strict";
import test from "node:test";
import { chosenMember, memberNetwork, readFrame, reactionCount, Relay } from "../src/lib/frames.js";
import { frame } from "./training.js";

const ABOUT = { species: ["A", "B c"], colors: ["#1", "#2"], written: ["A", '"B c"'] };

test("a frame is read from bytes that start anywhere", () => {
  const read = readFrame(...frame({ losses: [3, 1], rates: [[0.5, 0], [0, 2]], offset: 3 }), null);
  assert.deepEqual([read.population, read.size, read.id, read.step], [2, 2, 1, 10]);
  assert.deepEqual([...read.losses, ...read.counts], [3, 1, 1, 1]);
  assert.deepEqual([...read.initial], [0.25, 0.75, 0.25, 0.75]);
  assert.deepEqual([...read.known], [1, 1]);
  assert.deepEqual(read.best, { loss: 0.5, count: 7 });
});

test("no best network is an infinite loss", () => {
  assert.equal(readFrame(...frame({ content: { best: [null, 0] } }), null).best.loss, Infinity);
});

test("networks that a frame leaves out stay as they were", () => {
  const first = readFrame(...frame({ losses: [3, 1, 2], rates: [[1, 1]], members: [1] }), null);
  assert.deepEqual([...first.known], [0, 1, 0]);
  const second = readFrame(...frame({ losses: [3, 1, 2], rates: [[5, 5], [6, 6]], members: [2, 0] }), first);
  assert.deepEqual([...second.known], [1, 1, 1]);
  assert.deepEqual([0, 1, 2].map((member) => second.rates[8 * member + 1]), [6, 1, 5]);
  assert.deepEqual([...first.known], [0, 1, 0], "what was read before is not changed");
  // another population: nothing of before is kept
  assert.deepEqual([...readFrame(...frame({ losses: [1, 1], rates: [[1, 1]], members: [0] }), second).known], [1, 0]);
});

test("the network to look at", () => {
  const of = (losses) => ({ losses: Float32Array.from(losses), population: losses.length });
  assert.equal(chosenMember(of([3, 1, 2]), -1), 1);
  assert.equal(chosenMember(of([3, 1, 2]), 2), 2);
  assert.equal(chosenMember(of([3, 1, 2]), 7), 1);
  assert.equal(chosenMember(of([NaN, Infinity, 2]), -1), 2);
});

test("a network in wire form, with the reactions that are fast enough", () => {
  const read = readFrame(...frame({ losses: [1], rates: [[0.25, 0.001]] }), null);
  const network = memberNetwork(ABOUT, read, 0, 0.01);
  assert.deepEqual(network.labels, ['A -0.25,A-> "B c"']);
  assert.deepEqual([network.inputs, network.changes, network.amounts], [[0, 0], [0, 1], [-1, 1]]);
  assert.deepEqual([network.inputStart, network.changeStart, network.rateParameter], [[0, 2], [0, 2], [-1]]);
  assert.deepEqual([network.initial, network.rates], [[0.25, 0.75], [0.25]]);
  assert.equal(reactionCount(read, 0, 0.01), 1);
  // at the threshold itself in single precision, as Python compares
  assert.equal(memberNetwork(ABOUT, read, 0, 0.001).rates.length, 2);
  assert.equal(reactionCount(read, 0, 0.001), 2);
  assert.equal(reactionCount(read, 0, 0), 2);
});

test("a relay hands on to models that live, once they are there", async () => {
  const got = [];
  const models = {
    here: { comm_live: true, trigger: (...event) => got.push(["here", ...event]) },
    gone: { comm_live: false, trigger: (...event) => got.push(["gone", ...event]) },
  };
  const manager = {
    get_model: async (id) => {
      if (!(id in models)) throw new Error("widget model not found");
      return models[id];
    },
  };
  const relay = new Relay(manager);
  const references = ["IPY_MODEL_here", "IPY_MODEL_gone", "IPY_MODEL_late"];
  relay.send(references, "event", 1);
  await new Promise(setImmediate);
  relay.send(references, "event", 2, 3);
  assert.deepEqual(got, [["here", "event", 2, 3]]);
  assert.deepEqual(references.map((reference) => relay.lives(reference)), [true, false, true]);
  models.late = { comm_live: true, trigger: (...event) => got.push(["late", ...event]) };
  await new Promise(setImmediate);
  relay.send(["IPY_MODEL_late"], "event", 4);
  await new Promise(setImmediate);
  relay.send(["IPY_MODEL_late"], "event", 5);
  assert.deepEqual(got.at(-1), ["late", "event", 5]);
});
