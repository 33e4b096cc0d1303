/** What a view needs of a widget model, without a kernel behind it. */
export class PageModel {
  #state;
  #listeners = new Map();

  constructor(state) {
    this.#state = { ...state };
  }

  get(name) {
    return this.#state[name];
  }

  set(name, value) {
    if (this.#state[name] === value) return;
    this.#state[name] = value;
    this.#emit(`change:${name}`, this, value);
    this.#emit("change", this);
  }

  save_changes() {}

  /** A request to the kernel is answered at once: there is none. */
  send(content) {
    queueMicrotask(() => this.#emit("msg:custom", { type: "no-kernel", id: content?.id }, []));
  }

  on(event, callback) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(callback);
  }

  off(event, callback) {
    if (callback) this.#listeners.get(event)?.delete(callback);
    else this.#listeners.delete(event);
  }

  #emit(event, ...details) {
    for (const callback of [...(this.#listeners.get(event) ?? [])]) callback(...details);
  }
}
