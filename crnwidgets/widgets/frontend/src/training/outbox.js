// Messages to the kernel: some at once, some now and then, and all of them until they are answered.

const PAUSE = 100; // ms between two messages while something is dragged

/** What goes to the kernel by `send(content)`, each message with an id of its own, which its answer bears too. */
export class Outbox {
  #send;
  // Each page hears the answers to all of them.
  #prefix = Math.random().toString(36).slice(2);
  #count = 0;
  #unanswered = new Map(); // number → the message, and when it was sent
  #waiting = new Map(); // type → the latest message
  #timer = 0;
  #sentAt = -Infinity;

  constructor(send) {
    this.#send = send;
  }

  /** Send at once, after all that waits. */
  post(content) {
    this.#flush();
    this.#dispatch(content);
  }

  /** Send soon: of each type only the latest, and the last one always. `merge` makes one of it and the one before. */
  queue(content, merge = (_, after) => after) {
    const before = this.#waiting.get(content.type);
    this.#waiting.set(content.type, before ? merge(before, content) : content);
    const wait = this.#sentAt + PAUSE - Date.now();
    if (wait <= 0) this.#flush();
    else this.#timer ||= setTimeout(() => this.#flush(), wait);
  }

  /** The message that has this id, which is answered now; null where it is not of this page, or was answered. */
  answered(id) {
    const [prefix, text] = String(id).split(" ");
    const number = Number(text);
    if (prefix !== this.#prefix || !this.#unanswered.has(number)) return null;
    const { content } = this.#unanswered.get(number);
    // Answers keep the order of what they answer.
    for (const earlier of this.#unanswered.keys()) if (earlier <= number) this.#unanswered.delete(earlier);
    return content;
  }

  /** Whether a message of one of these types waits for its answer, or for being sent. */
  waitsFor(types) {
    const sent = [...this.#unanswered.values()].some(({ content }) => types.has(content.type));
    return sent || [...this.#waiting.keys()].some((type) => types.has(type));
  }

  /** When the oldest of the messages without an answer was sent; Infinity where there is none. */
  get oldest() {
    return Math.min(...[...this.#unanswered.values()].map(({ at }) => at));
  }

  close() {
    clearTimeout(this.#timer);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#waiting.size) this.#sentAt = Date.now();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const content of waiting) this.#dispatch(content);
  }

  #dispatch(content) {
    const number = ++this.#count;
    this.#unanswered.set(number, { content, at: Date.now() });
    this.#send({ ...content, id: `${this.#prefix} ${number}` });
  }
}
