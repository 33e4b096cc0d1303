import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { integrate, uniformTimes } from "../src/lib/integrate.js";
import { decode, ratesWith } from "../src/lib/network.js";
import { oscillator, wire } from "./networks.js";

const run = (network, end = 10, settings = {}) => integrate(decode(network), uniformTimes(end, 101), settings);
const decay = (rate = 1, events = []) => wire([[{ A: 1 }, {}, rate, "k"]], { A: 1 }, events);

/** Every point of one species within a relative tolerance of what a formula gives. */
function follows(result, species, formula, tolerance = 1e-5) {
  assert.equal(result.problem, null);
  result.times.forEach((t, i) => {
    const expected = formula(t);
    const error = Math.abs(result.concentrations[species][i] - expected);
    assert.ok(error <= tolerance * Math.abs(expected) + 1e-9, `at ${t}: off by ${error} from ${expected}`);
  });
}

test("exponential decay", () => follows(run(decay(0.7)), 0, (t) => Math.exp(-0.7 * t)));

test("exponential growth", () => follows(run(wire([[{ X: 1 }, { X: 2 }, 1]], { X: 1 })), 0, Math.exp));

test("logistic growth", () => {
  const network = wire([[{ X: 1 }, { X: 2 }, 1], [{ X: 2 }, { X: 1 }, 1]], { X: 0.01 });
  follows(run(network), 0, (t) => 1 / (1 + 99 * Math.exp(-t)));
});

test("second-order decay counts both molecules", () => {
  follows(run(wire([[{ X: 2 }, {}, 0.5]], { X: 2 })), 0, (t) => 2 / (1 + 2 * t));
});

test("third-order decay", () => follows(run(wire([[{ X: 3 }, {}, 1]], { X: 1 })), 0, (t) => (1 + 6 * t) ** -0.5));

test("inflow and outflow settle from zero", () => {
  follows(run(wire([[{}, { X: 1 }, 3], [{ X: 1 }, {}, 1.5]], { X: 0 })), 0, (t) => 2 * (1 - Math.exp(-1.5 * t)));
});

test("an enzyme keeps its concentration and sets the pace", () => {
  const result = run(wire([[{ S: 1, E: 1 }, { P: 1, E: 1 }, 2]], { S: 1, E: 0.25, P: 0 }));
  follows(result, 0, (t) => Math.exp(-t / 2));
  follows(result, 1, () => 0.25);
});

test("tiny units are as accurate as large ones", () => {
  for (const unit of [1e-9, 1e9]) {
    const result = run(wire([[{ X: 2 }, {}, 0.5 / unit]], { X: 2 * unit }));
    follows(result, 0, (t) => (2 * unit) / (1 + 2 * t));
  }
});

test("the ring of three conserves its mass and the product of its species", () => {
  const result = run(oscillator, 200);
  assert.equal(result.problem, null);
  const [a, b, c] = result.concentrations;
  result.times.forEach((_, i) => {
    assert.ok(Math.abs(a[i] + b[i] + c[i] - 1) < 1e-5);
    assert.ok(Math.abs(a[i] * b[i] * c[i] - 0.008) < 1e-5);
  });
});

test("points of the grid are those asked for", () => {
  const times = Float64Array.of(0, 0.1, 0.1001, 3, 10);
  const result = integrate(decode(decay()), times);
  assert.deepEqual(result.times, times);
  follows(result, 0, (t) => Math.exp(-t));
});

test("interventions jump upright and in order", () => {
  const events = [
    [4, "A", "=", 2],
    [2.05, "A", "+=", 1],
    [6, "A", "-=", 100],
    [4, "A", "+=", 0.5],
  ];
  const result = run(decay(1, events));
  assert.equal(result.problem, null);
  const at = (time) => [...result.times.keys()].filter((i) => result.times[i] === time);
  const value = (i) => result.concentrations[0][i];
  assert.equal(at(2.05).length, 2);
  const [before, after] = at(2.05).map(value);
  assert.ok(Math.abs(before - Math.exp(-2.05)) < 1e-5);
  assert.ok(Math.abs(after - before - 1) < 1e-12);
  assert.deepEqual(at(4).map(value).slice(1), [2.5]);
  assert.deepEqual(at(6).map(value).slice(1), [0]);
  assert.ok(Math.abs(value(at(5)[0]) - 2.5 * Math.exp(-1)) < 1e-5);
  assert.deepEqual([...result.eventLevels].map((x) => Number(x.toFixed(4))), [2, Number(after.toFixed(4)), 0, 2.5]);
  assert.ok(result.times.every((t, i) => i === 0 || t >= result.times[i - 1]));
});

test("interventions at the start and at the end show what they leave behind", () => {
  const result = run(decay(1, [[0, "A", "=", 3], [10, "A", "=", 7], [11, "A", "=", 9]]));
  const a = result.concentrations[0];
  assert.equal(a[0], 1);
  assert.equal(a[1], 3);
  assert.ok(Math.abs(a.at(-2) - 3 * Math.exp(-10)) < 1e-8);
  assert.equal(a.at(-1), 7);
  assert.equal(result.times.at(-1), 10);
  assert.ok(Number.isNaN(result.eventLevels[2]));
});

test("other values than the network's can be tried", () => {
  const network = decode(decay());
  const settings = { initial: [4], rates: ratesWith(network, [0.5]), events: [] };
  const result = integrate(network, uniformTimes(5, 51), settings);
  follows(result, 0, (t) => 4 * Math.exp(-t / 2));
});

test("no concentration is ever negative", () => {
  const result = run(wire([[{ A: 1 }, { B: 1 }, 50], [{ B: 2 }, {}, 80]], { A: 1, B: 0 }));
  assert.equal(result.problem, null);
  assert.ok(result.concentrations.every((values) => values.every((x) => x >= 0)));
});

test("a blow-up names the species and the time", () => {
  const { problem, times, concentrations } = run(wire([[{ X: 2 }, { X: 3 }, 1], [{}, { Y: 1 }, 1]], { Y: 0, X: 1 }));
  assert.equal(problem.kind, "blow-up");
  assert.match(problem.message, /^X grows beyond all bounds near time 1\.$/);
  assert.ok(times.at(-1) > 0.8 && times.at(-1) < 1.1);
  assert.equal(concentrations[0].length, times.length);
});

test("overflow is a blow-up too", () => {
  const { problem } = run(wire([[{ X: 1 }, { X: 2 }, 100]], { X: 1 }));
  assert.equal(problem.kind, "blow-up");
});

test("a stiff network is given up in time", () => {
  const robertson = wire(
    [
      [{ A: 1 }, { B: 1 }, 0.04],
      [{ B: 2 }, { B: 1, C: 1 }, 3e7],
      [{ B: 1, C: 1 }, { A: 1, C: 1 }, 1e4],
    ],
    { A: 1, B: 0, C: 0 },
  );
  const started = performance.now();
  const { problem, times } = run(robertson, 1e5);
  assert.equal(problem.kind, "stiff");
  assert.match(problem.message, /stiff network/);
  assert.ok(times.length < 101);
  assert.ok(performance.now() - started < 1000);
});

test("a large network is refused at once", () => {
  const species = Array.from({ length: 2000 }, (_, i) => `S${i}`);
  const chain = species.slice(1).map((name, i) => [{ [species[i]]: 1 }, { [name]: 1 }, 1]);
  const { problem, steps } = run(wire(chain, Object.fromEntries(species.map((name) => [name, 1]))));
  assert.equal(problem.kind, "large");
  assert.match(problem.message, /1999 reactions/);
  assert.equal(steps, 0);
});

test("numbers that are none are refused", () => {
  const network = decode(decay());
  for (const settings of [{ initial: [NaN] }, { initial: [-1] }, { rates: [Infinity] }]) {
    assert.equal(integrate(network, uniformTimes(1, 11), settings).problem.kind, "number");
  }
});

test("the input is left as it was", () => {
  const network = decode(oscillator);
  run(oscillator);
  integrate(network, uniformTimes(10, 11));
  assert.deepEqual([...network.initial], oscillator.initial);
});

test("a small network takes well under a frame", () => {
  const network = decode(oscillator);
  const times = uniformTimes(30, 600);
  for (let i = 0; i < 200; i++) integrate(network, times);
  const samples = Array.from({ length: 50 }, () => {
    const started = performance.now();
    integrate(network, times);
    return performance.now() - started;
  }).sort((a, b) => a - b);
  console.log(`oscillator: ${samples[25].toFixed(3)} ms, ${integrate(network, times).steps} steps`);
  assert.ok(samples[25] < 5);
});

const vectorFile = new URL("../../../../tests/vectors/trajectories.json", import.meta.url);
const vectors = JSON.parse(readFileSync(vectorFile, "utf8"));

test("the test vectors cover at least fifteen networks", () => {
  assert.ok(vectors.filter((vector) => !vector.stiff).length >= 15);
});

for (const { name, network, times, concentrations, stiff } of vectors) {
  test(`agrees with Python on ${name}`, () => {
    const result = integrate(decode(network), Float64Array.from(times));
    if (stiff && result.problem) {
      assert.equal(result.problem.kind, "stiff");
      return;
    }
    assert.equal(result.problem, null);
    const rows = times.map((time) => result.times.lastIndexOf(time));
    network.species.forEach((species, i) => {
      const expected = concentrations.map((row) => row[i]);
      // Relative to the value itself, down to a millionth of the species' range: nothing finer can be seen.
      const floor = 1e-6 * Math.max(...expected);
      expected.forEach((value, j) => {
        const error = Math.abs(result.concentrations[i][rows[j]] - value);
        assert.ok(error <= 1e-4 * Math.max(value, floor), `${species} at ${times[j]}: off by ${error} from ${value}`);
      });
    });
  });
}
