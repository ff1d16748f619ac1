// One picture in the tray as the person sees it: waiting, uploading, in the line, worked on, done, failed with its
// reason, cancelled. What is done with it is up to the <item-job> inside.
const ACTIVE = ["uploading", "held", "checking", "queued", "running"];

class TrayItem extends HTMLElement {
  /** Begin with a file; with a `problem` it lies here only to say so. */
  take(tray, file, problem) {
    Object.assign(this, { tray, file, isBad: Boolean(problem) });
    const part = (selector) => this.querySelector(selector);
    [this.words, this.bar, this.thumb, this.open] = [".item-state", ".item-bar", "img", "[data-part=open]"].map(part);
    [this.again, this.away, this.job] = ["[data-act=again]", "[data-act=away]", "item-job"].map(part);
    part(".item-name").textContent = file.name;
    this.name(this.again, tray.dataset.again);
    this.open.setAttribute("aria-label", `${file.name}: ${this.open.title}`);
    this.again.addEventListener("click", () => tray.repeat(this));
    this.away.addEventListener("click", () => (this.isActive ? this.job.cancel() : tray.remove(this)));
    this.picture(URL.createObjectURL(file));
    this.set(problem ? "failed" : "waiting", problem);
  }

  disconnectedCallback() {
    if (this.thumb) URL.revokeObjectURL(this.thumb.src);
  }

  get isActive() {
    return ACTIVE.includes(this.state);
  }

  set(state, words, part) {
    const changed = state !== this.state;
    this.dataset.state = this.state = state;
    this.words.textContent = words || this.tray.dataset[state];
    this.bar.hidden = part === undefined;
    this.bar.value = part ?? 0;
    this.again.hidden = this.isBad || !["failed", "cancelled"].includes(state);
    this.name(this.away, this.isActive ? this.tray.dataset.cancel : this.tray.dataset.remove);
    if (changed) this.tray.changed();
  }

  /** The job has ended: say how, and offer what came of it. */
  end({ status, error, verdict_message: verdict, has_result: result, page_url: page, formats }) {
    this.open.href = page;
    this.open.hidden = status !== "done";
    if (this.thumb.hidden) this.picture(`${page}/thumbnail?of=original`);
    if (result) this.show(page, formats[0]);
    this.set(status === "done" && !result ? "empty" : status, error?.message ?? verdict);
  }

  /** The result beside the original, and its file. */
  show(page, format) {
    const part = (name) => this.querySelector(`[data-part=${name}]`);
    const [shown, download] = [part("result"), part("download")];
    [shown.href, shown.firstElementChild.src] = [page, `${page}/thumbnail?of=result`];
    download.href = `${page}/result?download=1&format=${format}`;
    shown.hidden = download.hidden = false;
    this.name(shown, this.tray.querySelector("tray-head").dataset.result);
    download.setAttribute("aria-label", `${this.file.name}: ${download.title}`);
  }

  name(button, words) {
    button.setAttribute("aria-label", words.replace("{name}", this.file.name));
  }

  // A format that the browser cannot show keeps the empty frame until the server has made a small copy.
  async picture(address) {
    URL.revokeObjectURL(this.thumb.src);
    this.thumb.src = address;
    this.thumb.hidden = !(await this.thumb.decode().then(() => true, () => false));
  }
}

customElements.define("tray-item", TrayItem);
