// One training run as a page knows it: the last frame, what the hand does, and what is to be said.
import { chosenMember, memberNetwork, readFrame, Relay, send } from "../lib/frames.js";
import { Hand } from "./hand.js";
import { Outbox } from "./outbox.js";
import { judge } from "./status.js";

const REST = 150; // ms without a frame until Python is asked to draw what the frames have come to
const LOOK = 500; // ms between two looks at whether an answer or a frame is late
const NUDGE = 1000; // ms after which a message without an answer is followed by another one
const RUNS = new Set(["play", "pause", "scrub"]); // messages that decide about whether it trains

/**
 * The run behind the model of a panel: one for a model, however many views show it.
 *
 * Frames are read and handed on to the followers as they come; those awaited are acknowledged once the views have
 * painted them. JupyterLab shows each message that the kernel takes: here they are few.
 * `paintSoon(callback)` is the page's `requestAnimationFrame`.
 */
export class Session {
  /** The last frame, or null. */
  frame = null;
  /** Whether it trains, or is about to. */
  playing = false;
  /** What is to be said: `{ text, harmless }`. */
  status = { text: "", harmless: true };

  #model;
  #relay;
  #outbox;
  #hand = new Hand();
  #scrubbed = null; // the step that the hand has moved to, until a frame shows what that led to
  #paintSoon;
  #listeners;
  #views = new Set();
  #painting = false;
  #urgent = false; // what is to be painted is more than one frame of many
  #closed = false;

  #message = null; // the last frame as it came
  #awaited = null; // the frame to acknowledge
  #frameAt = 0;
  #networkStale = false;
  #cut = false;
  #refused = "";
  #looking = 0;
  #nudged = null; // since when there had been no answer when it was nudged
  #refreshing = 0;

  constructor(model, paintSoon) {
    this.#model = model;
    this.#paintSoon = paintSoon;
    this.#frameAt = Date.now();
    this.#relay = new Relay(model.widget_manager);
    this.#outbox = new Outbox((content) => this.#send(content));
    const again = () => {
      this.#networkStale = true;
      this.schedule();
    };
    const find = () => this.#relay.find([model.get("_reference"), ...Object.values(model.get("_followers")).flat()]);
    this.#listeners = {
      "msg:custom": (content, buffers) => {
        if (content?.type === "frame") this.#receiveFrame(content, buffers);
        if (content?.type === "answer") this.#receiveAnswer(content);
      },
      "change:selected": () => {
        again();
        this.#refreshSoon();
      },
      "change:_about": again,
      "change:case": () => this.schedule(),
      "change:_reference": find,
      "change:_followers": find,
      comm_live_update: () => this.#tell(),
    };
    for (const [event, listener] of Object.entries(this.#listeners)) model.on(event, listener);
    find();
    this.ready();
  }

  // -- what the views show ------------------------------------------------------------------------------------------

  get about() {
    return this.#model.get("_about");
  }

  /** Whether there is the kernel that made the panel. */
  get connected() {
    return !this.#cut && this.#relay.lives(this.#model.get("_reference"));
  }

  get selected() {
    return this.#model.get("selected");
  }

  get case() {
    return this.#model.get("case");
  }

  /** The network looked at, or -1 before there is a frame. */
  get member() {
    return this.frame ? chosenMember(this.frame, this.selected) : -1;
  }

  /** The step looked at, as the hand has it, else as the run has; null for now. */
  get past() {
    return this.#scrubbed ? this.#scrubbed.step : (this.frame?.past ?? null);
  }

  /** A setting as the hand holds it, else as the run has it. */
  setting(name) {
    return this.#hand.get(name) ?? this.frame?.settings[name];
  }

  /**
   * Call `paint(urgent)` whenever something has changed, at most once a frame of the page; it may wait where nothing has
   * but where the training is. Returns what ends it.
   */
  watch(paint) {
    this.#views.add(paint);
    this.schedule();
    return () => this.#views.delete(paint);
  }

  /** Paint soon. */
  schedule() {
    this.#urgent = true;
    this.#paintInFrame();
  }

  #paintInFrame() {
    if (this.#painting || this.#closed) return;
    this.#painting = true;
    this.#paintSoon(() => this.#paint());
  }

  // -- what the hand does -------------------------------------------------------------------------------------------

  /** Ask for a frame at once. */
  ready() {
    this.#send({ type: "ready" });
  }

  play() {
    this.playing = true;
    this.#press({ type: "play" });
  }

  pause() {
    this.playing = false;
    this.#press({ type: "pause" });
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  step() {
    this.#press({ type: "step" });
  }

  /** Start anew, with the seed there was where `seed` is null. */
  reset(seed) {
    this.#press({ type: "reset", seed });
  }

  /** Look at what was at a step, or with null at what is now. */
  scrub(step) {
    this.#scrubbed = { step, answered: false };
    this.playing = false;
    this.#refused = "";
    this.#outbox.queue({ type: "scrub", step });
    this.schedule();
  }

  /** Change a setting; while the hand holds it, what comes from the kernel leaves it alone. */
  change(name, value) {
    this.#hand.hold(name, value);
    this.#refused = "";
    this.#outbox.queue({ type: "change", settings: { [name]: value } }, (before, after) => ({
      ...after,
      settings: { ...before.settings, ...after.settings },
    }));
    if (name === "k_min") {
      if (this.#message) this.#handOn();
      this.#networkStale = true;
    }
    this.schedule();
  }

  /** The hand has let go of a setting. */
  release(name) {
    this.#hand.release(name);
  }

  select(member) {
    this.#model.set("selected", member);
    this.#model.save_changes();
  }

  chooseCase(number) {
    this.#model.set("case", number);
    this.#model.save_changes();
  }

  close() {
    this.#closed = true;
    this.#outbox.close();
    clearTimeout(this.#looking);
    clearTimeout(this.#refreshing);
    for (const [event, listener] of Object.entries(this.#listeners)) this.#model.off(event, listener);
  }

  // -- messages -----------------------------------------------------------------------------------------------------

  #send(content) {
    if (!this.connected) return;
    this.#cut = !send(this.#model, content);
    if (this.#cut) this.#tell();
    this.#lookSoon();
  }

  #press(content) {
    this.#refused = "";
    this.#outbox.post(content);
    this.#tell();
    this.schedule();
  }

  #receiveFrame(content, buffers) {
    this.frame = readFrame(content, buffers, this.frame);
    this.#message = [content, buffers];
    if (content.awaited) this.#awaited = content.id;
    this.#frameAt = Date.now();
    this.#takePlaying(content.playing);
    this.#hand.compare(content.settings);
    if (this.#scrubbed?.answered) this.#scrubbed = null;
    this.#handOn();
    this.#networkStale = true;
    if (!content.playing) this.#refreshSoon();
    this.#lookSoon();
    this.#tell();
    this.#urgent ||= !content.playing;
    this.#paintInFrame();
  }

  #receiveAnswer({ id, problem, playing }) {
    const asked = this.#outbox.answered(id);
    if (!asked) return;
    if (asked.type === "change") this.#hand.answered(asked.settings, Boolean(problem));
    if (asked.type === "scrub" && this.#scrubbed?.step === asked.step) this.#scrubbed.answered = true;
    if (problem) this.#refused = problem;
    this.#takePlaying(playing);
    this.#tell();
    this.schedule();
  }

  /** What the kernel says of it; until it has heard what was pressed, that counts. */
  #takePlaying(playing) {
    if (!this.#outbox.waitsFor(RUNS)) this.playing = playing;
  }

  /** Have Python bring what is not live up to date, once all is still. */
  #refreshSoon() {
    clearTimeout(this.#refreshing);
    this.#refreshing = setTimeout(() => this.#outbox.post({ type: "refresh" }), REST);
  }

  /** Say that frames are painted; while it trains, have Python bring what is not live up to date as well. */
  #acknowledge() {
    const painted = this.#awaited;
    this.#awaited = null;
    if (this.frame.playing) this.#outbox.post({ type: "refresh", painted });
    else this.#send({ type: "ack", painted });
  }

  // -- painting and handing on --------------------------------------------------------------------------------------

  #paint() {
    this.#painting = false;
    if (this.#closed) return;
    if (this.#networkStale) this.#handOnNetwork();
    for (const paint of this.#views) paint(this.#urgent);
    this.#urgent = false;
    if (this.#awaited !== null) this.#acknowledge();
  }

  /** The last frame for the views of all networks, with k_min as the hand holds it: pruning is seen at once. */
  #handOn() {
    const [content, buffers] = this.#message;
    const settings = { ...content.settings, k_min: this.setting("k_min") };
    this.#relay.send(this.#model.get("_followers").frames, "msg:custom", { ...content, settings }, buffers);
  }

  #handOnNetwork() {
    this.#networkStale = false;
    const { frame, member } = this;
    const { networks } = this.#model.get("_followers");
    if (!networks.length || !frame?.known[member]) return;
    this.#relay.send(networks, "crn:network", memberNetwork(this.about, frame, member, this.setting("k_min")));
  }

  // -- what to say --------------------------------------------------------------------------------------------------

  /** Look again while an answer or a frame is due. */
  #lookSoon() {
    const due = this.playing || !this.frame || Number.isFinite(this.#outbox.oldest);
    if (this.#looking || this.#closed || !due) return;
    this.#looking = setTimeout(() => {
      this.#looking = 0;
      this.#nudge();
      this.#tell();
      this.#lookSoon();
    }, LOOK);
  }

  /** ipykernel 7 may overlook a message until the next one comes: then here is one. */
  #nudge() {
    const since = this.frame ? this.#outbox.oldest : 0;
    if (since === this.#nudged || Date.now() - since < NUDGE) return;
    this.#nudged = since;
    this.ready();
  }

  #tell() {
    const now = Date.now();
    const status = judge({
      connected: this.connected,
      unanswered: now - this.#outbox.oldest,
      quiet: now - this.#frameAt,
      problem: this.#refused || this.frame?.error,
      due: !this.frame || (this.playing && this.#awaited === null),
    });
    if (status.text === this.status.text) return;
    this.status = status;
    this.schedule();
  }
}
