// A pane through which pictures are seen larger. It holds the enlargement and the place for everything inside: the
// parts that move take them from --zoom, --pan-x and --pan-y, so that two pictures can never come apart.
// Wheel (with Ctrl, or at will once the pane has the focus), two fingers, the middle button; where `one-finger` is
// set, a single pointer moves an enlarged picture too. Fires "zoom" with {zoom} as detail; 1 is the whole picture.
const WHEEL_SPEED = 0.0022;

class ZoomPane extends HTMLElement {
  connectedCallback() {
    this.pointers ??= new Map();
    if (this.zoom) return;
    [this.zoom, this.x, this.y, this.most] = [1, 0, 0, 16];
    this.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.addEventListener("pointerdown", (event) => this.down(event));
    this.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    }
    // A press of the middle button would start the browser's own scrolling.
    this.addEventListener("mousedown", (event) => event.button === 1 && event.preventDefault());
    new ResizeObserver(() => this.place(this.zoom, this.x, this.y)).observe(this);
  }

  /** The frame that is looked at; all frames of a pane have the same size. */
  get frame() {
    return this.querySelector("[data-frame]").getBoundingClientRect();
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && !this.matches(":focus-within")) return;
    const next = this.zoom * Math.exp(-event.deltaY * WHEEL_SPEED * (event.deltaMode ? 20 : 1));
    // At the end of the way the page scrolls on.
    if (!event.ctrlKey && !event.metaKey && next < 1 && this.zoom === 1) return;
    event.preventDefault();
    this.zoomAt(next, event);
  }

  down(event) {
    const pans = event.button === 1 || event.pointerType === "touch" || this.hasAttribute("one-finger");
    if (pans && event.button <= 1) this.pointers.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
  }

  move(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    // Inside, something else may be dragged.
    const free = this.hasAttribute("one-finger") && this.zoom > 1 && !this.querySelector(".is-dragged");
    const alone = event.buttons === 4 || free;
    if (other) this.pinch(last, event, other);
    else if (alone) this.place(this.zoom, this.x + event.clientX - last.clientX, this.y + event.clientY - last.clientY);
    if (other || alone) this.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
  }

  // Each finger moves the middle by half of its way, and the distance is the enlargement.
  pinch(last, now, other) {
    const apart = (point) => Math.hypot(point.clientX - other.clientX, point.clientY - other.clientY) || 1;
    const middle = { clientX: (now.clientX + other.clientX) / 2, clientY: (now.clientY + other.clientY) / 2 };
    this.place(this.zoom, this.x + (now.clientX - last.clientX) / 2, this.y + (now.clientY - last.clientY) / 2);
    this.zoomAt((this.zoom * apart(now)) / apart(last), middle);
  }

  /** Enlarge around a point of the screen; without one, around the middle of the frame. */
  zoomAt(zoom, point) {
    const { left, top, width, height } = this.frameAt(point);
    const [atX, atY] = point ? [point.clientX - left, point.clientY - top] : [width / 2, height / 2];
    const next = Math.min(Math.max(zoom, 1), this.most);
    const ratio = next / this.zoom;
    this.place(next, atX - (atX - this.x) * ratio, atY - (atY - this.y) * ratio);
  }

  frameAt(point) {
    const frames = [...this.querySelectorAll("[data-frame]")].map((frame) => frame.getBoundingClientRect());
    const over = (f) => point.clientX >= f.left && point.clientX <= f.right && point.clientY >= f.top;
    return (point && frames.find(over)) || frames[0];
  }

  panBy(x, y) {
    this.place(this.zoom, this.x + x, this.y + y);
  }

  place(zoom, x, y) {
    const { width, height } = this.frame;
    const changed = zoom !== this.zoom;
    this.zoom = zoom;
    this.x = Math.min(Math.max(x, width * (1 - zoom)), 0);
    this.y = Math.min(Math.max(y, height * (1 - zoom)), 0);
    this.style.setProperty("--zoom", zoom);
    this.style.setProperty("--pan-x", `${this.x}px`);
    this.style.setProperty("--pan-y", `${this.y}px`);
    this.classList.toggle("is-zoomed", zoom > 1);
    if (changed) this.dispatchEvent(new CustomEvent("zoom", { detail: { zoom } }));
  }
}

customElements.define("zoom-pane", ZoomPane);
