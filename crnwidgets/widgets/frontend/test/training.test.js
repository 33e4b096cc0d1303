import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Scale } from "../src/training/scale.js";
import { Session } from "../src/training/session.js";
import { frame, Model } from "./training.js";

/** A session with a clock and a page that stand still until they are told to go on. */
function start(t) {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1e6 });
  t.after(() => mock.timers.reset());
  const model = new Model();
  const paints = [];
  const session = new Session(model, (paint) => paints.push(paint));
  t.after(() => session.close());
  const paint = () => paints.splice(0).forEach((callback) => callback());
  const arrive = (options) => model.arrive(...frame(options));
  /** Answer what was sent, as Python does. */
  const answer = (messages, more = {}) => {
    for (const { id } of messages) model.arrive({ type: "answer", id, problem: "", playing: false, ...more });
  };
  return { model, session, paint, arrive, answer, wait: (ms) => mock.timers.tick(ms) };
}

const settle = () => new Promise(setImmediate);

test("a slider's positions and values", () => {
  const scale = new Scale(1e-4, 1);
  assert.deepEqual([scale.value(0), scale.value(1), scale.value(scale.positions)], [0, 1e-4, 1]);
  for (let place = 0; place <= scale.positions; place++) {
    assert.ok(Math.abs(scale.position(scale.value(place)) - place) <= 2, `at ${place}`);
  }
  assert.deepEqual([scale.position(0), scale.position(1e-9), scale.position(50)], [0, 1, scale.positions]);
});

test("a frame that is awaited is acknowledged once it is painted, of two the later one", (t) => {
  const { model, session, paint, arrive } = start(t);
  assert.deepEqual(model.take(), [{ type: "ready" }]);
  let painted = 0;
  session.watch(() => painted++);
  paint();
  arrive({ content: { id: 4 } });
  arrive({ content: { id: 5, step: 20 } });
  assert.deepEqual(model.take("ack"), []);
  paint();
  assert.deepEqual(model.take("ack"), [{ type: "ack", painted: 5 }]);
  assert.equal(session.frame.step, 20);
  assert.equal(painted, 2);
  paint();
  assert.deepEqual(model.take("ack"), []);
  arrive({ content: { id: 6, awaited: false } });
  paint();
  assert.equal(painted, 3);
  assert.deepEqual(model.take("ack"), []);
});

test("what the hand does is painted at once, a frame of the training may wait", (t) => {
  const { session, paint, arrive } = start(t);
  const urgencies = [];
  session.watch((urgent) => urgencies.push(urgent));
  paint();
  arrive({ content: { playing: true } });
  paint();
  arrive({ content: { playing: true } });
  session.change("l1", 0.5);
  paint();
  arrive();
  paint();
  assert.deepEqual(urgencies, [true, false, true, true]);
});

test("frames and the network looked at are handed on within the page", async (t) => {
  const { model, session, paint, arrive } = start(t);
  await settle();
  const losses = [2, 1];
  const rates = [[0.5, 0.002], [0.25, 0.002]];
  arrive({ losses, rates });
  paint();
  const [[id, event, content], network] = model.followers.splice(0);
  assert.deepEqual([id, event, content.type], ["frames", "msg:custom", "frame"]);
  assert.deepEqual(network.slice(0, 2), ["networks", "crn:network"]);
  assert.deepEqual(network[2].rates, [0.25, 0.0020000000949949026], "the one with the lowest loss");
  session.select(0);
  paint();
  assert.equal(model.followers.splice(0).at(-1)[2].rates[0], 0.5);
  // pruning is seen at once, and the kernel's frames of before do not undo it
  session.change("k_min", 0.01);
  paint();
  const [again, pruned] = model.followers.splice(0);
  assert.equal(again[2].settings.k_min, 0.01);
  assert.deepEqual(pruned[2].rates, [0.5]);
  arrive({ losses, rates });
  assert.equal(model.followers.splice(0)[0][2].settings.k_min, 0.01);
});

test("a dragged setting is sent now and then, its last value always", (t) => {
  const { model, session, arrive, wait } = start(t);
  arrive();
  model.take();
  for (let i = 1; i <= 30; i++) {
    session.change("entropy", i);
    session.change("l1", 2 * i);
    wait(10);
  }
  session.release("entropy");
  session.release("l1");
  wait(100);
  const sent = model.take("change");
  assert.ok(sent.length >= 3 && sent.length <= 5, `${sent.length} messages`);
  const together = Object.assign({}, ...sent.map(({ settings }) => settings));
  assert.deepEqual(together, { entropy: 30, l1: 60 });
});

test("what the hand holds stays until a frame confirms it", (t) => {
  const { model, session, arrive, answer, wait } = start(t);
  arrive({ content: { settings: { entropy: 1 } } });
  session.change("entropy", 5);
  session.release("entropy");
  arrive({ content: { settings: { entropy: 1 } } });
  assert.equal(session.setting("entropy"), 5);
  answer(model.take("change"));
  arrive({ content: { settings: { entropy: 5 } } });
  arrive({ content: { settings: { entropy: 7 } } });
  assert.equal(session.setting("entropy"), 7, "another page changed it");
  // the kernel has taken it, and yet says otherwise
  session.change("entropy", 9);
  session.release("entropy");
  wait(100);
  answer(model.take("change"));
  wait(1100);
  arrive({ content: { settings: { entropy: 7 } } });
  assert.equal(session.setting("entropy"), 7);
});

test("the step looked at is the hand's until a frame shows what it led to", (t) => {
  const { model, session, arrive, answer, wait } = start(t);
  arrive({ content: { step: 100, history: [0, 100] } });
  assert.equal(session.past, null);
  session.scrub(80);
  const first = model.take("scrub");
  session.scrub(50);
  arrive({ content: { past: null } });
  answer(first);
  arrive({ content: { past: 64 } });
  assert.equal(session.past, 50);
  wait(100);
  answer(model.take("scrub"));
  assert.equal(session.past, 50);
  arrive({ content: { past: 32 } });
  assert.equal(session.past, 32, "the nearest that there is a record of");
  session.scrub(null);
  assert.equal(session.past, null);
});

test("a refused setting is given back, with the reason", (t) => {
  const { model, session, arrive, answer } = start(t);
  arrive({ content: { settings: { l1: 1 } } });
  session.change("l1", 5);
  answer(model.take("change"), { problem: "Argument `l1` must be smaller." });
  assert.equal(session.setting("l1"), 1);
  assert.deepEqual(session.status, { text: "Argument `l1` must be smaller.", harmless: false });
  session.step();
  assert.equal(session.status.text, "");
});

test("what is pressed goes out at once and after what was changed", (t) => {
  const { model, session } = start(t);
  model.take();
  session.change("l1", 1);
  session.change("l1", 2);
  session.play();
  assert.deepEqual(model.take().map(({ type, settings }) => [type, settings?.l1]), [
    ["change", 1],
    ["change", 2],
    ["play", undefined],
  ]);
  session.scrub(4);
  session.scrub(8);
  session.reset(null);
  const sent = model.take().map(({ type, step, seed }) => [type, step ?? seed]);
  assert.deepEqual(sent, [["scrub", 8], ["reset", null]]);
});

test("playing is what was pressed, until the kernel has heard of it", (t) => {
  const { model, session, arrive, answer } = start(t);
  arrive();
  session.toggle();
  assert.ok(session.playing);
  arrive();
  assert.ok(session.playing, "a frame from before");
  answer(model.take("play"), { playing: true });
  assert.ok(session.playing);
  arrive({ content: { playing: true } });
  session.toggle();
  arrive({ content: { playing: true } });
  assert.ok(!session.playing);
  answer(model.take("pause"));
  arrive({ content: { playing: true } });
  assert.ok(session.playing, "another page pressed");
});

test("Python is told to follow with what acknowledges frames while training, and once when it stops", (t) => {
  const { model, paint, arrive, wait } = start(t);
  model.take();
  for (let id = 0; id < 30; id++) {
    arrive({ content: { id, playing: true, awaited: id % 10 === 9 } });
    paint();
    wait(100);
  }
  assert.deepEqual(model.take("refresh").map(({ painted }) => painted), [9, 19, 29]);
  assert.deepEqual(model.take("ack"), []);
  arrive();
  wait(1000);
  assert.equal(model.take("refresh").length, 1);
  wait(3000);
  assert.equal(model.take("refresh").length, 0);
});

test("a kernel that does not answer, is busy, or prepares", (t) => {
  const { model, session, paint, arrive, answer, wait } = start(t);
  wait(2000);
  assert.match(session.status.text, /^Preparing/);
  arrive();
  assert.equal(session.status.text, "");
  paint();
  wait(500);
  answer(model.take());
  session.play();
  answer(model.take("play"), { playing: true });
  wait(2000);
  assert.match(session.status.text, /^Preparing/);
  assert.ok(session.status.harmless);
  arrive({ content: { playing: true } });
  assert.equal(session.status.text, "");
  // frames come, and answers do not
  session.step();
  for (let i = 0; i < 60; i++) {
    arrive({ content: { playing: true } });
    paint();
    wait(100);
  }
  assert.match(session.status.text, /busy/);
  // nothing comes
  wait(6000);
  assert.match(session.status.text, /^No answer from the kernel/);
  assert.ok(!session.status.harmless);
  answer(model.take());
  arrive();
  assert.equal(session.status.text, "");
});

test("a hidden page neither acknowledges nor complains", (t) => {
  const { model, session, arrive, answer, wait } = start(t);
  arrive({ content: { playing: true } });
  wait(1500);
  answer(model.take(), { playing: true });
  wait(20000);
  assert.equal(session.status.text, "");
  assert.deepEqual(model.take("ack"), []);
});

test("a kernel that was restarted", async (t) => {
  const { model, session } = start(t);
  await settle();
  assert.ok(session.connected);
  model.comm_live = false;
  model.trigger("comm_live_update");
  assert.ok(!session.connected);
  assert.deepEqual(session.status, { text: "The kernel was restarted: run the cell again.", harmless: false });
});

test("a message that cannot be sent any more raises nothing", (t) => {
  const { model, session, paint, arrive } = start(t);
  model.send = () => {
    throw new Error("Cannot send");
  };
  arrive();
  paint();
  assert.match(session.status.text, /restarted/);
  assert.ok(!session.connected);
  session.play();
});

test("what stopped the training is said", (t) => {
  const { session, arrive } = start(t);
  arrive({ content: { error: "ValueError: no" } });
  assert.deepEqual(session.status, { text: "ValueError: no", harmless: false });
});

test("a session that was closed does nothing any more", (t) => {
  const { model, session, paint, arrive, wait } = start(t);
  session.change("l1", 1);
  session.change("l1", 2);
  session.watch(() => assert.fail("painted"));
  session.close();
  model.take();
  arrive();
  paint();
  wait(5000);
  assert.deepEqual(model.take(), []);
});
