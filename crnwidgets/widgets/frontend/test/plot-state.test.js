import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { PlotState } from "../src/plot/state.js";
import { wire } from "./networks.js";

const NETWORK = wire([[{ A: 1 }, { B: 1 }, 1, "k"], [{ B: 1 }, { C: 1 }, 1, "q"]], { A: 0, B: 0, C: 0 });

/** A widget model as a view sees it; `arrive` is a message from Python, `sent` what a save would send. */
class Model {
  sent = [];
  #state;
  #unsaved = {};
  #listeners = {};

  constructor(state = {}) {
    this.#state = {
      _network: NETWORK,
      initial: { A: 1, B: 2, C: 3 },
      parameters: { k: 1, q: 2 },
      events: [[5, "A", "=", 1], [8, "B", "+=", 2]],
      duration: 30,
      hidden: [],
      reference: {},
      status: "",
      ...state,
    };
  }

  get = (name) => this.#state[name];
  on = (event, listener) => (this.#listeners[event] ??= new Set()).add(listener);
  off = (event, listener) => this.#listeners[event].delete(listener);

  set(name, value) {
    if (JSON.stringify(this.#state[name]) === JSON.stringify(value)) return;
    this.#unsaved[name] = value;
    this.arrive({ [name]: value });
  }

  save_changes() {
    if (Object.keys(this.#unsaved).length) this.sent.push(this.#unsaved);
    this.#unsaved = {};
  }

  arrive(values) {
    const different = Object.keys(values).filter((n) => JSON.stringify(this.#state[n]) !== JSON.stringify(values[n]));
    Object.assign(this.#state, values);
    for (const name of different) for (const listener of this.#listeners[`change:${name}`] ?? []) listener();
  }
}

function start(values) {
  const model = new Model(values);
  const changes = [];
  const state = new PlotState(model, (what) => changes.push(what));
  return { model, state, changes };
}

let now = 0;
/** Let time pass, for timers and for the clock that the state reads. */
function pass(milliseconds) {
  for (let i = 0; i < milliseconds; i++) {
    now += 1;
    mock.timers.tick(1);
  }
}

test.beforeEach(() => {
  now = 1000;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
});
test.afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

test("starts with the values of the traits, not with the blank ones of the network", () => {
  const { state } = start();
  assert.deepEqual([...state.initial], [1, 2, 3]);
  assert.deepEqual([...state.rates], [1, 2]);
  assert.deepEqual(state.events[1], { time: 8, species: 1, operation: 1, amount: 2 });
});

test("a drag sends at most ten values a second and always the last", () => {
  const { model, state } = start();
  state.hold("initial", 0);
  for (let i = 0; i < 60; i++) {
    state.setInitial(0, i);
    pass(16);
  }
  state.setInitial(0, 99);
  state.release();
  pass(200);
  assert.ok(model.sent.length >= 9 && model.sent.length <= 11, `${model.sent.length} messages`);
  assert.deepEqual(model.sent.at(-1), { initial: { A: 99, B: 2, C: 3 } });
});

test("what the hand holds is its own, the rest follows", () => {
  const { model, state, changes } = start();
  state.hold("initial", 0);
  state.setInitial(0, 7);
  model.arrive({ initial: { A: 0.5, B: 20, C: 3 } });
  assert.deepEqual([...state.initial], [7, 20, 3]);
  assert.deepEqual(changes, ["values"]);
  state.release();
  pass(200);
  assert.deepEqual(model.sent.at(-1), { initial: { A: 7, B: 20, C: 3 } });
  model.arrive({ initial: { A: 0.5, B: 20, C: 3 } });
  assert.deepEqual([...state.initial], [0.5, 20, 3]);
});

test("the last value stays the hand's until it is sent", () => {
  const { model, state } = start();
  state.hold("initial", 0);
  state.setInitial(0, 7);
  pass(10);
  state.setInitial(0, 8);
  state.release();
  model.arrive({ initial: { A: 7, B: 2, C: 3 } });
  assert.equal(state.initial[0], 8);
  pass(200);
  assert.equal(model.get("initial").A, 8);
});

test("a value that did not change is sent again at the end if another came in between", () => {
  const { model, state } = start();
  state.hold("initial", 0);
  state.setInitial(0, 7);
  pass(300);
  model.arrive({ initial: { A: 0.5, B: 2, C: 3 } });
  state.release();
  pass(200);
  assert.equal(model.get("initial").A, 7);
});

test("own messages cause no change", () => {
  const { state, changes } = start();
  state.hold("parameters", 1);
  state.setParameter(1, 5);
  state.release();
  pass(200);
  assert.deepEqual(changes, []);
});

test("interventions are sent in the order of time, and keep their identity", () => {
  const { model, state, changes } = start();
  const [first, second] = state.events;
  state.hold("events", first);
  state.setEvent(first, { time: 12, amount: 0.25 });
  assert.deepEqual(model.sent.at(-1).events, [[8, "B", "+=", 2], [12, "A", "=", 0.25]]);
  assert.equal(state.events[0], first, "the hand still carries it in its old place");
  model.arrive({ events: [[1, "C", "=", 1]] });
  assert.equal(state.events.length, 2);
  state.release();
  pass(200);
  assert.deepEqual(state.events, [second, first]);
  assert.deepEqual(changes, []);
  model.arrive({ events: [[8, "B", "+=", 2.5], [12, "A", "=", 0.25]] });
  assert.equal(state.events[0], second);
  assert.equal(second.amount, 2.5);
  assert.deepEqual(changes, ["events"]);
});

test("values that are none are not taken", () => {
  const { model, state } = start();
  model.arrive({ initial: { A: NaN, B: -1, Z: 4 }, parameters: { k: "7" }, duration: 0 });
  model.arrive({ events: [[1, "Z", "=", 1], [2, "A", "*=", 1], [3, "A", "=", 1]] });
  assert.deepEqual([...state.initial], [1, 2, 3]);
  assert.equal(state.parameters[0], 1);
  assert.equal(state.duration, 30);
  assert.deepEqual(state.events.map((e) => e.time), [3]);
});

test("a new network of the same species leaves the hand what it holds", () => {
  const { model, state, changes } = start();
  state.hold("initial", 2);
  state.setInitial(2, 9);
  const more = wire([[{ A: 1 }, { C: 1 }, 1, "k"], [{ B: 1 }, { C: 1 }, 1, "q"]], { A: 0, B: 0, C: 0 });
  model.arrive({ _network: more, initial: { A: 4, B: 5, C: 6 } });
  assert.deepEqual([...state.initial], [4, 5, 9]);
  assert.ok(state.held);
  assert.ok(changes.includes("reactions"));
});

test("a network of other species takes everything along, and nothing old is sent", () => {
  const { model, state, changes } = start();
  state.hold("initial", 1);
  state.setInitial(1, 9);
  pass(10);
  state.setInitial(1, 10);
  const count = model.sent.length;
  model.arrive({
    _network: wire([[{ X: 1 }, { Y: 1 }, 1]], { X: 0, Y: 0 }),
    initial: { X: 5, Y: 0 },
    parameters: {},
    events: [],
  });
  assert.ok(changes.includes("species"));
  assert.deepEqual([...state.initial], [5, 0]);
  assert.equal(state.held, false);
  state.release();
  pass(500);
  assert.equal(model.sent.length, count);
});

test("other named rates leave the rest alone", () => {
  const { model, state, changes } = start();
  state.hold("initial", 0);
  state.setInitial(0, 9);
  model.arrive({
    _network: wire([[{ A: 1 }, { B: 1 }, 1, "z"], [{ B: 1 }, { C: 1 }, 1]], { A: 0, B: 0, C: 0 }),
    parameters: { z: 6 },
  });
  assert.deepEqual([...state.rates], [6, 1]);
  assert.ok(state.held);
  assert.ok(changes.includes("parameters"));
});

test("two views of one model follow each other", () => {
  const { model, state } = start();
  const changes = [];
  const other = new PlotState(model, (what) => changes.push(what));
  state.hold("initial", 0);
  state.setInitial(0, 4);
  assert.equal(other.initial[0], 4);
  state.toggleHidden("B");
  pass(200);
  assert.deepEqual([...other.hidden], ["B"]);
  assert.deepEqual(changes, ["values", "hidden"]);
  other.close();
  state.setInitial(0, 5);
  pass(200);
  assert.equal(other.initial[0], 4);
});

test("closing sends what is unsent and nothing more", () => {
  const { model, state } = start();
  state.setInitial(0, 4);
  state.setInitial(0, 5);
  state.close();
  assert.equal(model.get("initial").A, 5);
  const count = model.sent.length;
  state.close();
  pass(500);
  assert.equal(model.sent.length, count);
});

/** As the page computes one from a frame: without named rates. */
const computed = (rate, initial) => wire([[{ A: 1 }, { B: 1 }, rate], [{ C: 1 }, { A: 1 }, 2]], initial);

test("follows a network of the page's own without telling Python", () => {
  const { model, state, changes } = start();
  assert.equal(state.follow(computed(3, { A: 4, B: 5, C: 6 })), "parameters");
  assert.deepEqual([...state.rates], [3, 2]);
  assert.deepEqual([...state.initial], [4, 5, 6]);
  assert.equal(state.events.length, 2);
  assert.equal(state.follow(computed(1, { A: 4, B: 5, C: 6 })), "reactions");
  assert.equal(state.follow(wire([], { X: 1 })), null);
  assert.deepEqual([...state.rates], [1, 2]);
  pass(1000);
  assert.deepEqual([changes, model.sent], [[], []]);
  model.arrive({ _network: wire([[{ A: 1 }, { B: 1 }, 7]], { A: 0, B: 0, C: 0 }) });
  assert.deepEqual([...state.rates], [7]);
  assert.deepEqual([...state.initial], [1, 2, 3], "Python's word is the last one");
});

test("what the hand holds does not follow, nor right after it let go", () => {
  const { state } = start();
  state.hold("initial", 1);
  state.setInitial(1, 9);
  state.follow(computed(3, { A: 4, B: 5, C: 6 }));
  assert.deepEqual([...state.initial], [4, 9, 6]);
  state.release();
  pass(200);
  state.follow(computed(3, { A: 4, B: 5, C: 6 }));
  assert.deepEqual([...state.initial], [4, 9, 6]);
  pass(400);
  state.follow(computed(3, { A: 4, B: 5, C: 6 }));
  assert.deepEqual([...state.initial], [4, 5, 6]);
});

test("reads the curves to compare with", () => {
  const { model, state, changes } = start({ reference: { A: [[0, 1], [2, 3]] } });
  assert.deepEqual([...state.reference], [["A", { times: [0, 1], values: [2, 3] }]]);
  model.arrive({ reference: {} });
  assert.deepEqual([state.reference.size, changes], [0, ["reference"]]);
});
