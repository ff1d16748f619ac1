// The way in and out of a drawing: a file field. A file that a person picks is loaded onto the layer, and stays in the
// field as it is, at its own size, until something is painted. What is painted is put into the field as a PNG, or nothing
// where there is nothing new. A mask is black and white, white chosen; hints are colours on a transparent sheet.
const REST_MS = 200;

class DrawingFile extends HTMLElement {
  connectedCallback() {
    this.surface = this.closest("drawing-surface");
    this.input = this.querySelector("input[type=file]");
    this.input.addEventListener("change", (event) => event.isTrusted && this.load(this.input.files[0]));
    this.surface.addEventListener("painted", () => this.later());
    // A form that is sent before the last stroke is in the field waits for it, before anybody else is told.
    this.input.form?.addEventListener("submit", (event) => this.wait(event), { capture: true });
  }

  /** A new picture: what was painted on the last one goes, a file that a person chose before is loaded. */
  begin() {
    if (this.own) this.later();
    else this.load(this.input.files[0]);
  }

  async load(file) {
    if (!file || !this.surface.classList.contains("is-ready")) return;
    const address = URL.createObjectURL(file);
    const paint = await this.read(address).catch(() => null);
    URL.revokeObjectURL(address);
    this.classList.toggle("is-unshown", !paint); // what cannot be shown is sent as it is
    // A copy: a field that holds the very file does not tell when that is changed on the disk and picked again.
    if (paint) this.surface.put(paint, new File([await file.arrayBuffer()], file.name, { type: file.type }));
  }

  /** Return the picture at an address as paint: a canvas of the layer's size. */
  async read(address) {
    const image = Object.assign(new Image(), { src: address });
    await image.decode();
    const paint = this.surface.layer.canvas.cloneNode();
    const paper = paint.getContext("2d");
    paper.drawImage(image, 0, 0, paint.width, paint.height);
    if (this.surface.mode === "hints") return paint;
    const all = paper.getImageData(0, 0, paint.width, paint.height);
    const [data, keeps] = [all.data, this.surface.keeps];
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(this.surface.colour.slice(at, at + 2), 16));
    // As on the server: where anything is transparent the paint counts, whatever its colour, else white does.
    let clear = false;
    for (let i = 3; i < data.length && !clear; i += 4) clear = data[i] < 255;
    for (let i = 0; i < data.length; i += 4) {
      const chosen = clear ? data[i + 3] : 0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2];
      [data[i], data[i + 1], data[i + 2], data[i + 3]] = [red, green, blue, keeps ? 255 - chosen : chosen];
    }
    paper.putImageData(all, 0, 0);
    return paint;
  }

  later() {
    this.pending = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(), REST_MS);
  }

  async wait(event) {
    if (!this.pending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await this.write();
    // A form cannot be sent while it still tells that it is about to be.
    await new Promise((done) => setTimeout(done));
    this.input.form.requestSubmit(event.submitter);
  }

  async write() {
    clearTimeout(this.timer);
    const done = this.surface.layer.done.at(-1);
    const file = done?.file ?? (this.surface.isNews ? await this.file() : null);
    if (done !== this.surface.layer.done.at(-1)) return this.write();
    this.own = Boolean(file);
    const one = new DataTransfer();
    if (file) one.items.add(file);
    this.input.files = one.files;
    this.pending = false;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Return what is painted as a PNG file. */
  async file() {
    const sheet = this.surface.layer.copy();
    const paper = sheet.getContext("2d");
    const colours = this.surface.keeps ? ["#000", "#fff"] : ["#fff", "#000"];
    for (const operation of this.surface.mode === "hints" ? [] : ["source-in", "destination-over"]) {
      Object.assign(paper, { globalCompositeOperation: operation, fillStyle: colours.shift() });
      paper.fillRect(0, 0, sheet.width, sheet.height);
    }
    const blob = await new Promise((done) => sheet.toBlob(done, "image/png"));
    return new File([blob], `${this.input.name}.png`, { type: "image/png" });
  }
}

customElements.define("drawing-file", DrawingFile);
