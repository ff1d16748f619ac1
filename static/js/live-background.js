// Another background while it is chosen. The person is taken out of the result by the mask, which is fetched once: what
// is left without the background that was laid behind them is theirs, edge included, and lies over any other.
const { cover, fillColours } = customElements.get("backdrop-fill");
const { blurSize, defocus, lightBehind } = customElements.get("blurred-backdrop");

const OPTIONS = ["background", "colour", "colour_from", "colour_to", "direction", "blur", "network"];

class LiveBackground extends customElements.get("live-result") {
  read(fields) {
    return Object.fromEntries(OPTIONS.map((name) => [name, fields[name] ?? ""]));
  }

  get paint() {
    return this.form.elements.mask.files[0];
  }

  see(detail) {
    this.seenPaint = this.paint;
    super.see(detail);
  }

  async fetchResult() {
    super.fetchResult();
    const mask = this.tool.querySelector("job-stage .mask img")?.getAttribute("src") ?? "";
    if (mask === this.maskAddress) return;
    [this.maskAddress, this.mask] = [mask, null];
    if (!mask) return;
    const image = Object.assign(new Image(), { src: mask });
    const isThere = await image.decode().then(() => true, () => false);
    if (isThere && mask === this.maskAddress) this.mask = image;
    this.later();
  }

  isChanged(wanted) {
    if (!this.result || !this.mask || !this.was || wanted.network !== this.was.network) return false;
    if (this.paint && this.paint !== this.seenPaint) return false; // another mask: the server has to see it
    return wanted.background !== "picture" || Boolean(this.behindPicture);
  }

  /** The chosen background picture, once it can be drawn. */
  get behindPicture() {
    const image = this.form.querySelector("[data-option=background_image] photo-preview img");
    return image && !image.hidden && image.naturalWidth ? image : null;
  }

  draw(canvas, source, wanted) {
    const { width, height } = source;
    Object.assign(canvas, { width, height });
    const person = this.cutOut(source);
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    if (wanted.background === "picture") cover(canvas, this.behindPicture);
    else if (wanted.background === "blurred") this.blur(paper, source, Number(wanted.blur));
    else fillColours(canvas, wanted);
    paper.drawImage(person, 0, 0);
  }

  /** A canvas with the person alone, made once for each result. */
  cutOut(source) {
    if (this.cut?.of === this.result && this.cut.from === source) return this.cut.sheet;
    const sheet = Object.assign(document.createElement("canvas"), { width: source.width, height: source.height });
    const paper = sheet.getContext("2d", { willReadFrequently: true });
    const known = fillColours(sheet, this.was);
    const old = paper.getImageData(0, 0, sheet.width, sheet.height).data;
    const own = this.was.background === "transparent";
    const person = this.pixelsOf(known || own ? this.result : source, source);
    const alpha = this.pixelsOf(this.mask, source).data;
    for (let i = 0; i < alpha.length && !own; i += 4) {
      const share = alpha[i] / 255;
      for (let c = i; c < i + 3 && known && share; c++) person.data[c] = (person.data[c] - (1 - share) * old[c]) / share;
      person.data[i + 3] = alpha[i];
    }
    paper.putImageData(person, 0, 0);
    this.cut = { of: this.result, from: source, sheet };
    return sheet;
  }

  blur(paper, source, strength) {
    if (this.light?.of !== this.mask || this.light.from !== source) {
      const [picture, mask] = [source, this.mask].map((image) => this.pixelsOf(image, blurSize(source)));
      this.light = { of: this.mask, from: source, ...lightBehind(picture, mask) };
    }
    paper.imageSmoothingQuality = "high";
    paper.drawImage(defocus(this.light, strength), 0, 0, source.width, source.height);
  }
}

customElements.define("live-background", LiveBackground);
