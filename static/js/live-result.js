// A preview that is made of the run on the stage: `copy` is a small picture of it as an image, or null while there is
// none, and `was` are the options that it was made with. It stands on no page: one element a tool extends it.
class LiveResult extends customElements.get("live-picture") {
  connectedCallback() {
    super.connectedCallback();
    this.fetchCopy();
  }

  see(detail) {
    super.see(detail);
    this.fetchCopy();
  }

  get was() {
    return this.shown ? JSON.parse(this.shown) : null;
  }

  /** Where the picture is that the preview is made of: the result's small copy, unless a tool has another. */
  get copyAddress() {
    return this.tool.querySelector("job-stage .compare-after img")?.getAttribute("src");
  }

  async fetchCopy() {
    const address = this.copyAddress;
    if (address === this.address) return;
    [this.address, this.copy] = [address, null];
    if (!address) return;
    const image = Object.assign(new Image(), { src: address });
    const isThere = await image.decode().then(() => true, () => false);
    if (isThere && address === this.address) this.copy = image;
    this.later();
  }

  /** The pixels of an image at the size of a canvas. */
  pixelsOf(image, { width, height }) {
    const sheet = Object.assign(document.createElement("canvas"), { width, height });
    const paper = sheet.getContext("2d", { willReadFrequently: true });
    paper.imageSmoothingQuality = "high";
    paper.drawImage(image, 0, 0, width, height);
    return paper.getImageData(0, 0, width, height);
  }
}

customElements.define("live-result", LiveResult);
