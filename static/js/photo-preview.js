// What a chosen picture looks like: the picture itself, or its format where the browser cannot show it.
class PhotoPreview extends HTMLElement {
  connectedCallback() {
    this.image = this.querySelector("img");
    this.blank = this.querySelector(".drop-blank");
    this.former ??= this.image.getAttribute("src");
  }

  /** Show a file, by its `copy` if there is one, and return its size in pixels, null when it cannot be shown; without
   * a file, what was there before. */
  async show(file, copy = file) {
    URL.revokeObjectURL(this.image.src);
    this.file = file;
    this.blob = file ? copy : null;
    if (!file) return this.put(this.former);
    this.put(URL.createObjectURL(copy));
    const readable = await this.image.decode().then(() => true, () => false);
    if (file !== this.file) return null;
    if (!readable) return this.put(null, this.formatOf(file));
    return { width: this.image.naturalWidth, height: this.image.naturalHeight };
  }

  formatOf(file) {
    return (file.type.split("/")[1] ?? file.name.split(".").pop()).toUpperCase();
  }

  put(address, format = "") {
    if (address) this.image.src = address;
    else this.image.removeAttribute("src");
    this.image.hidden = !address;
    this.blank.hidden = !format;
    this.blank.lastElementChild.textContent = format;
    return null;
  }
}

customElements.define("photo-preview", PhotoPreview);
