// Frames and models for the tests of training.

const SETTINGS = { learning_rate: 0.05, l1: 0, entropy: 0, energy: 0, k_min: 0.001, normalize: true, strategy: "double" };

const view = (array, offset) => {
  const bytes = new Uint8Array(array.byteLength + offset);
  bytes.set(new Uint8Array(array.buffer), offset);
  return new DataView(bytes.buffer, offset);
};

/**
 * A frame's message, of networks of two species: for each `[rate of A -A-> B, rate of B -B-> A]`, and losses, of all or
 * of these members. `offset` is where the numbers start in their buffers.
 */
export function frame({ losses, rates = [[1, 0.5]], members = null, offset = 0, content = {} } = {}) {
  const all = losses ?? rates.map((_, i) => 1 + i);
  return [
    {
      type: "frame",
      id: 1,
      step: 10,
      past: null,
      playing: false,
      speed: 0,
      error: "",
      best: [0.5, 7],
      history: [0, 10],
      members,
      awaited: true,
      ...content,
      settings: { ...SETTINGS, ...content.settings },
    },
    [
      Float32Array.from(all),
      Int32Array.from(all, () => 1),
      Float32Array.from(rates.flatMap(([ab, ba]) => [0, ab, 0, 0, 0, 0, ba, 0])),
      Float32Array.from(rates.flatMap(() => [0.25, 0.75])),
    ].map((array) => view(array, offset)),
  ];
}

/** A widget model as the panel sees it; `arrive` is a message from Python, `sent` what goes there. */
export class Model {
  sent = [];
  comm_live = true;
  followers = [];
  #listeners = {};
  #state = {
    selected: -1,
    _reference: "IPY_MODEL_own",
    _followers: { frames: ["IPY_MODEL_frames"], networks: ["IPY_MODEL_networks"] },
    _about: { species: ["A", "B"], written: ["A", "B"], colors: ["#1", "#2"], population: 1, scheduled: [] },
  };
  widget_manager = {
    get_model: async (id) =>
      id === "own" ? this : { comm_live: true, trigger: (...event) => this.followers.push([id, ...event]) },
  };

  get = (name) => this.#state[name];
  on = (event, listener) => (this.#listeners[event] ??= new Set()).add(listener);
  off = (event, listener) => this.#listeners[event].delete(listener);
  send = (content) => this.sent.push(content);
  save_changes() {}

  set(name, value) {
    this.#state[name] = value;
    this.trigger(`change:${name}`);
  }

  trigger(event, ...details) {
    for (const listener of this.#listeners[event] ?? []) listener(...details);
  }

  arrive(content, buffers = []) {
    this.trigger("msg:custom", content, buffers);
  }

  /** What was sent since the last call, of the types given or of all. */
  take(...types) {
    const taken = this.sent.filter(({ type }) => !types.length || types.includes(type));
    this.sent = [];
    return taken;
  }
}
