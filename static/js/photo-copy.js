// A copy, made by the server, of a picture that this browser cannot show, such as a TIFF or HEIC file: to look at, to
// paint on and to frame. It lies in the map `copies` of the file field, by file, and the field fires "copied".
class PhotoCopy extends HTMLElement {
  connectedCallback() {
    this.input = this.closest("photo-drop").querySelector("input[type=file][name]");
    this.input.copies ??= new WeakMap();
  }

  /** Return the copy as a Blob, null when the server makes none. */
  async of(file) {
    const body = new FormData();
    body.set("csrf_token", this.input.form.elements.csrf_token.value);
    body.set("image", file);
    const wish = { method: "POST", body, headers: { Accept: "image/webp,application/json" } };
    const answer = await fetch(this.dataset.url, wish).catch(() => null);
    if (!answer?.ok) return null;
    this.input.copies.set(file, await answer.blob());
    this.input.dispatchEvent(new Event("copied"));
    return this.input.copies.get(file);
  }
}

customElements.define("photo-copy", PhotoCopy);
