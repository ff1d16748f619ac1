// Work that has not been sent yet: leaving asks, and a reload or Back brings it back. The <browser-store> keeps the
// pictures, what was drawn on them and the options for this tab; another visit to the tool begins anew. After
// signing out, forget-work.js deletes all of it.
const REST_MS = 300;
const NOT_KEPT = /^(csrf_token|from_)/;

class KeptWork extends HTMLElement {
  async connectedCallback() {
    [this.form, this.tool] = [this.closest("form"), this.closest("tool-form")];
    this.tray = this.form.querySelector("picture-tray");
    this.sent = new Map();
    addEventListener("beforeunload", (event) => this.isUnsent && event.preventDefault());
    this.tool.addEventListener("shown", () => this.mark());
    await new Promise((done) => document.readyState === "complete" ? done() : addEventListener("load", done));
    sessionStorage.tab ??= String(Math.random());
    [this.store, this.key] = [this.querySelector("browser-store"), `${sessionStorage.tab} ${this.tool.dataset.home}`];
    const [{ type }] = performance.getEntriesByType("navigation");
    if (this.isAtHome && type !== "navigate") await this.bring(await this.store.read(this.key));
    for (const name of ["input", "change", "tray"]) this.tool.addEventListener(name, () => this.later());
    this.later();
  }

  get isAtHome() {
    return location.pathname === this.tool.dataset.home && !location.search;
  }

  get surfaces() {
    return [...this.form.querySelectorAll("drawing-surface.is-ready")];
  }

  get isUnsent() {
    const isNew = (surface) => surface.isNews && surface.layer.done.at(-1) !== this.sent.get(surface);
    return this.tray.unsent.length > 0 || this.surfaces.some(isNew);
  }

  /** What is painted has been sent. */
  mark() {
    for (const surface of this.surfaces) this.sent.set(surface, surface.layer.done.at(-1));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), REST_MS);
  }

  keep() {
    if (!this.isAtHome) return;
    const many = this.tray.items.filter((item) => !item.isBad).map(({ file, job }) => ({ file, job: job.job ?? null }));
    const entries = [...new FormData(this.form)];
    const files = entries.filter(([, value]) => value.size > 0);
    const fields = entries.filter(([name, value]) => typeof value === "string" && !NOT_KEPT.test(name));
    if (many.length || files.length) this.store.write(this.key, { many, files, fields });
    else this.store.forget(this.key);
  }

  async bring(work) {
    if (!work) return;
    if (work.many.length) this.tray.restore(work.many);
    const [drawn, chosen] = [[], []];
    for (const entry of work.files) (this.field(entry[0]).closest(".drawn") ? drawn : chosen).push(entry);
    for (const [name, file] of chosen) this.field(name).closest("photo-drop").put([file]);
    // The first value of a name counts.
    for (const [name, value] of work.fields.reverse()) this.set(name, value);
    for (const [name, file] of drawn) await this.draw(this.field(name).closest("drawing-surface"), file);
  }

  field(name) {
    const field = this.form.elements[name];
    return field instanceof RadioNodeList ? field[0] : field;
  }

  set(name, value) {
    const same = [...this.form.querySelectorAll(`[name="${name}"]:not([type=hidden], [type=file])`)];
    for (const field of same) {
      if (["radio", "checkbox"].includes(field.type)) field.checked = field.value === value;
      else field.value = value;
      for (const event of ["input", "change"]) field.dispatchEvent(new Event(event, { bubbles: true }));
    }
  }

  async draw(surface, file) {
    while (!surface.classList.contains("is-ready")) await new Promise((done) => setTimeout(done, 50));
    await surface.file.load(file);
  }
}

customElements.define("kept-work", KeptWork);
