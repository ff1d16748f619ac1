// The chosen picture as a canvas, no side over LONGEST: what previews are drawn from. It is made when it is first asked
// for. It stands on no page: `watch` says which image it is of, and "ready" that a picture which was missing is here.
const LONGEST = 1600;

class SmallPicture extends HTMLElement {
  watch(image) {
    this.image = image;
    image.addEventListener("load", () => this.renew());
    return this;
  }

  /** Another picture is there. */
  renew() {
    this.canvas = null;
    this.dispatchEvent(new Event("ready"));
  }

  /** Return the canvas; null while a large file is decoded beside the page, which would stand still meanwhile. */
  find() {
    if (!this.canvas && this.blob && this.scale < 1) this.shrink(this.blob);
    else this.canvas ??= this.copy(this.image);
    return this.canvas;
  }

  /** The file that is shown, as the browser can read it; null for a picture that came from the server. */
  get blob() {
    return this.image.closest("photo-preview").blob;
  }

  get scale() {
    return Math.min(1, LONGEST / Math.max(this.image.naturalWidth, this.image.naturalHeight));
  }

  sideOf(name) {
    return Math.max(1, Math.round(this.image[name] * this.scale));
  }

  copy(image) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: this.sideOf("naturalWidth"), height: this.sideOf("naturalHeight") });
    const paper = canvas.getContext("2d");
    paper.imageSmoothingQuality = "high";
    paper.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  async shrink(blob) {
    if (this.shrinking === blob) return;
    this.shrinking = blob;
    const [resizeWidth, resizeHeight] = ["naturalWidth", "naturalHeight"].map((name) => this.sideOf(name));
    const small = { resizeWidth, resizeHeight, resizeQuality: "high" };
    const bitmap = await createImageBitmap(blob, small).catch(() => this.image);
    this.shrinking = null;
    if (blob !== this.blob) return this.dispatchEvent(new Event("ready"));
    this.canvas = this.copy(bitmap);
    this.dispatchEvent(new Event("ready"));
  }
}

customElements.define("small-picture", SmallPicture);
