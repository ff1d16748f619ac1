// The outline of one print on a page: four corners that are dragged, or moved by arrows; dragging it inside moves all of
// it. `corners` are [x, y] four times, in parts of the page, clockwise. Fires "outlined" with the corner that was moved.
// Stands in a <corners-picker>, whose template renders it.
const [NEAR, FAR] = [0.002, 0.02];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const inside = (part) => Math.max(0, Math.min(1, part));

class PrintOutline extends HTMLElement {
  connectedCallback() {
    this.polygon = this.querySelector("polygon");
    this.handles = [...this.querySelectorAll("button")];
    this.polygon.addEventListener("pointerdown", (event) => this.grab(event, [0, 1, 2, 3]));
    this.handles.forEach((handle, i) => {
      handle.addEventListener("pointerdown", (event) => this.grab(event, [i]));
      handle.addEventListener("keydown", (event) => this.key(event, i));
      handle.addEventListener("focus", () => this.choose());
    });
  }

  /** Show the corners; one is put only where the outline stays convex. */
  set(corners) {
    this.corners = corners;
    this.polygon.setAttribute("points", corners.map((corner) => corner.join(",")).join(" "));
    this.handles.forEach((handle, i) => {
      corners[i].forEach((part, axis) => handle.style.setProperty(["--x", "--y"][axis], `${100 * part}%`));
    });
  }

  isConvex(corners) {
    return corners.every(([x, y], i) => {
      const [[toX, toY], [nextX, nextY]] = [corners[(i + 1) % 4], corners[(i + 2) % 4]];
      return (toX - x) * (nextY - toY) - (toY - y) * (nextX - toX) > 1e-5;
    });
  }

  move(begin, which, across, down) {
    const corners = begin.map(([x, y], i) => (which.includes(i) ? [inside(x + across), inside(y + down)] : [x, y]));
    if (!this.isConvex(corners)) return;
    this.set(corners);
    this.dispatchEvent(new CustomEvent("outlined", { bubbles: true, detail: which[0] }));
  }

  choose() {
    this.dispatchEvent(new CustomEvent("chosen", { bubbles: true }));
  }

  grab(event, which) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.handles[which[0]].focus({ preventScroll: true });
    const { width, height } = this.getBoundingClientRect();
    const [{ target, clientX, clientY }, begin, end] = [event, this.corners, new AbortController()];
    target.setPointerCapture(event.pointerId);
    const move = (to) => this.move(begin, which, (to.clientX - clientX) / width, (to.clientY - clientY) / height);
    target.addEventListener("pointermove", move, { signal: end.signal });
    for (const name of ["pointerup", "pointercancel"]) {
      target.addEventListener(name, () => end.abort(), { signal: end.signal });
    }
  }

  key(event, which) {
    const way = ARROWS[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const step = event.shiftKey ? FAR : NEAR;
    this.move(this.corners, [which], way[0] * step, way[1] * step);
  }
}

customElements.define("print-outline", PrintOutline);
