// Neural networks as they come from Python.
import { Neurons } from "../lib/neurons.js";

/** The float32 numbers of a DataView. */
export const floats = ({ buffer, byteOffset, byteLength }) =>
  new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));

/** The network that Python's `encode_neurons` describes, and its weights and biases a layer. */
export function decodeNeurons({ sizes, q, h, weights, biases }) {
  const [allWeights, allBiases] = [floats(weights), floats(biases)];
  const layers = { weights: [], biases: [] };
  let [edge, node] = [0, 0];
  sizes.slice(1).forEach((size, layer) => {
    layers.weights.push(allWeights.subarray(edge, (edge += size * sizes[layer])));
    layers.biases.push(allBiases.subarray(node, (node += size)));
  });
  return { neurons: new Neurons({ sizes, q, h, ...layers }), ...layers };
}
