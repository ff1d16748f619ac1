// A copy, made by the server, of a picture that this browser cannot show, such as a TIFF or HEIC file: to look at, to
// paint on and to frame. It lies in the map `copies` of the file field, by file, and the field fires "copied".
class PhotoCopy extends HTMLElement {
  connectedCallback() {
    this.input = this.closest("photo-drop").querySelector("input[type=file][name]");
    this.input.copies ??= new WeakMap();
  }

  /** Return {copy} as a Blob; {refusal}, the server's words, for what it takes for no picture; {} if it cannot tell. */
  async of(file) {
    const body = new FormData();
    body.set("csrf_token", this.input.form.elements.csrf_token.value);
    body.set("image", file);
    const options = { method: "POST", body, headers: { Accept: "image/webp,application/json" } };
    const response = await fetch(this.dataset.url, options).catch(() => null);
    if ([400, 413].includes(response?.status)) return { refusal: (await response.json()).error.message };
    if (!response?.ok) return {};
    const copy = await response.blob();
    this.input.copies.set(file, copy);
    this.input.dispatchEvent(new Event("copied"));
    return { copy };
  }
}

customElements.define("photo-copy", PhotoCopy);
