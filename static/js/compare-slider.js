// Before and after in one box under a divider. The native range input takes the keyboard and speaks to screen
// readers; the pointer is handled here, because a range on a phone only follows its small thumb.
// Pictures of another shape stand side by side. What looks closer is in zoom-pane.js and compare-tools.js.
const GRIP_PIXELS = 36;
const SHAPE_TOLERANCE = 0.02;
const isSideways = (from, to) => Math.abs(to.clientX - from.clientX) > Math.max(8, 2 * Math.abs(to.clientY - from.clientY));

class CompareSlider extends HTMLElement {
  connectedCallback() {
    if (this.box) return;
    this.box = this.querySelector(".compare-box");
    this.range = this.querySelector(".compare-range");
    this.range.addEventListener("input", () => this.show());
    this.box.addEventListener("pointerdown", (event) => this.grab(event));
    this.pictures = [...this.querySelectorAll("img")];
    for (const picture of this.pictures) picture.shape = this.dataset.width / this.dataset.height;
    const { width, height } = this.pictures[0].attributes;
    if (this.isPair) this.pictures[0].shape = width.value / height.value;
    const frame = this.querySelector(".compare-after");
    new ResizeObserver(() => this.fit(frame)).observe(frame);
    this.show();
    this.matchShapes();
  }

  /** Let the pictures fill their frames as far as their shapes allow. */
  fit({ clientWidth, clientHeight }) {
    for (const { style, shape } of this.pictures) {
      style.setProperty("--shape", shape);
      style.setProperty("--wide", `${Math.min(clientWidth, clientHeight * shape)}px`);
    }
  }

  get isPair() {
    return this.classList.contains("is-pair");
  }

  // What has another shape has nothing under the divider that belongs together, unless it was turned with it.
  async matchShapes() {
    await Promise.allSettled(this.pictures.map((picture) => picture.decode()));
    const [before, after] = this.pictures.map((picture) => picture.naturalWidth / picture.naturalHeight);
    if (!before || !after || this.dataset.turn || Math.abs(before / after - 1) <= SHAPE_TOLERANCE) return;
    this.classList.add("is-pair", "is-odd");
    this.pictures[0].shape = before;
    this.fit(this.querySelector(".compare-after"));
  }

  show() {
    const after = 100 - this.range.value;
    this.box.style.setProperty("--split", `${this.range.value}%`);
    const words = this.dataset.valueText.replace("{after}", after).replace("{before}", this.range.value);
    this.range.setAttribute("aria-valuetext", words);
  }

  /** Put the full pictures in place of the previews; in a format that this browser can show. */
  showFull() {
    this.showFull = () => {};
    for (const half of ["Before", "After"]) {
      const picture = this.querySelector(`.compare-${half.toLowerCase()} img`);
      const address = this.dataset[`full${half}`];
      const ways = [address, `${address}?format=jpeg`, picture.src];
      const next = () => ways.length && (picture.src = ways.shift());
      picture.addEventListener("error", next);
      next();
    }
  }

  grab(event) {
    // Two fingers enlarge.
    if (!event.isPrimary) return this.let?.abort();
    const zoomed = this.querySelector(".is-zoomed");
    const nearGrip = Math.abs(event.clientX - this.lineX()) < GRIP_PIXELS;
    if (event.button !== 0 || this.isPair || (zoomed && !nearGrip)) return;
    if (event.pointerType !== "touch") event.preventDefault();
    this.range.focus({ preventScroll: true });
    this.let = new AbortController();
    const { signal } = this.let;
    this.box.classList.add("is-dragged");
    signal.addEventListener("abort", () => this.box.classList.remove("is-dragged"));
    this.box.setPointerCapture(event.pointerId);
    // A finger may be about to scroll: away from the grip the divider waits until it has moved sideways.
    let follows = event.pointerType !== "touch" || nearGrip;
    if (event.pointerType !== "touch") this.follow(event);
    this.box.addEventListener("pointermove", (to) => (follows ||= isSideways(event, to)) && this.follow(to), { signal });
    for (const name of ["pointerup", "pointercancel"]) this.box.addEventListener(name, () => this.let.abort(), { signal });
  }

  lineX() {
    const { left, width } = this.box.getBoundingClientRect();
    return left + (width * this.range.value) / 100;
  }

  follow(event) {
    const { left, width } = this.box.getBoundingClientRect();
    this.range.value = ((event.clientX - left) / width) * 100;
    this.show();
  }
}

customElements.define("compare-slider", CompareSlider);
