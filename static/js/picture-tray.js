// Several pictures at once. They are sent one after the other; what is wrong with one is said at that one and never
// stops the rest. Where the account's line is full the next waits for room. Fires "tray" when something changed.
const LONGEST_HOLD_MS = 15000;

class PictureTray extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector(".many-items");
    this.template = this.querySelector("template");
    this.drop = this.closest("form").querySelector("[data-main]");
    this.line = this.closest("form").querySelector("upload-line");
  }

  get items() {
    return this.list ? [...this.list.querySelectorAll("tray-item")] : [];
  }

  get unsent() {
    return this.items.filter((item) => ["waiting", "held", "uploading"].includes(item.state));
  }

  get isBusy() {
    return this.items.some((item) => item.isActive);
  }

  /** Lay files into the tray. */
  add(files) {
    for (const file of files) {
      this.list.append(this.template.content.cloneNode(true));
      this.items.at(-1).take(this, file, this.drop.problemOf(file));
    }
    // A picture that was chosen alone before comes along.
    const [alone] = this.drop.input.files;
    if (alone) this.drop.put();
    if (alone) this.add([alone]);
    this.changed();
  }

  /** Lay {file, job} into the tray as they lay there before; a job that there is goes on. */
  restore(kept) {
    const before = this.items.length;
    this.add(kept.map(({ file }) => file));
    this.items.slice(before).forEach((item, i) => kept[i].job && item.job.hear(kept[i].job));
  }

  /** Send everything that can be sent, with these options. */
  start(fields) {
    this.fields = fields;
    // What was drawn belongs to one picture only.
    for (const { name } of this.closest("form").querySelectorAll("drawn-options [name]")) fields.delete(name);
    for (const item of this.items) if (!item.isBad && !item.isActive) item.set("waiting");
    this.work();
  }

  async work() {
    if (this.isSending || !this.fields) return;
    this.isSending = true;
    for (let item; (item = this.items.find(({ state }) => state === "waiting")); ) await this.send(item);
    this.isSending = false;
    this.changed();
  }

  async send(item) {
    for (let seconds; (seconds = await item.job.send(this.fields, this.line)); ) {
      item.set("held");
      await this.room(seconds);
      if (!item.isConnected || item.state === "cancelled") return;
    }
  }

  /** Wait until something here has ended, or as long as the server says. */
  room(seconds) {
    const going = () => this.items.filter(({ state }) => ["queued", "running"].includes(state)).length;
    const before = going();
    const over = new AbortController();
    return new Promise((resolve) => {
      setTimeout(resolve, Math.min(seconds * 1000, LONGEST_HOLD_MS));
      this.addEventListener("tray", () => going() < before && resolve(), { signal: over.signal });
    }).finally(() => over.abort());
  }

  repeat(item) {
    item.set("waiting");
    this.work();
  }

  remove(item) {
    item.closest("li").remove();
    this.changed();
  }

  changed() {
    this.hidden = !this.items.length;
    this.dispatchEvent(new CustomEvent("tray", { bubbles: true }));
  }
}

customElements.define("picture-tray", PictureTray);
