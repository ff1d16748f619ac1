// Where a picture is too large for a visitor without an account, a button makes it smaller right here. It stands in the
// <photo-drop> whose picture it is, which says in words what is wrong, and how large the new one is.
const KEPT = /^image\/(png|webp)$/;
const QUALITY = 0.92;

class PhotoReduce extends HTMLElement {
  connectedCallback() {
    this.drop = this.closest("photo-drop");
    this.image = this.drop.querySelector(".drop-preview");
    this.drop.addEventListener("photo", () => this.offer());
    this.firstElementChild.addEventListener("click", () => this.reduce());
  }

  get scale() {
    return Math.sqrt((this.drop.dataset.maxMegapixels * 1e6) / (this.image.naturalWidth * this.image.naturalHeight));
  }

  offer() {
    this.hidden = !this.drop.input.validity.customError || this.image.hidden || !(this.scale < 1);
  }

  async reduce() {
    const [file] = this.drop.input.files, { naturalWidth, naturalHeight } = this.image, { scale } = this;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.floor(naturalWidth * scale));
    canvas.height = Math.max(1, Math.floor(naturalHeight * scale));
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(this.image, 0, 0, canvas.width, canvas.height);
    const type = KEPT.test(file.type) ? file.type : "image/jpeg";
    const blob = await new Promise((take) => canvas.toBlob(take, type, QUALITY));
    if (!blob || file !== this.drop.input.files[0]) return;
    this.drop.put([new File([blob], file.name, { type: blob.type })]);
    this.drop.input.focus();
  }
}

customElements.define("photo-reduce", PhotoReduce);
