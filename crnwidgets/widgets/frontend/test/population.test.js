import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { memberNetwork } from "../src/lib/frames.js";
import { integrate, uniformTimes } from "../src/lib/integrate.js";
import { decode } from "../src/lib/network.js";
import { Curves, farthest } from "../src/population/curves.js";
import { GAP, layOut } from "../src/population/painter.js";
import { ends, flatLoss, LEVEL_COLORS, lossLevel } from "../src/population/scale.js";
import { solve } from "../src/population/solve.js";

const ABOUT = {
  species: ["A", "B", "C"],
  colors: ["#000", "#000", "#000"],
  written: ["A", "B", "C"],
  duration: 20,
  steps: 100,
  outputs: [1],
  events: { times: [], species: [], operations: [], amounts: [] },
  target: [0, 1],
};

/** A frame of networks given as lists of `[catalyst, input, output, rate]`, all of which start from the same. */
function frame(networks, { kMin = 1e-3, playing = false, start = [0.8, 0.1, 0.1] } = {}) {
  const rates = new Float32Array(27 * networks.length);
  networks.forEach((network, member) => {
    for (const [c, i, o, rate] of network) rates[27 * member + 9 * c + 3 * i + o] = rate;
  });
  return {
    settings: { k_min: kMin },
    playing,
    population: networks.length,
    size: 3,
    rates,
    initial: Float32Array.from(networks.flatMap(() => start)),
    losses: new Float32Array(networks.length),
    known: new Uint8Array(networks.length).fill(1),
  };
}

// No test depends on how busy the machine is.
test.beforeEach(() => mock.method(performance, "now", () => 0));
test.afterEach(() => mock.restoreAll());

const RING = [
  [1, 0, 1, 1],
  [2, 1, 2, 1],
  [0, 2, 0, 1],
];

test("small curves agree with the plot's own integration", () => {
  const all = frame([[...RING, [2, 0, 1, 0.2], [0, 0, 2, 0.01]]]);
  const times = uniformTimes(20, 51);
  const { concentrations } = integrate(decode(memberNetwork(ABOUT, all, 0, 1e-3)), times);
  const rows = solve(all.rates, all.initial, 51, 0.2, 2);
  assert.ok(farthest(rows, concentrations) < 1e-4);
});

test("curves are those of the species shown, without what is slower than k_min", () => {
  const network = [...RING, [0, 0, 2, 0.01]];
  const curves = new Curves(ABOUT, 1, 20, 41);
  curves.take(frame([network], { kMin: 0.02 }), 0, 1e-9);
  curves.move(1000);
  const [pruned] = curves.rows(0);
  const expected = solve(frame([RING]).rates, [0.8, 0.1, 0.1].map(Math.fround), 41, 0.25, 2)[1];
  assert.deepEqual([...pruned], [...expected]);
  const every = new Curves({ ...ABOUT, outputs: [0, 1, 2], target: undefined }, 1, 20, 41);
  every.take(frame([network]), 0, 1e-9);
  assert.equal(every.rows(0).length, 3);
});

test("interventions happen in small curves as they do in the plot", () => {
  const events = { times: [5, 5, 12], species: [0, 1, 2], operations: [0, 1, 2], amounts: [0.9, 0.3, 0.1] };
  const all = frame([RING]);
  const wire = { ...memberNetwork(ABOUT, all, 0, 1e-3), events };
  const { concentrations } = integrate(decode(wire), Float64Array.of(0, 4, 6, 11, 13, 20));
  const curves = new Curves({ ...ABOUT, outputs: [0, 2], events }, 1, 20, 41);
  curves.take(all, 0, 1e-9);
  const [first, last] = curves.rows(0);
  // At an intervention the plot has two more points.
  const same = (row, at, expected) => assert.ok(Math.abs(row[2 * at] - expected) < 1e-3, `${row[2 * at]} at ${at}`);
  [4, 6, 11, 13, 20].forEach((at, i) => {
    const place = [1, 4, 5, 8, 9][i];
    same(first, at, concentrations[0][place]);
    same(last, at, concentrations[2][place]);
  });
});

test("curves of much that reacts at once do not run away", () => {
  const start = [2.7, 0.2, 0.1];
  const about = { ...ABOUT, duration: 800, steps: 1600 };
  const all = frame([[...RING, [1, 1, 0, 0.9], [0, 1, 2, 1]]], { start });
  const curves = new Curves(about, 1, 800, 64);
  curves.take(all, 0, 1e-9);
  const { concentrations } = integrate(decode(memberNetwork(about, all, 0, 1e-3)), uniformTimes(800, 64));
  assert.ok(Math.abs(curves.rows(0)[0].at(-1) - concentrations[1].at(-1)) < 0.02);
  assert.ok(curves.rows(0)[0].every((value) => value >= -1e-3 && value <= 3.001));
});

test("curves glide to the next frame, and what hardly moves is there at once", () => {
  const curves = new Curves(ABOUT, 2, 20, 41);
  const other = RING.map(([c, i, o]) => [c, i, o, 0.5]);
  curves.take(frame([RING, RING]), 0, 1e-3);
  const [before] = curves.rows(0);
  curves.take(frame([other, RING.map(([c, i, o]) => [c, i, o, 1 + 1e-6])]), 100, 1e-3);
  assert.equal(curves.move(150), true);
  assert.notDeepEqual([...curves.rows(0)[0]], [...before]);
  const after = [...curves.rows(1)[0]];
  assert.equal(curves.move(1000), false);
  assert.deepEqual([...curves.rows(1)[0]], after);
});

test("a frame that takes too long is left for the next one, which goes on from there", () => {
  let now = 0;
  performance.now.mock.mockImplementation(() => (now += 5));
  const curves = new Curves(ABOUT, 3, 20, 41);
  const all = frame([RING, RING, RING]);
  assert.equal(curves.take(all, 0, 1e-9), false);
  assert.deepEqual([0, 1, 2].map((member) => curves.rows(member).length), [1, 1, 0]);
  assert.equal(curves.take(all, 0, 1e-9), false);
  assert.equal(curves.rows(2).length, 1);
});

test("a network that has not come yet has no curve", () => {
  const curves = new Curves(ABOUT, 2, 20, 41);
  curves.take({ ...frame([RING, RING]), known: Uint8Array.of(0, 1) }, 0, 1e-9);
  assert.deepEqual([curves.rows(0).length, curves.rows(1).length], [0, 1]);
});

test("losses have levels between a level line and the best network", () => {
  assert.ok(Math.abs(flatLoss([0.1, 0.5, 0.1, 0.5]) - 0.04) < 1e-12);
  const range = ends(0.04, 0.001);
  assert.deepEqual(range, [0.04, 0.001]);
  const levels = [NaN, Infinity, 1, 0.04, 0.02, 0.005, 0.001, 1e-9].map((loss) => lossLevel(loss, range));
  assert.deepEqual(levels.slice(0, 4), [0, 0, 0, 0]);
  assert.deepEqual(levels, levels.toSorted((a, b) => a - b));
  assert.deepEqual(levels.slice(-2), [LEVEL_COLORS.length - 1, LEVEL_COLORS.length - 1]);
  assert.deepEqual(ends(0.04, Infinity), [0.04, 0.004], "before there is a best one");
  assert.ok(ends(0.04, 0)[1] > 0);
});

for (const [width, count] of [[720, 40], [300, 40], [60, 7], [1200, 1], [900, 3]]) {
  test(`${count} pictures fit into ${width} pixels`, () => {
    const grid = layOut(width, count);
    assert.ok(grid.columns * grid.rows >= count && grid.columns * (grid.rows - 1) < count);
    assert.ok(grid.columns * (grid.width + GAP) - GAP <= width + 1e-9);
    assert.ok(grid.height > 40);
  });
}
