// Look closer at before and after: enlarge both together, 1:1, side by side, full screen, and "before" while a key or
// the button is held. Only what is enlarged beyond its preview's pixels is fetched in full. In a <compare-slider>.
const KEYS = { "+": "closer", "=": "closer", "-": "farther", 0: "fit", 1: "full", s: "pair", f: "screen", c: "changes" };
const WAYS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
const RATIO = 1.5;
const DEEPEST = 4;

class CompareTools extends HTMLElement {
  connectedCallback() {
    if (this.slider) return;
    this.slider = this.closest("compare-slider");
    [this.pane, this.after] = ["zoom-pane", ".compare-after img"].map((part) => this.slider.querySelector(part));
    this.percent = this.querySelector("output");
    this.addEventListener("click", (event) => this.do(event.target.closest("[data-do]")?.dataset.do));
    this.blinkButton();
    this.slider.addEventListener("keydown", (event) => this.key(event));
    this.slider.addEventListener("keyup", (event) => event.key.toLowerCase() === "b" && this.blink(false));
    this.slider.addEventListener("fullscreenchange", () => this.onScreen(document.fullscreenElement === this.slider));
    this.pane.addEventListener("zoom", () => this.tell());
    new ResizeObserver(() => this.tell()).observe(this.after);
  }

  /** The enlargement at which one pixel of the picture is one pixel of the screen. */
  get whole() {
    return this.slider.dataset.width / devicePixelRatio / (this.after.offsetWidth || 1);
  }

  do(name) {
    const { pane, slider } = this;
    const actions = {
      fit: () => pane.zoomAt(1),
      full: () => pane.zoomAt(this.whole),
      closer: () => pane.zoomAt(pane.zoom * RATIO),
      farther: () => pane.zoomAt(pane.zoom / RATIO),
      pair: () => slider.matches(".is-odd") || this.press("pair", slider.classList.toggle("is-pair")),
      changes: () => this.querySelector("change-map button")?.click(),
      screen: () => this.screen(!slider.classList.contains("is-screen")),
    };
    const held = slider.range === document.activeElement;
    actions[name]?.();
    // Where the divider went away, the focus that it had must not be lost.
    if (held && slider.matches(".is-pair")) this.querySelector("[data-do=pair]").focus();
  }

  key(event) {
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && WAYS[event.key]) this.pane.panBy(...WAYS[event.key]);
    else if (key === "b") this.blink(true);
    else if (key === "escape" && !document.fullscreenElement) return this.onScreen(false);
    else if (KEYS[key]) this.do(KEYS[key]);
    else return;
    event.preventDefault();
  }

  blinkButton() {
    const button = this.querySelector("[data-do=blink]");
    const hold = (event) => !event.key || event.key === " " || event.key === "Enter";
    const listen = (names, act) => names.forEach((name) => button.addEventListener(name, act));
    listen(["pointerdown", "keydown"], (event) => hold(event) && this.blink(true));
    listen(["pointerup", "pointerleave", "pointercancel", "keyup", "blur"], () => this.blink(false));
    listen(["contextmenu"], (event) => event.preventDefault());
  }

  blink(on) {
    this.press("blink", this.slider.classList.toggle("is-before", on));
  }

  async screen(on) {
    try {
      await (on ? this.slider.requestFullscreen() : document.exitFullscreen());
    } catch {
      this.onScreen(on); // a phone that gives only videos the whole screen, or one that refuses
    }
  }

  onScreen(on) {
    this.press("screen", this.slider.classList.toggle("is-screen", on));
    this.pane.zoomAt(1);
  }

  // Where the preview has no more to show, the full pictures come.
  tell() {
    const [{ zoom }, whole, { naturalWidth, offsetWidth }] = [this.pane, this.whole, this.after];
    this.pane.most = Math.max(DEEPEST, DEEPEST * whole);
    this.percent.textContent = `${Math.round((100 * zoom) / whole)} %`;
    this.press("fit", zoom === 1);
    this.press("full", Math.abs(zoom / whole - 1) < 0.01);
    this.querySelector("[data-do=full]").disabled = whole <= 1;
    const isPreview = naturalWidth > 0 && naturalWidth < Number(this.slider.dataset.width);
    if (isPreview && zoom > 1 && zoom * offsetWidth * devicePixelRatio > naturalWidth) this.slider.showFull();
  }

  press(name, on) {
    this.querySelector(`[data-do=${name}]`).setAttribute("aria-pressed", on);
  }
}

customElements.define("compare-tools", CompareTools);
