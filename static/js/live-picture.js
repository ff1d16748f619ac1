// What a tool would make of the picture, drawn in the browser while a control moves. It stands on no page: one element a
// tool extends it and has
//
//   read(fields)               the options that are drawn, as an object
//   isChanged(wanted)          whether these change the picture
//   draw(canvas, source, wanted)
//
// `fields` is what the form would send, `source` a <small-picture>'s canvas. What is saved is computed by the server. The
// tool has the class "is-live" while the preview is shown: when the options differ from what is on the stage, or while
// the tool says so by `isHeld`.
class LivePicture extends HTMLElement {
  connectedCallback() {
    if (this.tool) return;
    this.tool = this.closest("tool-form");
    this.form = this.tool.querySelector("form.studio");
    this.canvas = this.querySelector("canvas");
    this.image = this.tool.querySelector("[data-main] photo-preview img");
    this.shown = this.tool.classList.contains("has-job") ? this.stateOf(this.form) : "";
    this.small = document.createElement("small-picture").watch(this.image);
    this.small.addEventListener("ready", () => this.later());
    for (const news of ["input", "change"]) this.form.addEventListener(news, () => this.later());
    this.tool.addEventListener("photo", () => this.later());
    this.tool.addEventListener("shown", ({ detail }) => this.see(detail));
    this.later();
  }

  /** The options of a form as they are drawn. */
  wantedOf(form) {
    return this.read(Object.fromEntries([...new FormData(form)].reverse())); // the first value of a name counts
  }

  stateOf(form) {
    return JSON.stringify(this.wantedOf(form));
  }

  get isHeld() {
    return false;
  }

  /** Whether the options are those of the job on the stage. */
  get isSaved() {
    return this.stateOf(this.form) === this.shown;
  }

  /** A job is on the stage: what its page has in the form is what it shows. */
  see({ id, page }) {
    this.shown = id ? this.stateOf(page.querySelector("form.studio") ?? this.form) : "";
    this.later();
  }

  later() {
    this.timer ??= requestAnimationFrame(() => {
      this.timer = null;
      this.update();
    });
  }

  update() {
    const there = this.image.naturalWidth && !this.image.hidden && !this.tool.classList.contains("has-many");
    const wanted = this.wantedOf(this.form);
    const isNew = this.isHeld || JSON.stringify(wanted) !== this.shown;
    const isWanted = Boolean(there) && isNew && this.isChanged(wanted);
    const source = isWanted ? this.small.find() : null;
    if (source) this.draw(this.canvas, source, wanted);
    this.canvas.style.setProperty("--shape", this.canvas.width / this.canvas.height);
    this.tool.classList.toggle("is-live", Boolean(source));
  }
}

customElements.define("live-picture", LivePicture);
