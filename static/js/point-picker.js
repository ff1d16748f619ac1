// Point at a place in a picture: tap, click or move the mark with the arrows. The macro `point_picker` in
// templates/_drawing.html renders it around a text field that holds "x,y" (see picture-place.js). An empty field means
// that nobody pointed anywhere.
const [NEAR, FAR] = [0.01, 0.05];
const inside = (part) => Math.max(0, Math.min(1, part));

class PointPicker extends customElements.get("picture-place") {
  connectedCallback() {
    if (this.pad) return;
    this.pad = this.querySelector(".point-pad");
    this.mark = this.querySelector(".point-mark");
    this.pad.addEventListener("click", (event) => this.point(event));
    this.pad.addEventListener("keydown", (event) => this.key(event));
    super.connectedCallback();
  }

  begin() {
    super.begin();
    this.show();
  }

  show() {
    const place = this.read(2);
    this.mark.hidden = !place;
    place?.forEach((part, i) => this.mark.style.setProperty(["--x", "--y"][i], `${100 * inside(part)}%`));
  }

  point({ clientX, clientY }) {
    const { left, top, width, height } = this.image.getBoundingClientRect();
    this.write((clientX - left) / width, (clientY - top) / height);
  }

  key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const [x, y] = this.read(2) ?? [0.5, 0.5];
    const step = event.shiftKey ? FAR : NEAR;
    this.write(x + way[0] * step, y + way[1] * step);
  }

  write(...place) {
    this.put(place.map(inside));
    this.show();
  }

  get words() {
    const [x, y] = this.read(2);
    return { x, y };
  }
}

customElements.define("point-picker", PointPicker);
