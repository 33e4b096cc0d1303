// What the hand holds or has just let go of: what arrives from the kernel leaves it alone for so long.

const GRACE = 1000; // ms after its answer within which a frame has to confirm a value

/** Settings as the hand has them, each until a frame confirms it, or does not although it had the time to. */
export class Hand {
  #held = new Map(); // name → { value, released, answeredAt }

  hold(name, value) {
    this.#held.set(name, { value, released: false, answeredAt: null });
  }

  release(name) {
    const held = this.#held.get(name);
    if (held) held.released = true;
  }

  /** The value held, or undefined. */
  get(name) {
    return this.#held.get(name)?.value;
  }

  /** The kernel has taken these settings, or refused them. */
  answered(settings, refused) {
    for (const [name, value] of Object.entries(settings)) {
      const held = this.#held.get(name);
      if (refused) this.#held.delete(name);
      else if (held?.value === value) held.answeredAt = Date.now();
    }
  }

  /** The settings of a frame. */
  compare(settings) {
    for (const [name, { value, released, answeredAt }] of this.#held) {
      const late = answeredAt !== null && Date.now() - answeredAt > GRACE;
      if (released && (settings[name] === value || late)) this.#held.delete(name);
    }
  }
}
