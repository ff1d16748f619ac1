// The saturation of Colorize while its slider moves, and another variant as soon as it is picked: the chroma of all
// variants is fetched once for each job, as planes one below the other (see services/colorize/run.py). With hints or
// a reference that the run did not have, the server has to look first.
const { lightOf, paintChroma } = customElements.get("chroma-paint");

const PLANES = 7;
const UNIT = 110 / 127; // of CIE, one step of a plane
const ASKED = ["detail", "variants", "alike", "anyway", "network", "render_factor"];
const FILES = ["reference", "reference_places", "hints"];

class LiveColorize extends customElements.get("live-result") {
  connectedCallback() {
    super.connectedCallback();
    this.tool.addEventListener("click", ({ target }) => this.pick(target.closest("button.alternative")));
  }

  read(fields) {
    const saturation = Math.max(0, Math.min(2, Number(fields.saturation) || 0));
    return { saturation, asked: ASKED.map((name) => fields[name] ?? "").join() };
  }

  get copyAddress() {
    return this.tool.querySelector("job-stage .job")?.dataset.copyChroma;
  }

  get files() {
    return FILES.map((name) => this.form.elements[name].files[0]);
  }

  /** The variant that is the result, as the page says it. */
  get chosen() {
    return Number(this.tool.querySelector("button.alternative[aria-pressed=true]")?.value ?? 0);
  }

  get isHeld() {
    return this.picked !== null && this.picked !== undefined && this.picked !== this.chosen;
  }

  pick(button) {
    if (!button) return;
    this.picked = Number(button.value);
    this.later();
  }

  see(detail) {
    [this.seenFiles, this.picked] = [this.files, null];
    super.see(detail);
  }

  isChanged(wanted) {
    if (!this.copy || wanted.asked !== this.was?.asked) return false;
    return this.files.every((file, i) => !file || file === this.seenFiles?.[i]);
  }

  draw(canvas, source, { saturation }) {
    const { width, height } = source;
    if (this.lights?.of !== source) {
      const pixels = this.pixelsOf(source, source);
      this.lights = { of: source, pixels, values: lightOf(pixels) };
    }
    const { pixels, values } = this.lights;
    const painted = new ImageData(new Uint8ClampedArray(pixels.data), width, height);
    paintChroma(painted, values, this.planesAt(source), UNIT * saturation);
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").putImageData(painted, 0, 0);
  }

  /** The planes of the variant at the size of the picture, kept until another one is picked. */
  planesAt({ width, height }) {
    const variant = this.picked ?? this.chosen;
    if (this.planes?.of === this.copy && this.planes.variant === variant && this.planes.width === width) return this.planes;
    const [a, b, own] = [2 * variant, 2 * variant + 1, PLANES - 1].map((number) => this.plane(number, width, height));
    this.planes = { of: this.copy, variant, width, a, b, own };
    return this.planes;
  }

  plane(number, width, height) {
    const sheet = Object.assign(document.createElement("canvas"), { width, height });
    const paper = sheet.getContext("2d", { willReadFrequently: true });
    const high = this.copy.height / PLANES;
    paper.imageSmoothingQuality = "high";
    paper.drawImage(this.copy, 0, number * high, this.copy.width, high, 0, 0, width, height);
    return paper.getImageData(0, 0, width, height).data;
  }
}

customElements.define("live-colorize", LiveColorize);
