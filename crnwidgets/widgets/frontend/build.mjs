// Bundles each view into ../static: one self-contained ES module and one style sheet a view.
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const views = [
  "rule-editor",
  "dynamics-plot",
  "reaction-graph",
  "equations",
  "page",
  "training-panel",
  "population-view",
  "loss-plot",
  "pareto-plot",
  "target-painter",
  "evaluation-panel",
  "majority-map",
  "truth-table",
  "segment-display",
  "bit-raster",
  "chamber-view",
  "space-time",
  "neural-view",
  "learning-plot",
  "activation-plot",
  "convergence-plot",
];

const options = {
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: Object.fromEntries(views.map((name) => [name.replaceAll("-", "_"), `src/${name}.js`])),
  outdir: "../static",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8", // the widget's source travels as text; escapes would make Graphviz half as large again
  legalComments: "none",
  logLevel: "warning",
};

if (process.argv.includes("--watch")) {
  await (await esbuild.context(options)).watch();
} else {
  await esbuild.build(options);
}
