import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { heightOf, layout } from "../src/chambers/layout.js";
import { expand, expandEvents, levelsIn } from "../src/lib/chambers.js";
import { integrate, uniformTimes } from "../src/lib/integrate.js";
import { decode, ratesWith } from "../src/lib/network.js";
import { PlotState } from "../src/plot/state.js";
import { wire } from "./networks.js";

/** A network in a ring of three chambers, in which the second species passes, at the named rate p through one membrane. */
function ring(reactions = [[{ A: 1 }, { B: 1 }, 1, "k"]]) {
  const own = wire(reactions, { A: 0, B: 0 });
  return {
    ...own,
    parameters: { names: [...own.parameters.names, "p"], values: [...own.parameters.values, 0.5] },
    initial: [1, 0, 0, 0, 0, 3],
    events: { times: [1, 2], species: [0, 1], operations: [0, 1], amounts: [4, 5], chambers: [-1, 2] },
    chambers: {
      count: 3,
      membranes: [[0, 1], [1, 2], [0, 2]],
      passes: [[0, 1, 0.2, -1], [2, 1, 0.5, own.parameters.names.length]],
      positions: [[0.5, 0], [1, 1], [0, 1]],
    },
  };
}

test("chambers are one network: their reactions, and two for each species that passes a membrane", () => {
  const whole = expand(decode(ring()));
  assert.deepEqual(whole.species, ["A[1]", "B[1]", "A[2]", "B[2]", "A[3]", "B[3]"]);
  assert.deepEqual([...whole.inputs], [0, 2, 4, 1, 3, 1, 5]);
  assert.deepEqual([...whole.inputStart], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual([...whole.changes], [0, 1, 2, 3, 4, 5, 1, 3, 3, 1, 1, 5, 5, 1]);
  assert.deepEqual([...whole.amounts], [-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1]);
  assert.deepEqual([...whole.changeStart], [0, 2, 4, 6, 8, 10, 12, 14]);
  assert.deepEqual([...ratesWith(whole, [7, 9])], [7, 7, 7, 0.2, 0.2, 9, 9]);
});

test("interventions happen in their chamber, or in each", () => {
  const network = decode(ring());
  const events = expandEvents(network.events, network);
  assert.deepEqual(events.map((e) => [e.time, e.species, e.amount]), [[1, 0, 4], [1, 2, 4], [1, 4, 4], [2, 5, 5]]);
  assert.deepEqual(levelsIn(1, network.events, network, [10, 11, 12, 13]), [11, NaN]);
  assert.deepEqual(levelsIn(2, network.events, network, [10, 11, 12, 13]), [12, 13]);
});

test("what passes evens out, and nothing is lost", () => {
  const network = decode(ring([]));
  const whole = expand(network);
  const times = uniformTimes(100, 3);
  const { concentrations } = integrate(whole, times, { rates: ratesWith(whole, network.parameters), events: [] });
  concentrations.forEach((row, i) => assert.ok(Math.abs(row.at(-1) - (i % 2 ? 1 : Number(i === 0))) < 1e-6));
});

test("a network without chambers stays as it is", () => {
  const network = decode(wire([[{ A: 1 }, { B: 1 }, 1]], { A: 1, B: 0 }));
  assert.equal(expand(network), network);
  assert.deepEqual(levelsIn(0, [], network, [3]), [3]);
});

test("every chamber lies within the picture, apart from the others", () => {
  const circle = Array.from({ length: 9 }, (_, i) => [0.5 + Math.cos(i / 9 * 2 * Math.PI) / 2, 0.5 + Math.sin(i) / 2]);
  for (const positions of [[[0.5, 0.5]], [[0, 0.5], [1, 0.5]], [[0, 0], [0.5, 0], [0, 0.5], [0.5, 0.5]], circle]) {
    for (const width of [120, 400, 1200]) {
      const { radius, height, places } = layout(positions, width);
      assert.ok(radius > 0 && height < 360);
      places.forEach(([x, y], i) => {
        assert.ok(x >= radius && x <= width - radius && y >= radius && y <= height - radius);
        for (const [u, v] of places.slice(i + 1)) assert.ok(Math.hypot(x - u, y - v) > 2 * radius);
      });
    }
  }
});

test("a disc is filled by its area", () => {
  assert.deepEqual([0, 0.5, 1, 2].map((area) => Number(heightOf(area).toFixed(6))), [0, 0.5, 1, 1]);
  for (const height of [0.1, 0.3, 0.8]) {
    const angle = 2 * Math.acos(1 - 2 * height);
    assert.ok(Math.abs(heightOf((angle - Math.sin(angle)) / (2 * Math.PI)) - height) < 1e-6);
  }
});

test("a hand moves the chamber that is looked at, and all of them are sent", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const listeners = {};
  const traits = {
    _network: ring(),
    initial: { A: [1, 2, 3], B: [4, 5, 6] },
    parameters: { k: 1, p: 0.5 },
    events: [[1, "A", "=", 4], [2, "B", "+=", 5, 2]],
    duration: 10,
    chamber: 2,
    hidden: [],
    status: "",
  };
  const model = {
    get: (name) => traits[name],
    set: (name, value) => (traits[name] = value),
    save_changes() {},
    on: (event, listener) => (listeners[event] = listener),
    off() {},
  };
  const changes = [];
  const state = new PlotState(model, (what) => changes.push(what));
  assert.deepEqual([...state.initial], [3, 6]);
  assert.deepEqual(state.events.map((event) => state.concerns(event)), [true, true]);
  state.hold("initial", 1);
  state.setInitial(1, 7);
  assert.deepEqual(traits.initial, { A: [1, 2, 3], B: [4, 5, 7] });
  assert.equal(traits.moved, "B");
  traits.initial = { A: [1, 2, 9], B: [4, 8, 6] };
  listeners["change:initial"]();
  assert.deepEqual([...state.all], [1, 4, 2, 8, 9, 7]); // all but what the hand holds
  state.release();
  state.setChamber(0);
  assert.deepEqual([...state.initial], [1, 4]);
  assert.deepEqual(state.events.map((event) => state.concerns(event)), [true, false]);
  state.setEvent(state.events[1], { time: 3, amount: 6 });
  mock.timers.tick(200);
  assert.equal(traits.chamber, 0);
  assert.deepEqual(traits.events, [[1, "A", "=", 4], [3, "B", "+=", 6, 2]]);
  traits.chamber = 1;
  listeners["change:chamber"]();
  assert.equal(changes.at(-1), "chamber");
  assert.deepEqual([...state.initial], [2, 8]);
  const trajectory = { times: [0], concentrations: [[1], [2], [3], [4], [5], [6]], eventLevels: [1, 2, 3, 4] };
  assert.deepEqual(state.inChamber(trajectory).concentrations, [[3], [4]]);
  state.close();
  mock.timers.reset();
});
