// Undo and redo over the options of one picture: buttons, Ctrl+Z, and Ctrl+Shift+Z or Ctrl+Y. What is painted has an
// undo of its own. Another picture begins a new history.
const PAUSE_MS = 500;
const MOST = 200;
const TYPED = "input[type=text], textarea";

class EditHistory extends HTMLElement {
  connectedCallback() {
    if (this.tool) return;
    this.tool = this.closest("tool-form");
    this.form = this.tool.querySelector("form.studio");
    [this.back, this.ahead] = ["undo", "redo"].map((name) => this.querySelector(`[data-do=${name}]`));
    this.back.addEventListener("click", () => this.go(-1));
    this.ahead.addEventListener("click", () => this.go(1));
    for (const news of ["input", "change"]) this.form.addEventListener(news, () => this.heed());
    this.tool.addEventListener("photo", ({ target }) => "main" in target.dataset && this.renew());
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("pageshow", () => this.begin()); // the browser puts fields back after a visit elsewhere
    this.begin();
  }

  get fields() {
    const own = (field) => field.closest("[data-option], .drawn") && !["file", "range", "hidden", ""].includes(field.type);
    return [...this.form.elements].filter((field) => field.name && own(field));
  }

  get state() {
    return JSON.stringify(this.fields.map((field) => ("checked" in field && /radio|checkbox/.test(field.type) ? field.checked : field.value)));
  }

  begin() {
    [this.states, this.place] = [[this.state], 0];
    this.show();
  }

  renew() {
    const [file] = this.form.elements.image.files;
    if (file === this.file) return;
    this.file = file;
    this.begin();
  }

  /** Something changed: what follows at once belongs to the same step. */
  heed() {
    if (this.isRestoring || this.state === this.states[this.place]) return;
    const now = performance.now();
    const goesOn = now - this.heard < PAUSE_MS && this.place > 0 && this.place === this.states.length - 1;
    this.states.length = this.place + 1;
    if (goesOn) this.states[this.place] = this.state;
    else this.states.push(this.state);
    if (this.states.length > MOST) this.states.shift();
    this.place = this.states.length - 1;
    this.heard = now;
    this.show();
  }

  go(way) {
    const state = this.states[this.place + way];
    if (state === undefined) return;
    this.place += way;
    this.heard = 0;
    this.isRestoring = true;
    JSON.parse(state).forEach((value, i) => this.put(this.fields[i], value));
    this.isRestoring = false;
    this.show();
  }

  put(field, value) {
    const name = typeof value === "boolean" ? "checked" : "value";
    if (field[name] === value) return;
    field[name] = value;
    for (const news of ["input", "change"]) field.dispatchEvent(new Event(news, { bubbles: true }));
    field.closest(".framing")?.begin();
  }

  show() {
    this.back.setAttribute("aria-disabled", this.place === 0);
    this.ahead.setAttribute("aria-disabled", this.place === this.states.length - 1);
  }

  key(event) {
    const letter = event.key.toLowerCase();
    if (event.defaultPrevented || event.altKey || !(event.ctrlKey || event.metaKey) || event.target.matches(TYPED)) return;
    if ((letter !== "z" && letter !== "y") || this.tool.querySelector(".drawn.is-shown drawing-surface")) return;
    event.preventDefault();
    this.go(letter === "y" || event.shiftKey ? 1 : -1);
  }
}

customElements.define("edit-history", EditHistory);
