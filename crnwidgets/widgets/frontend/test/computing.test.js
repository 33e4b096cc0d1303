import assert from "node:assert/strict";
import test from "node:test";
import { Cases, timeAt } from "../src/computing/cases.js";
import { codeOf, nearChange, readBits } from "../src/computing/code.js";
import { digitsOf, reading, rowOf } from "../src/computing/logic.js";
import { cellOf, coarseToFine, ENOUGH, lead, right, shareOf, SIDE, standIn, valueOf } from "../src/computing/outcome.js";
import { Source } from "../src/computing/source.js";
import { tie } from "../src/computing/tie.js";
import { decode } from "../src/lib/network.js";
import { PageModel } from "../src/lib/page-model.js";
import { wire } from "./networks.js";

// A decays into B: A = A₀ exp(−k t).
const DECAY = wire([[{ A: 1 }, { B: 1 }, 0.5]], { A: 1, B: 0 });
const RUNAWAY = wire([[{ A: 2 }, { A: 3 }, 1]], { A: 1 });
// [DCRN] section 4.3
const MAJORITY = wire(
  [
    [{ A: 1, B: 1 }, { B: 1, C: 1 }, 1],
    [{ A: 1, B: 1 }, { A: 1, C: 1 }, 1],
    [{ C: 1, A: 1 }, { A: 2 }, 1],
    [{ C: 1, B: 1 }, { B: 2 }, 1],
  ],
  { A: 0, B: 0, C: 0 },
);

const near = (actual, expected, tolerance) => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, ${expected}`);

test("each case starts where it is told and can be read at any place of its run", () => {
  const starts = [1, 0.5, 2];
  const cases = new Cases(decode(DECAY), [0], {
    duration: 8,
    count: 3,
    start: (initial, i) => (initial[0] = starts[i]),
  });
  assert.equal(cases.has(0), false);
  cases.work(Infinity);
  assert.ok(cases.finished);
  starts.forEach((start, i) => {
    for (const place of [0, 0.33, 0.5, 0.777, 1]) {
      near(cases.value(i, 0, place), start * Math.exp(-0.5 * timeAt(place, 8)), 1e-3 * start);
    }
  });
});

test("the time of a run begins slowly and ends where it should", () => {
  assert.equal(timeAt(0, 200), 0);
  assert.equal(timeAt(1, 200), 200);
  assert.ok(timeAt(0.5, 200) < 50);
});

test("cases are run a slice at a time, in their order", () => {
  const done = [];
  const settings = { duration: 1, count: 3, start: (_, i) => done.push(i), order: [2, 0, 1] };
  const cases = new Cases(decode(DECAY), [0], settings);
  cases.work(0);
  assert.ok(!cases.finished && !cases.presentable);
  cases.work(Infinity);
  assert.ok(cases.finished && cases.presentable);
  assert.deepEqual(done, [2, 0, 1]);
});

test("a run that cannot be made says why and leaves the others", () => {
  const cases = new Cases(decode(RUNAWAY), [0], {
    duration: 5,
    count: 2,
    start: (initial, i) => (initial[0] = i === 0 ? 1 : 0),
  });
  cases.work(Infinity);
  assert.match(cases.problem, /A grows beyond all bounds/);
  assert.deepEqual([cases.has(0), cases.has(1)], [false, true]);
});

test("interventions of the network play no part", () => {
  const changed = wire([[{ A: 1 }, { B: 1 }, 0.5]], { A: 1, B: 0 }, [[1, "A", "=", 5]]);
  const cases = new Cases(decode(changed), [0], { duration: 2, count: 1, start: () => {} });
  cases.work(Infinity);
  near(cases.value(0, 0, 1), Math.exp(-1), 1e-4);
});

test("two concentrations stand for a digit, or for none", () => {
  assert.deepEqual(digitsOf(6, 4), [0, 1, 1, 0]);
  for (let row = 0; row < 16; row++) assert.equal(rowOf(digitsOf(row, 4)), row);
  assert.equal(reading(0.95, 0.05, 0.1), 1);
  assert.equal(reading(0.05, 0.95, 0.1), 0);
  assert.equal(reading(0.95, 0.2, 0.1), null);
  assert.equal(reading(0.5, 0.5, 0.1), null);
});

test("codes of numbers, and what bits read", () => {
  assert.deepEqual([0, 0.124, 0.126, 0.6, 1].map((x) => codeOf(x, 3)), ["000", "000", "001", "100", "111"]);
  assert.equal(readBits([0.9, 0.1, 0.2, 0.3, 0.5, 0.4]), "101");
  assert.ok(nearChange(0.5, 3) && nearChange(0.125 + 1 / 129, 3));
  for (const x of [0, 0.001, 0.999, 1, 0.125 + 1 / 128, 0.19]) assert.ok(!nearChange(x, 3), String(x));
});

test("the map is filled from coarse to fine, each cell once, with nothing left blank", () => {
  const order = coarseToFine();
  assert.deepEqual([...order].sort((a, b) => a - b), [...Array(SIDE * SIDE).keys()]);
  const coarse = new Set(order.slice(0, Math.ceil(SIDE / 8) ** 2));
  assert.ok(order.slice(0, ENOUGH).every((cell) => (cell % SIDE) % 4 === 0 && Math.floor(cell / SIDE) % 4 === 0));
  for (const cell of order) assert.ok(coarse.has(standIn(cell, (other) => coarse.has(other))));
  const below = SIDE + 1; // the second of the second row
  assert.equal(standIn(below, (cell) => cell === below || cell === 0), below);
  assert.equal(standIn(below, (cell) => cell === 0), 0);
  for (let cell = 0; cell < SIDE; cell++) {
    assert.equal(cellOf(valueOf(cell)), cell);
    assert.equal(Math.floor(shareOf(valueOf(cell)) * SIDE), cell);
  }
  assert.deepEqual([valueOf(0), valueOf(SIDE - 1)], [0, 1]);
});

test("who leads, and whether rightly", () => {
  assert.equal(lead(0.75, 0.25, 0.4, 0.6), 0.5);
  assert.equal(lead(0, 0, 0, 0), 0);
  assert.equal(right(0.5, 0.6, 0.4), true);
  assert.equal(right(0.5, 0.4, 0.6), false);
  assert.equal(right(-0.5, 0.4, 0.6), true);
  assert.equal(right(0.5, 0.4, 0.4), null);
  assert.equal(right(1e-6, 0.4, 0.6), null);
});

test("approximate majority decides for the majority", () => {
  const starts = [[0.6, 0.4], [0.4, 0.6], [0.1, 0.05], [0.95, 0.99]];
  const cases = new Cases(decode(MAJORITY), [0, 1], {
    duration: 200,
    count: starts.length,
    start: (initial, i) => initial.set(starts[i]),
  });
  cases.work(Infinity);
  starts.forEach((start, i) => {
    const outcome = lead(cases.value(i, 0, 1), cases.value(i, 1, 1), ...start);
    near(Math.abs(outcome), 1, 0.02);
    assert.equal(right(outcome, ...start), true);
  });
});

test("the source tells of networks from Python and from a training run", () => {
  const model = new PageModel({ _network: DECAY, duration: 10, problem: "" });
  const emit = (network) => listeners.forEach((listener) => listener(network));
  const listeners = [];
  const { on } = model;
  model.on = (event, callback) => (event === "crn:network" ? listeners.push(callback) : on.call(model, event, callback));
  let count = 0;
  const source = new Source(model, () => count++);
  const key = source.keyWithout(["A"]);
  model.set("_network", { ...DECAY, initial: [0.3, 0] });
  assert.equal(count, 1);
  assert.equal(source.keyWithout(["A"]), key);
  model.set("_network", { ...DECAY, rates: [0.7] });
  assert.notEqual(source.keyWithout(["A"]), key);
  assert.equal(source.following, false);
  emit({ ...DECAY, rates: [0.9] });
  assert.deepEqual([count, source.following, source.network.rates[0]], [3, true, 0.9]);
  emit(MAJORITY); // of other species
  assert.equal(count, 3);
  model.set("duration", 20);
  assert.deepEqual([count, source.following], [4, false]);
  source.close();
  model.set("duration", 30);
  assert.equal(count, 4);
});

test("on a saved page the views go along with the plot, and the plot with the point of a map", () => {
  const network = wire([[{ A: 1 }, { B: 1 }, 0.5, "k"], [{ B: 1 }, { A: 1 }, 2]], { A: 1, B: 0 });
  const plot = new PageModel({ initial: { A: 1, B: 0 }, parameters: { k: 0.5 } });
  const map = new PageModel({ _network: network, problem: "", point: [1, 0] });
  const table = new PageModel({ _network: network, problem: "" });
  for (const view of [map, table]) tie(plot, view);

  plot.set("initial", { A: 0.25, B: 0.5 });
  plot.set("parameters", { k: 3 });
  for (const view of [map, table]) {
    const { initial, parameters, rates } = view.get("_network");
    assert.deepEqual([initial, parameters.values, rates], [[0.25, 0.5], [3], [3, 2]]);
  }
  assert.deepEqual(map.get("point"), [0.25, 0.5]);
  assert.equal(table.get("point"), undefined);

  map.set("point", [0.75, 0.125]);
  assert.deepEqual(plot.get("initial"), { A: 0.75, B: 0.125 });
  assert.deepEqual(table.get("_network").initial, [0.75, 0.125]);
});
