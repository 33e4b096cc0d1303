import assert from "node:assert/strict";
import test from "node:test";
import { Neurons } from "../src/lib/neurons.js";
import { distance, distanceNear, Falls, startsOf } from "../src/neural/falls.js";

const network = (h, q = 2) =>
  new Neurons({
    sizes: [2, 2, 1],
    q,
    h,
    weights: [Float32Array.of(1, -2, -1, -3), Float32Array.of(2, -1)],
    biases: [Float32Array.of(0.5, 0.25), Float32Array.of(-1)],
  });

/** All starts of a network, fallen. */
function fallen(neurons, highest, number = 6) {
  const falls = new Falls(neurons, neurons.drive([1, 0.5]), startsOf(neurons.count, number, highest, 3), highest);
  falls.advance(Infinity);
  return falls;
}

test("starts are from 0, from the highest and from in between, each time the same", () => {
  const starts = startsOf(50, 12, 1e6, 7);
  assert.deepEqual(starts[0], new Float64Array(50));
  assert.deepEqual(starts[1], new Float64Array(50).fill(1e6));
  const drawn = starts.slice(2).flatMap((start) => [...start]);
  assert.ok(drawn.every((value) => value >= 0.01 && value < 1e6));
  // As many below the middle of the orders of magnitude as above.
  const below = drawn.filter((value) => value < 100).length / drawn.length;
  assert.ok(below > 0.42 && below < 0.58);
  assert.deepEqual(startsOf(50, 5, 1e6, 7), starts.slice(0, 5));
  assert.notDeepEqual(startsOf(50, 12, 1e6, 8)[2], starts[2]);
  assert.ok(startsOf(9, 3, 1, 0)[2].every((value) => value >= 0.01 && value <= 1));
});

for (const q of [2, 3, 8]) {
  test(`all starts come to the fixed point, in the end as fast as the slowest node: q = ${q}`, () => {
    const falls = fallen(network(1, q), 1e6);
    const { times, paths, distances, fixed, rate } = falls;
    assert.ok(falls.done && paths.length === 6 && paths[0].length === times.length);
    assert.ok(times.every((time, i) => i === 0 || time > times[i - 1]));
    assert.ok(paths[1][0].every((x) => x > 1e5 || q > 3)); // it is seen where it comes from
    for (const row of distances) {
      assert.ok(row.at(-1) < 1e-5);
      const [early, late] = [times.length - 12, times.length - 1];
      const slope = Math.log(row[early] / row[late]) / (times[late] - times[early]);
      assert.ok(Math.abs(slope / rate - 1) < 0.1, `${slope} is no ${rate}`);
    }
    assert.equal(distance(paths[2].at(-1), fixed), distances[2].at(-1));
    const near = distanceNear(falls, 1e-3);
    const place = times.indexOf(near);
    assert.ok(distances.every((row) => row[place] <= 1e-3) && distances.some((row) => row[place - 1] > 1e-3));
    assert.equal(distanceNear(falls, 1e-30), null);
  });
}

test("a node from infinity falls as its decay alone would let it", () => {
  const { times, paths } = fallen(network(1), 1e6);
  const place = times.findIndex((time) => time >= 1e-5);
  for (const x of paths[1][place].slice(0, 2)) {
    assert.ok(Math.abs(x / (1 / (1e-6 + times[place])) - 1) < 1e-3);
  }
});

test("with h = 0 a node at 0 stays there", () => {
  const { paths, distances, rate, fixed } = fallen(network(0), 100);
  assert.deepEqual([...paths[0].at(-1)], [0, 0, 0]);
  assert.equal(fixed[1], 0);
  assert.equal(rate, 0);
  assert.ok(distances.every((row) => row.every(Number.isFinite)));
});

test("a start low down is looked at as long", () => {
  const { times, distances } = fallen(network(1), 1);
  assert.ok(times[0] < 1e-2 && times.at(-1) > 3);
  assert.ok(distances.every((row) => row.at(-1) < 1e-5));
});
