// What a plot shows, between the model that Python keeps and the hand that moves things.
import { decode, OPERATIONS, ratesWith } from "../lib/network.js";

// Between two messages to Python while something is dragged.
const PAUSE = 100;
// Until a value that was sent comes back in what Python trains: the way there and back.
const ANSWER = 400;

const amountOr = (value, otherwise) => (Number.isFinite(value) && value >= 0 ? value : otherwise);

/**
 * The values of one view of a plot. `changed(what)` is called when something else than this view's own hand changed
 * them: "species" (another network altogether), "parameters" (other named rates), "reactions" (otherwise another
 * network), "events", "values" (of species and rates), "duration", "reference" or "hidden".
 *
 * What the hand holds is its own: values that arrive for it meanwhile are ignored, and its last value is always sent.
 */
export class PlotState {
  #model;
  #hand = null;
  #released = false;
  #let = {}; // what the hand held last, and when that was sent
  #unsent = new Set();
  #timer = 0;
  #sentAt = -Infinity;
  #listeners;

  constructor(model, changed) {
    this.#model = model;
    this.events = [];
    this.status = model.get("status");
    this.#readNetwork();
    this.#listeners = {
      "change:_network": () => changed(this.#readNetwork()),
      "change:initial": () => this.#readInitial() && changed("values"),
      "change:parameters": () => this.#readParameters() && changed("values"),
      "change:events": () => this.#readEvents() && changed("events"),
      "change:duration": () => {
        this.#readDuration();
        changed("duration");
      },
      "change:reference": () => {
        this.#readReference();
        changed("reference");
      },
      "change:hidden": () => {
        this.#readHidden();
        changed("hidden");
      },
    };
    for (const [event, listener] of Object.entries(this.#listeners)) model.on(event, listener);
  }

  /** The rate of each reaction, with the named rates as they stand. */
  get rates() {
    return ratesWith(this.network, this.parameters);
  }

  /** Whether the hand holds anything. */
  get held() {
    return this.#hand !== null && !this.#released;
  }

  /** Take hold of one value: a place in "initial" or "parameters", or an object of "events". */
  hold(field, key) {
    if (this.#hand && (this.#hand.field !== field || this.#hand.key !== key)) this.#send();
    this.#hand = { field, key };
    this.#released = false;
  }

  /** Let go; the last value is sent. */
  release() {
    if (!this.#hand) return;
    if (this.#hand.field === "events") this.events.sort((a, b) => a.time - b.time);
    this.#released = true;
    this.#queue(this.#hand.field);
  }

  setInitial(species, value) {
    this.initial[species] = value;
    this.#queue("initial");
  }

  setParameter(parameter, value) {
    this.parameters[parameter] = value;
    this.#queue("parameters");
  }

  setEvent(event, { time, amount }) {
    Object.assign(event, { time, amount });
    this.#queue("events");
  }

  setDuration(duration) {
    this.duration = duration;
    this.#queue("duration");
  }

  toggleHidden(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.#queue("hidden");
  }

  setStatus(status) {
    if (this.status === status) return;
    this.status = status;
    this.#queue("status");
  }

  /**
   * Take a network in wire form that the page has computed, until Python says otherwise; what the hand holds, or has
   * just let go of, stays. Returns what changed, as for `changed`; null for a network of other species.
   */
  follow(wire) {
    if (JSON.stringify(wire.species) !== JSON.stringify(this.network.species)) return null;
    const what = this.#take(decode(wire));
    for (const field of ["initial", "parameters"]) {
      this.network[field].forEach((value, i) => {
        if (!this.#holds(field, i) && !this.#awaits(field, i)) this[field][i] = value;
      });
    }
    return what;
  }

  /** Send what is unsent and listen no longer. */
  close() {
    if (this.#unsent.size) this.#send();
    for (const [event, listener] of Object.entries(this.#listeners)) this.#model.off(event, listener);
  }

  #queue(field) {
    this.#unsent.add(field);
    if (this.#timer) return;
    const wait = this.#sentAt + PAUSE - performance.now();
    if (wait <= 0) this.#send();
    else this.#timer = setTimeout(() => this.#send(), wait);
  }

  #send() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#sentAt = performance.now();
    for (const field of this.#unsent) this.#model.set(field, this.#outgoing(field));
    if (this.#hand?.field === "initial") this.#model.set("moved", this.network.species[this.#hand.key]);
    this.#unsent.clear();
    this.#model.save_changes();
    if (!this.#released) return;
    this.#let = { ...this.#hand, at: this.#sentAt };
    this.#hand = null;
  }

  #outgoing(field) {
    const { species, parameterNames } = this.network;
    if (field === "initial") return Object.fromEntries(species.map((name, i) => [name, this.initial[i]]));
    if (field === "parameters") return Object.fromEntries(parameterNames.map((name, i) => [name, this.parameters[i]]));
    if (field === "duration" || field === "status") return this[field];
    if (field === "hidden") return [...this.hidden];
    // In the order of time, as Python keeps them, while the hand may still carry one past another.
    return [...this.events]
      .sort((a, b) => a.time - b.time)
      .map((e) => [e.time, species[e.species], OPERATIONS[e.operation], e.amount]);
  }

  #holds(field, key) {
    return this.#hand !== null && this.#hand.field === field && (key === undefined || this.#hand.key === key);
  }

  /** Whether a value has just been sent that a network computed by the page may not have in it yet. */
  #awaits(field, key) {
    return this.#let.field === field && this.#let.key === key && performance.now() < this.#let.at + ANSWER;
  }

  #drop(field) {
    this.#unsent.delete(field);
    if (this.#holds(field)) this.#hand = null;
  }

  #readNetwork() {
    const what = this.#take(decode(this.#model.get("_network")));
    this.#readInitial();
    this.#readParameters();
    this.#readEvents();
    this.#readDuration();
    this.#readReference();
    this.#readHidden();
    return what;
  }

  /** Another network, with the values that the hand and the traits gave the one before as far as they fit it. */
  #take(network) {
    const before = this.network;
    this.network = network;
    const sameNames = (names) => before && JSON.stringify(before[names]) === JSON.stringify(this.network[names]);
    const sameSpecies = sameNames("species");
    // A hand keeps hold through an edit, unless what it holds is gone.
    if (!sameSpecies) {
      this.initial = this.network.initial.slice();
      this.events = [];
      this.#drop("initial");
      this.#drop("events");
    }
    const sameParameters = sameNames("parameterNames");
    if (!sameParameters) {
      this.parameters = this.network.parameters.slice();
      this.#drop("parameters");
    }
    if (!sameSpecies) return "species";
    return sameParameters ? "reactions" : "parameters";
  }

  #merge(field, names, values) {
    const incoming = this.#model.get(field);
    let different = false;
    names.forEach((name, i) => {
      const value = amountOr(Object.hasOwn(incoming, name) ? incoming[name] : NaN, values[i]);
      if (value === values[i] || this.#holds(field, i)) return;
      values[i] = value;
      different = true;
    });
    return different;
  }

  #readInitial() {
    return this.#merge("initial", this.network.species, this.initial);
  }

  #readParameters() {
    return this.#merge("parameters", this.network.parameterNames, this.parameters);
  }

  #readEvents() {
    if (this.#holds("events")) return false;
    const incoming = this.#model
      .get("events")
      .map(([time, name, operation, amount]) => ({
        time,
        species: this.network.species.indexOf(name),
        operation: OPERATIONS.indexOf(operation),
        amount,
      }))
      .filter((e) => e.species >= 0 && e.operation >= 0);
    if (JSON.stringify(incoming) === JSON.stringify(this.events)) return false;
    // The same objects go on, so that a handle and its focus survive a change of its numbers from elsewhere.
    this.events = incoming.map((event, i) => {
      const before = this.events[i];
      const same = before?.species === event.species && before.operation === event.operation;
      return same ? Object.assign(before, event) : event;
    });
    return true;
  }

  #readDuration() {
    const duration = this.#model.get("duration");
    if (Number.isFinite(duration) && duration > 0) this.duration = duration;
  }

  #readReference() {
    const curves = Object.entries(this.#model.get("reference"));
    this.reference = new Map(curves.map(([name, [times, values]]) => [name, { times, values }]));
  }

  #readHidden() {
    this.hidden = new Set(this.#model.get("hidden"));
  }
}
