// A preview that is made of the result on the stage: `result` is its small copy as an image, or null while there is
// none, and `was` are the options that it was made with. It stands on no page: one element a tool
// extends it.
class LiveResult extends customElements.get("live-picture") {
  connectedCallback() {
    super.connectedCallback();
    this.fetchResult();
  }

  see(detail) {
    super.see(detail);
    this.fetchResult();
  }

  get was() {
    return this.shown ? JSON.parse(this.shown) : null;
  }

  async fetchResult() {
    const address = this.tool.querySelector("job-stage .compare-after img")?.getAttribute("src");
    if (address === this.address) return;
    [this.address, this.result] = [address, null];
    if (!address) return;
    const image = Object.assign(new Image(), { src: address });
    const isThere = await image.decode().then(() => true, () => false);
    if (isThere && address === this.address) this.result = image;
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
