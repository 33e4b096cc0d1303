// What the views of one Lab tell each other on the page, so that what a hand does in one is seen in all in the next
// frame, however busy the kernel is.

const EVENT = "crn-hand";
// Until what a view has told comes back from Python: the way there and back.
const ANSWER = 400;

/**
 * Tells the other views of the Lab in which `root` stands, and calls `heard(news)` with what these tell; without a root
 * there are no others.
 */
export class Fellows {
  #root;
  #listener;
  #heard = new Map(); // name → when it was told of last
  #late = new Map(); // name → the timer that reads what Python has said of it

  constructor(root, heard) {
    this.#root = root;
    if (!root) return;
    this.#listener = ({ detail: { from, news } }) => {
      const lab = root.closest(".crn-lab-grid");
      if (from === root || !lab || lab !== from.closest(".crn-lab-grid")) return;
      for (const name of Object.keys(news)) this.#heard.set(name, performance.now());
      heard(news);
    };
    document.addEventListener(EVENT, this.#listener);
  }

  /** Tell the others: name → value, which they must not change. */
  tell(news) {
    if (this.#root) document.dispatchEvent(new CustomEvent(EVENT, { detail: { from: this.#root, news } }));
  }

  /** Read what Python says of a name: at once, or once it cannot be older than what another view has just told. */
  inTime(name, read) {
    const wait = (this.#heard.get(name) ?? -Infinity) + ANSWER - performance.now();
    if (wait <= 0) {
      read();
    } else if (!this.#late.has(name)) {
      const again = () => {
        this.#late.delete(name);
        this.inTime(name, read);
      };
      this.#late.set(name, setTimeout(again, wait));
    }
  }

  close() {
    for (const timer of this.#late.values()) clearTimeout(timer);
    if (this.#root) document.removeEventListener(EVENT, this.#listener);
  }
}
