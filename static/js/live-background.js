// Another background, another place of the person or another shadow while it is chosen. The cut-out person is fetched
// once for each job; they lie over whatever is drawn behind them. In the mode "place" the picture shows this even
// before anything changes, and <person-mover> drags them.
const { cover, fillColours } = customElements.get("backdrop-fill");
const { blurSize, defocus, lightBehind } = customElements.get("blurred-backdrop");
const { castShadow, findStand, placeOf } = customElements.get("person-place");

const CHOSEN = ["background", "colour", "colour_from", "colour_to", "direction", "network", "whom", "point"];
const ASKED = ["network", "whom", "point"]; // with another of these the cut-out is another
const NUMBERS = { blur: [1, 10], scale: [20, 300], across: [-100, 100], down: [-100, 100], shadow: [0, 100] };

class LiveBackground extends customElements.get("live-result") {
  connectedCallback() {
    super.connectedCallback();
    this.tool.addEventListener("mode", () => this.later());
  }

  read(fields) {
    const number = ([name, [low, high]]) => [name, Math.max(low, Math.min(high, Number(fields[name]) || 0))];
    const chosen = CHOSEN.map((name) => [name, fields[name] ?? ""]);
    return Object.fromEntries([...chosen, ...Object.entries(NUMBERS).map(number)]);
  }

  get paint() {
    return this.form.elements.mask.files[0];
  }

  get copyAddress() {
    return this.tool.querySelector("job-stage .job")?.dataset.copyPerson;
  }

  get isHeld() {
    return this.tool.classList.contains("is-placing");
  }

  see(detail) {
    this.seenPaint = this.paint;
    super.see(detail);
  }

  async fetchCopy() {
    await super.fetchCopy();
    this.tool.classList.toggle("can-place", Boolean(this.copy));
  }

  isChanged(wanted) {
    if (!this.copy || !this.was || ASKED.some((name) => wanted[name] !== this.was[name])) return false;
    if (this.paint && this.paint !== this.seenPaint) return false; // another mask: the server has to see it
    return wanted.background !== "picture" || Boolean(this.behindPicture);
  }

  /** The chosen background picture, once it can be drawn. */
  get behindPicture() {
    const image = this.form.querySelector("[data-option=background_image] photo-preview img");
    return image && !image.hidden && image.naturalWidth ? image : null;
  }

  draw(canvas, source, wanted) {
    Object.assign(canvas, { width: source.width, height: source.height });
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    if (wanted.background === "picture") cover(canvas, this.behindPicture);
    else if (wanted.background === "blurred") this.blur(paper, source, wanted.blur);
    else fillColours(canvas, wanted);
    if (this.stands?.of !== this.copy) this.stands = { of: this.copy, at: findStand(this.pixelsOf(this.copy, source)) };
    const box = placeOf(this.stands.at, wanted, source);
    if (wanted.shadow) castShadow(canvas, this.copy, box, wanted.shadow);
    paper.imageSmoothingQuality = "high";
    paper.drawImage(this.copy, ...box);
  }

  blur(paper, source, strength) {
    if (this.light?.of !== this.copy || this.light.from !== source) {
      const [picture, person] = [source, this.copy].map((image) => this.pixelsOf(image, blurSize(source)));
      this.light = { of: this.copy, from: source, ...lightBehind(picture, person) };
    }
    paper.imageSmoothingQuality = "high";
    paper.drawImage(defocus(this.light, strength), 0, 0, source.width, source.height);
  }
}

customElements.define("live-background", LiveBackground);
