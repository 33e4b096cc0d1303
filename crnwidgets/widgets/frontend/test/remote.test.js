import assert from "node:assert/strict";
import test from "node:test";
import { decode } from "../src/lib/network.js";
import { Remote } from "../src/plot/remote.js";
import { wire } from "./networks.js";

const network = decode(wire([[{ A: 1 }, { B: 1 }, 1, "k"]], { A: 1, B: 0 }));
const state = (value) => ({
  network,
  initial: Float64Array.of(value, 0),
  parameters: Float64Array.of(2),
  events: [{ time: 0.1, species: 1, operation: 1, amount: 4 }],
  duration: 1,
});

function start() {
  const answers = [];
  let receive;
  const model = { sent: [], send: (content) => model.sent.push(content), on: (_, f) => (receive = f), off() {} };
  const remote = new Remote(model, (answer, about) => answers.push([answer, about]));
  const last = () => model.sent.at(-1);
  return { model, remote, answers, last, receive: (...message) => receive(...message) };
}

const bytes = (values) => new DataView(Float32Array.from([7, ...values]).buffer, 4);

test("asks with names and reads the answer's bytes", () => {
  const { remote, answers, last, receive } = start();
  remote.ask(state(3));
  const { id, ...request } = last();
  assert.deepEqual(request, {
    type: "simulate",
    initial: { A: 3, B: 0 },
    parameters: { k: 2 },
    events: [[0.1, "B", "+=", 4]],
    duration: 1,
  });
  receive({ type: "trajectory", id }, [bytes([0, 0.1, 0.1, 1]), bytes([3, 2, 2, 1, 0, 1, 5, 6])]);
  const [{ times, concentrations, eventLevels, problem }, about] = answers[0];
  assert.equal(about, network);
  assert.deepEqual([...times], [0, 0.1, 0.1, 1].map(Math.fround));
  assert.deepEqual(concentrations.map((row) => [...row]), [[3, 2, 2, 1], [0, 1, 5, 6]]);
  assert.deepEqual(eventLevels, [5]);
  assert.equal(problem, null);
});

test("one request is under way, and of those that wait the latest goes next", () => {
  const { model, remote, last, receive } = start();
  for (const value of [1, 2, 3]) remote.ask(state(value));
  assert.equal(model.sent.length, 1);
  receive({ type: "failure", id: last().id, message: "no" });
  assert.equal(model.sent.length, 2);
  assert.equal(last().initial.A, 3);
  remote.ask(state(4));
  remote.forget();
  receive({ type: "failure", id: last().id, message: "no" });
  assert.equal(model.sent.length, 2);
});

test("answers to others are not taken", () => {
  const { remote, answers, receive } = start();
  remote.ask(state(1));
  receive({ type: "failure", id: "another", message: "no" });
  receive({ type: "else" });
  assert.deepEqual(answers, []);
});

test("a failure is passed on in words, also where there is no kernel", () => {
  const { remote, answers, last, receive } = start();
  remote.ask(state(1));
  receive({ type: "failure", id: last().id, message: "B grows" });
  remote.ask(state(1));
  receive({ type: "no-kernel", id: last().id }, []);
  assert.deepEqual(answers.map(([answer]) => answer.problem.kind), ["python", "python"]);
  assert.equal(answers[0][0].problem.message, "B grows");
  assert.match(answers[1][0].problem.message, /running kernel/);
});
