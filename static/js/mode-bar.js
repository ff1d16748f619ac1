// What the picture in the middle shows: the picture itself, or the job made from it, or the canvas of one of the drawn
// options. All of them lie in one place; any element of the tool with `data-mode`, and any link to a canvas, leads there.
// In the mode "place" the picture is the preview, on which the person is moved. Fires "mode".
const PLACE = "place";

class ModeBar extends HTMLElement {
  connectedCallback() {
    this.tool = this.closest("tool-form");
    this.mode = "";
    this.tool.addEventListener("click", (event) => this.press(event));
    this.tool.addEventListener("change", ({ target }) => this.lead(target.name));
    this.tool.addEventListener("refresh", () => this.show());
    this.tool.addEventListener("photo", ({ target }) => "main" in target.dataset && this.begin());
    this.tool.addEventListener("shown", ({ detail }) => (detail.id ? this.enter(this.touchedUp) : this.begin()));
    this.enter(this.tool.classList.contains("has-job") ? this.touchedUp : this.needed);
  }

  get drawn() {
    return [...this.tool.querySelectorAll(".drawn")];
  }

  /** The canvas without which nothing can be done, as a mode. */
  get needed() {
    return this.nameOf(this.drawn.find((canvas) => "needed" in canvas.dataset && !canvas.hidden));
  }

  /** The canvas on which parts of the result may be missing, as a mode. */
  get touchedUp() {
    return this.nameOf(this.drawn.find((canvas) => "touchesUp" in canvas.dataset && !canvas.hidden));
  }

  nameOf(canvas) {
    return canvas ? canvas.id.replace("drawn-", "") : "";
  }

  press(event) {
    const button = event.target.closest("button[data-mode]");
    const link = event.target.closest('a[href^="#drawn-"]');
    if (link) event.preventDefault();
    if (link) this.enter(link.hash.replace("#drawn-", ""), true);
    if (button) this.enter(button.dataset.mode, !this.contains(button));
  }

  /** An option that asks for something on the picture was chosen. */
  lead(name) {
    const asks = (canvas) => "needed" in canvas.dataset && canvas.dataset.shownWhen === name && !canvas.hidden;
    const canvas = this.drawn.find(asks);
    if (canvas) this.enter(this.nameOf(canvas));
  }

  /** Another picture, or none: what must be painted is painted first. */
  begin() {
    if (this.tool.classList.contains("has-job")) return;
    this.enter(this.needed);
  }

  /** Show a canvas by its name, or "" for the picture or its job; `go` takes the focus there. */
  enter(mode, go = false) {
    this.mode = mode;
    this.show();
    if (!go) return;
    this.tool.scrollTo({ top: 0 });
    const canvas = this.tool.querySelector(`#drawn-${mode} [role=application]`);
    canvas?.focus({ preventScroll: true });
  }

  show() {
    const { classList } = this.tool;
    const there = classList.contains("has-picture") && !classList.contains("has-many");
    const now = this.drawn.find((canvas) => there && !canvas.hidden && this.nameOf(canvas) === this.mode);
    for (const canvas of this.drawn) canvas.classList.toggle("is-shown", canvas === now);
    classList.toggle("is-drawing", Boolean(now));
    const isPlacing = there && this.mode === PLACE && classList.contains("has-job");
    classList.toggle("is-placing", isPlacing);
    const name = isPlacing ? PLACE : this.nameOf(now);
    this.hidden = !there || this.drawn.every((canvas) => canvas.hidden);
    for (const button of this.tool.querySelectorAll("button[data-mode]")) {
      const canvas = button.dataset.mode && this.tool.querySelector(`#drawn-${button.dataset.mode}`);
      button.setAttribute("aria-pressed", button.dataset.mode === name);
      button.disabled = !there;
      if (this.contains(button)) button.hidden = Boolean(canvas?.hidden);
    }
    this.tool.dispatchEvent(new CustomEvent("mode"));
  }
}

customElements.define("mode-bar", ModeBar);
