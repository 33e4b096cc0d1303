import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Neurons, root } from "../src/lib/neurons.js";

const vectorFile = new URL("../../../../tests/vectors/neurons.json", import.meta.url);
const vectors = JSON.parse(readFileSync(vectorFile, "utf8"));

/** Each number within a relative tolerance of the one expected. */
function near(found, expected, tolerance, least = 1e-10) {
  assert.equal(found.length, expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs(found[i] - value);
    assert.ok(error <= tolerance * Math.abs(value) + least, `${i}: ${found[i]} is no ${value}`);
  });
}

for (const { name, d, activations, rates, initial, times, concentrations, ...network } of vectors) {
  const neurons = new Neurons(network);

  test(`agrees with Python: ${name}`, () => {
    const drive = neurons.drive(d);
    near(neurons.activations(drive), activations, 1e-9);
    near(neurons.rates(neurons.activations(drive)), rates, 1e-9);
    const x = Float64Array.from(initial);
    times.forEach((time, i) => {
      if (i) neurons.advance(drive, x, time - times[i - 1]);
      near(x, concentrations[i], 1e-6);
    });
  });

  test(`many short steps are as good as one: ${name}`, () => {
    const drive = neurons.drive(d);
    const [often, once] = [Float64Array.from(initial), Float64Array.from(initial)];
    for (let k = 0; k < 50; k++) neurons.advance(drive, often, 0.01);
    neurons.advance(drive, once, 0.5);
    near(often, once, 1e-6);
  });
}

/** A network with random weights around 0, as large as `scale`. */
function random(sizes, q, h, scale = 1) {
  let state = 1;
  const draw = () => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5;
  const layers = sizes.slice(1);
  const weights = layers.map((size, l) => Float32Array.from({ length: size * sizes[l] }, () => scale * draw()));
  const biases = layers.map((size) => Float32Array.from({ length: size }, draw));
  return new Neurons({ sizes, q, h, weights, biases });
}

test("layers lie one after the other", () => {
  const { count, offsets } = random([5, 4, 3], 2, 1);
  assert.equal(count, 7);
  assert.deepEqual(offsets, [0, 4, 7]);
});

test("roots are roots, for any order and any input", () => {
  for (const q of [2, 3, 8]) {
    for (const h of [1e-6, 1, 100]) {
      for (const y of [-1e3, -1, -1e-9, 0, 1e-9, 1, 1e3]) {
        const x = root(q, h, y);
        assert.ok(x > 0);
        const terms = [h, y * x, -(q - 1) * x ** q];
        const lack = Math.abs(terms[0] + terms[1] + terms[2]);
        assert.ok(lack <= 1e-13 * Math.max(...terms.map(Math.abs)), `q = ${q}, h = ${h}, y = ${y}: ${lack}`);
      }
    }
    assert.equal(root(q, 0, -2), 0);
    assert.ok(Math.abs(root(q, 0, 2) - (2 / (q - 1)) ** (1 / (q - 1))) < 1e-12);
  }
});

test("every start settles on the activations, whatever the order and the weights", () => {
  for (const q of [2, 3, 8, 64]) {
    for (const scale of [1, 100]) {
      const neurons = random([6, 5, 4, 3], q, 1, scale);
      const drive = neurons.drive([0.2, 0.9, 0, 0.4, 1, 0.6]);
      for (const start of [0, 1, 1e6]) {
        const x = new Float64Array(neurons.count).fill(start);
        neurons.advance(drive, x, 1000);
        near(x, neurons.activations(drive), 1e-6);
      }
    }
  }
});

test("numbers that are not finite come to an end, too", () => {
  const neurons = random([2, 2, 1], 2, 1);
  const x = new Float64Array(3).fill(1);
  neurons.advance(Float64Array.of(NaN, 1), x, 1);
  assert.ok(x.every(Number.isNaN));
});
