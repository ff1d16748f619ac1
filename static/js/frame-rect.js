// A rectangle over its parent that is dragged, pulled at its corners, moved by arrows and resized by Shift and arrows.
// `box` is [left, top, width, height] in parts of the parent; `ratio`, where it is not 0, is the width divided by the
// height that it keeps, in the same parts; `tilt` are degrees by which it is turned around its middle. Fires "framed" when a person changed it. Used by <frame-picker>.
const STEP = 0.01;
const LEAST = 0.05;
const between = (least, value, most) => Math.max(least, Math.min(value, most));

class FrameRect extends HTMLElement {
  connectedCallback() {
    if (this.box) return;
    this.box = [0, 0, 1, 1];
    this.ratio = 0;
    this.tilt ??= 0;
    this.addEventListener("pointerdown", (event) => this.grab(event));
    this.addEventListener("keydown", (event) => this.key(event));
  }

  /** Put the frame where it is wanted, or as near as it fits. */
  set(left, top, width, height) {
    const wide = between(LEAST, width, this.ratio ? Math.min(1, this.ratio) : 1);
    const high = this.ratio ? wide / this.ratio : between(LEAST, height, 1);
    this.box = [between(0, left, 1 - wide), between(0, top, 1 - high), wide, high];
    ["left", "top", "width", "height"].forEach((name, i) => {
      this.style.setProperty(name, `${this.box[i] * 100}%`);
    });
    this.style.setProperty("rotate", `${this.tilt}deg`);
  }

  /** The largest frame of the ratio in the middle, with a margin. */
  centre() {
    const wide = this.ratio ? 0.8 * Math.min(1, this.ratio) : 0.8;
    const high = this.ratio ? wide / this.ratio : 0.8;
    this.set((1 - wide) / 2, (1 - high) / 2, wide, high);
  }

  /** Take on a new ratio, about as large as before and around the same place. */
  reshape() {
    const [left, top, width, height] = this.box;
    const wide = this.ratio ? Math.min(Math.sqrt(width * height * this.ratio), 1, this.ratio) : width;
    const high = this.ratio ? wide / this.ratio : height;
    this.set(left + (width - wide) / 2, top + (height - high) / 2, wide, high);
  }

  grab(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.focus({ preventScroll: true });
    this.setPointerCapture(event.pointerId);
    const { width, height } = this.parentElement.getBoundingClientRect();
    const [corner, { clientX, clientY }, box] = [event.target.dataset.corner, event, this.box];
    const move = (to) => this.pull(corner, box, (to.clientX - clientX) / width, (to.clientY - clientY) / height);
    const end = new AbortController();
    this.addEventListener("pointermove", move, { signal: end.signal });
    for (const name of ["pointerup", "pointercancel"]) {
      this.addEventListener(name, () => end.abort(), { signal: end.signal });
    }
  }

  // The corner opposite to the one that is pulled stays where it is.
  pull(corner, [left, top, width, height], x, y) {
    if (!corner) return this.told(left + x, top + y, width, height);
    const [west, north] = [corner.includes("w"), corner.includes("n")];
    const [mostWide, mostHigh] = [west ? left + width : 1 - left, north ? top + height : 1 - top];
    let wide = between(LEAST, width + (west ? -x : x), mostWide);
    const high = this.ratio ? Math.min(wide / this.ratio, mostHigh) : between(LEAST, height + (north ? -y : y), mostHigh);
    if (this.ratio) wide = high * this.ratio;
    this.told(west ? left + width - wide : left, north ? top + height - high : top, wide, high);
  }

  key(event) {
    const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const [x, y] = event.shiftKey && this.ratio ? [way[0] + way[1], 0] : way;
    this.pull(event.shiftKey ? "se" : "", this.box, x, y);
  }

  told(...box) {
    this.set(...box);
    this.dispatchEvent(new CustomEvent("framed", { bubbles: true }));
  }
}

customElements.define("frame-rect", FrameRect);
