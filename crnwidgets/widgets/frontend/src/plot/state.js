// What a plot shows, between the model that Python keeps and the hand that moves things.
import { expand, expandEvents, happensIn, levelsIn } from "../lib/chambers.js";
import { Fellows } from "../lib/fellows.js";
import { decode, OPERATIONS, ratesWith } from "../lib/network.js";

// Between two messages to Python while something is dragged.
const PAUSE = 100;
// Until a value that was sent comes back in what Python trains: the way there and back.
const ANSWER = 400;

const amountOr = (value, otherwise) => (Number.isFinite(value) && value >= 0 ? value : otherwise);

// What the views of one Lab tell each other at once, because it is the same for all of them.
const SHARED = ["initial", "parameters", "events", "duration", "chamber"];

/**
 * The values of one view of a plot. `changed(what)` is called when something else than this view's own hand changed
 * them: "species" (another network altogether), "parameters" (other named rates), "reactions" (otherwise another
 * network), "events", "values" (of species and rates), "duration", "chamber", "reference" or "hidden".
 *
 * What the hand holds is its own: values that arrive for it meanwhile are ignored, and its last value is always sent.
 * Where a network is in several chambers, `initial` has the values of the one looked at, and views of the same Lab as
 * `root`'s learn at once what the hand does in one of them; what Python says of that meanwhile is late and has to wait.
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
  #fellows;

  /** The concentrations of all chambers, one chamber after the other. */
  all;
  /** The number of the chamber looked at, from 0. */
  chamber = 0;

  constructor(model, changed, root = null) {
    this.#model = model;
    this.events = [];
    this.status = model.get("status");
    this.#readNetwork();
    const read = {
      initial: () => this.#readInitial() && changed("values"),
      parameters: () => this.#readParameters() && changed("values"),
      events: () => this.#readEvents() && changed("events"),
      duration: () => {
        this.#readDuration();
        changed("duration");
      },
      chamber: () => this.#readChamber() && changed("chamber"),
    };
    this.#fellows = new Fellows(root, (news) => this.#hear(news, changed));
    const inTime = SHARED.map((field) => [`change:${field}`, () => this.#fellows.inTime(field, read[field])]);
    this.#listeners = {
      ...Object.fromEntries(inTime),
      "change:_network": () => changed(this.#readNetwork()),
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

  /** The concentrations in the chamber looked at, a part of `all`. */
  get initial() {
    const size = this.network.species.length;
    return this.all.subarray(this.chamber * size, (this.chamber + 1) * size);
  }

  /** The rate of each reaction, membranes included, with the named rates as they stand. */
  get rates() {
    return ratesWith(this.whole, this.parameters);
  }

  /** All chambers as one network, and its numbers as they stand: what there is to integrate. */
  get system() {
    const { whole: network, all: initial, rates, parameters, duration } = this;
    return { network, initial, rates, parameters, events: expandEvents(this.events, this.network), duration };
  }

  /** The part of a trajectory of the system that is in the chamber looked at. */
  inChamber(trajectory) {
    const size = this.network.species.length;
    const { chamber, events, network } = this;
    return {
      ...trajectory,
      concentrations: trajectory.concentrations.slice(chamber * size, (chamber + 1) * size),
      eventLevels: levelsIn(chamber, events, network, trajectory.eventLevels),
    };
  }

  /** Whether an intervention happens in the chamber looked at. */
  concerns(event) {
    return happensIn(event, this.chamber);
  }

  /** Whether the hand holds anything. */
  get held() {
    return this.#hand !== null && !this.#released;
  }

  /** Take hold of one value: a place in "initial" or "parameters", or an object of "events". */
  hold(field, place) {
    const key = field === "initial" ? this.#place(place) : place;
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

  setChamber(chamber) {
    if (chamber === this.chamber) return;
    this.chamber = chamber;
    this.#queue("chamber");
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
    for (const [field, values] of [["initial", this.all], ["parameters", this.parameters]]) {
      this.network[field].forEach((value, i) => {
        if (!this.#holds(field, i) && !this.#awaits(field, i)) values[i] = value;
      });
    }
    return what;
  }

  /** Send what is unsent and listen no longer. */
  close() {
    if (this.#unsent.size) this.#send();
    this.#fellows.close();
    for (const [event, listener] of Object.entries(this.#listeners)) this.#model.off(event, listener);
  }

  #place(species) {
    return this.chamber * this.network.species.length + species;
  }

  #queue(field) {
    this.#unsent.add(field);
    if (this.network.chambers && SHARED.includes(field)) this.#fellows.tell({ [field]: this.#copy(field) });
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
    const { species } = this.network;
    if (this.#hand?.field === "initial") this.#model.set("moved", species[this.#hand.key % species.length]);
    this.#unsent.clear();
    this.#model.save_changes();
    if (!this.#released) return;
    this.#let = { ...this.#hand, at: this.#sentAt };
    this.#hand = null;
  }

  #outgoing(field) {
    const { species, parameterNames, chambers } = this.network;
    if (field === "initial") {
      const everywhere = (i) => Array.from({ length: chambers.count }, (_, c) => this.all[c * species.length + i]);
      return Object.fromEntries(species.map((name, i) => [name, chambers ? everywhere(i) : this.all[i]]));
    }
    if (field === "parameters") return Object.fromEntries(parameterNames.map((name, i) => [name, this.parameters[i]]));
    if (["duration", "status", "chamber"].includes(field)) return this[field];
    if (field === "hidden") return [...this.hidden];
    // In the order of time, as Python keeps them, while the hand may still carry one past another.
    return [...this.events]
      .sort((a, b) => a.time - b.time)
      .map((e) => {
        const event = [e.time, species[e.species], OPERATIONS[e.operation], e.amount];
        return e.chamber === undefined ? event : [...event, e.chamber];
      });
  }

  /** A field as other views may keep it. */
  #copy(field) {
    if (field === "initial") return this.all.slice();
    if (field === "parameters") return this.parameters.slice();
    return field === "events" ? this.events.map((event) => ({ ...event })) : this[field];
  }

  /** What another view of the Lab tells. */
  #hear(news, changed) {
    for (const [field, value] of Object.entries(news)) {
      if (!SHARED.includes(field) || !this.network.chambers || this.#holds(field)) continue;
      if (field === "initial") {
        if (value.length === this.all.length) this.all.set(value);
        changed("values");
      } else if (field === "parameters") {
        if (value.length === this.parameters.length) this.parameters.set(value);
        changed("values");
      } else if (field === "events") {
        if (this.#takeEvents(value.map((event) => ({ ...event })))) changed("events");
      } else {
        // Of a network that has come there and not yet here there may be more.
        this[field] = field === "chamber" ? Math.min(value, this.network.chambers.count - 1) : value;
        changed(field);
      }
    }
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
    this.#readChamber();
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
    this.whole = expand(network);
    const sameNames = (names) => before && JSON.stringify(before[names]) === JSON.stringify(this.network[names]);
    const sameSpecies = sameNames("species") && before.chambers?.count === network.chambers?.count;
    // A hand keeps hold through an edit, unless what it holds is gone.
    if (!sameSpecies) {
      this.all = this.network.initial.slice();
      this.chamber = Math.min(this.chamber, (network.chambers?.count ?? 1) - 1);
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

  #merge(field, incoming, values) {
    let different = false;
    values.forEach((before, i) => {
      const value = amountOr(incoming(i), before);
      if (value === before || this.#holds(field, i)) return;
      values[i] = value;
      different = true;
    });
    return different;
  }

  #readInitial() {
    const { species } = this.network;
    const incoming = this.#model.get("initial");
    const given = species.map((name) => (Object.hasOwn(incoming, name) ? incoming[name] : NaN));
    const value = (i) => {
      const own = given[i % species.length];
      return Array.isArray(own) ? own[Math.floor(i / species.length)] : own;
    };
    return this.#merge("initial", value, this.all);
  }

  #readParameters() {
    const { parameterNames } = this.network;
    const incoming = this.#model.get("parameters");
    const value = (i) => (Object.hasOwn(incoming, parameterNames[i]) ? incoming[parameterNames[i]] : NaN);
    return this.#merge("parameters", value, this.parameters);
  }

  #readChamber() {
    const before = this.chamber;
    const last = (this.network.chambers?.count ?? 1) - 1;
    this.chamber = Math.max(0, Math.min(last, this.#model.get("chamber") ?? 0));
    return this.chamber !== before;
  }

  #readEvents() {
    if (this.#holds("events")) return false;
    const incoming = this.#model
      .get("events")
      .map(([time, name, operation, amount, chamber]) => ({
        time,
        species: this.network.species.indexOf(name),
        operation: OPERATIONS.indexOf(operation),
        amount,
        ...(chamber === undefined ? {} : { chamber }),
      }))
      .filter((e) => e.species >= 0 && e.operation >= 0);
    return this.#takeEvents(incoming);
  }

  #takeEvents(incoming) {
    if (JSON.stringify(incoming) === JSON.stringify(this.events)) return false;
    // The same objects go on, so that a handle and its focus survive a change of its numbers from elsewhere.
    this.events = incoming.map((event, i) => {
      const before = this.events[i];
      const same = ["species", "operation", "chamber"].every((part) => before?.[part] === event[part]);
      return same ? Object.assign(before, event) : event;
    });
    return true;
  }

  #readDuration() {
    const duration = this.#model.get("duration");
    if (Number.isFinite(duration) && duration > 0) this.duration = duration;
  }

  #readReference() {
    const curves = Object.entries(this.#model.get("reference") ?? {});
    this.reference = new Map(curves.map(([name, [times, values]]) => [name, { times, values }]));
  }

  #readHidden() {
    this.hidden = new Set(this.#model.get("hidden") ?? []);
  }
}
