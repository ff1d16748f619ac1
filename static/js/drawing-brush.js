// The hand: pointers and keys become strokes on the layer inside. One finger, pen or mouse paints, a pen's pressure
// makes the stroke wider; two fingers are left to the pane around. With the keyboard arrows move a crosshair (with
// Shift further) and Space paints, also while it moves. `size` is in pixels of the screen: enlarging paints finer.
const FAR = 5;

class DrawingBrush extends HTMLElement {
  connectedCallback() {
    if (this.ring) return;
    [this.size, this.colour, this.erase, this.pointer] = [32, "#000000", false, null];
    this.ring = document.createElement("span");
    this.ring.className = "drawing-ring";
    this.append(this.ring);
    this.addEventListener("pointerdown", (event) => this.down(event));
    this.addEventListener("pointermove", (event) => this.move(event));
    this.addEventListener("pointerup", (event) => event.pointerId === this.pointer && this.up());
    this.addEventListener("pointercancel", (event) => event.pointerId === this.pointer && this.takeBack());
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("keyup", (event) => event.key === " " && this.pointer === "key" && this.up());
    this.addEventListener("blur", () => this.pointer === "key" && this.up());
  }

  get layer() {
    return this.querySelector("drawing-layer");
  }

  down(event) {
    // A second finger means enlarging: what the first one began is taken back. A palm beside a pen means nothing.
    if (this.pointer !== null) return event.pointerType === "touch" && this.kind === "touch" && this.takeBack();
    if (event.button !== 0 || !event.isPrimary) return;
    [this.pointer, this.kind] = [event.pointerId, event.pointerType];
    this.setPointerCapture(event.pointerId);
    this.focus({ preventScroll: true });
    this.layer.begin(this);
    this.paint(event);
    event.preventDefault();
  }

  move(event) {
    this.showRing(event);
    if (event.pointerId !== this.pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const point of between.length ? between : [event]) this.paint(point);
  }

  paint({ clientX, clientY, pointerType, pressure }) {
    const box = this.layer.canvas.getBoundingClientRect();
    const scale = this.layer.canvas.width / box.width;
    const wide = pointerType === "pen" ? 0.3 + 1.4 * pressure : 1;
    this.layer.line((clientX - box.left) * scale, (clientY - box.top) * scale, this.size * scale * wide);
  }

  up() {
    this.pointer = null;
    this.layer.end();
  }

  takeBack() {
    this.pointer = null;
    this.layer.again();
  }

  key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if ((!way && event.key !== " ") || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const box = this.getBoundingClientRect();
    const [x, y] = this.at ?? [box.width / 2, box.height / 2];
    const step = Math.max(2, this.size / 4) * (event.shiftKey ? FAR : 1);
    const inside = (value, most) => Math.min(Math.max(value, 0), most);
    const [toX, toY] = way ? [x + way[0] * step, y + way[1] * step] : [x, y];
    const point = { clientX: box.left + inside(toX, box.width), clientY: box.top + inside(toY, box.height) };
    this.showRing(point, true);
    // At the edge of the frame an enlarged picture comes along.
    this.closest("zoom-pane").panBy(this.at[0] - toX, this.at[1] - toY);
    if (event.key === " " && this.pointer === null) {
      [this.pointer, this.kind] = ["key", "key"];
      this.layer.begin(this);
    }
    if (this.pointer === "key") this.paint(point);
  }

  showRing({ clientX, clientY }, crosshair = false) {
    const box = this.getBoundingClientRect();
    this.at = [clientX - box.left, clientY - box.top];
    this.classList.toggle("has-crosshair", crosshair);
    this.style.setProperty("--ring-x", `${this.at[0]}px`);
    this.style.setProperty("--ring-y", `${this.at[1]}px`);
    this.style.setProperty("--ring-size", `${this.size}px`);
  }
}

customElements.define("drawing-brush", DrawingBrush);
