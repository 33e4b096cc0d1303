import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Pace } from "../src/lib/pace.js";

const FRAME = 1000 / 60;
let now = 0;
let frames = [];
let look = null; // what a page does when the element comes into sight or leaves it
let finished = null; // what a page does once a frame is painted

test.beforeEach(() => {
  now = 0;
  frames = [];
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
  globalThis.requestAnimationFrame = (paint) => frames.push(paint);
  globalThis.cancelAnimationFrame = () => (frames = []);
  globalThis.IntersectionObserver = class {
    constructor(seen) {
      look = (isIntersecting) => seen([{ isIntersecting }]);
    }
    observe() {}
    disconnect() {}
  };
  globalThis.MessageChannel = class {
    port1 = { close() {} };
    port2 = { postMessage: () => (finished = () => this.port1.onmessage()) };
  };
});
test.afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** Let frames go by, each of which takes so long to paint if anything is painted; returns when something was. */
function pass(count, cost) {
  const painted = [];
  for (let i = 0; i < count; i++) {
    const due = frames;
    frames = [];
    const start = now;
    for (const paint of due) paint();
    if (due.length) painted.push(start);
    now += due.length ? cost : 0;
    finished?.();
    finished = null;
    for (; now < start + FRAME; now += 0.25) mock.timers.tick(0.25);
    now = start + FRAME;
  }
  return painted;
}

/** A pace that asks for the next frame each time it has painted. */
function gliding(share) {
  const pace = new Pace(share, () => pace.request());
  pace.request();
  return pace;
}

test("what costs next to nothing is painted in every frame", () => {
  gliding(0.1);
  assert.equal(pass(60, 0.5).length, 60);
});

test("what costs much is painted less often, on a grid that all paces share", () => {
  const pace = gliding(0.1);
  pass(60, 5);
  assert.equal(pace.interval, 4 * FRAME);
  assert.ok(!pace.smooth);
  const painted = pass(120, 5);
  assert.ok(painted.length >= 26 && painted.length <= 32, String(painted.length));
  for (const time of painted) {
    const place = (time + FRAME / 2) / (4 * FRAME);
    assert.ok(Math.abs(place - Math.round(place)) < 0.3, String(place));
  }
  pass(200, 0.1);
  assert.equal(pace.interval, FRAME, "and again in every frame, once it costs less");
});

test("a hand does not wait", () => {
  const pace = gliding(0.1);
  pass(60, 5);
  pass(1, 5);
  frames = [];
  pace.request();
  pace.now();
  assert.equal(pass(1, 5).length, 1);
});

test("what is out of sight is painted when it comes into it", () => {
  gliding(0.1);
  look(false);
  pass(1, 1);
  assert.equal(pass(20, 1).length, 0);
  look(true);
  assert.ok(pass(20, 1).length >= 9);
});

test("requests add up to one", () => {
  let count = 0;
  const pace = new Pace(0.1, () => count++);
  for (let i = 0; i < 5; i++) pace.request();
  pace.now();
  pass(5, 1);
  assert.equal(count, 1);
});

test("a closed one paints no more", () => {
  let count = 0;
  const pace = new Pace(0.1, () => count++);
  pace.request();
  pace.close();
  pass(5, 1);
  assert.equal(count, 0);
});
