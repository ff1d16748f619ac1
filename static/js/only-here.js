// What Only here would make, drawn while the brush moves: the result where something is painted, with a soft edge, and
// elsewhere the photo or another version. It lies between the picture and the paint of the canvas "mask". What is saved
// is computed by the server.

const { weigh } = customElements.get("soft-edge");

class OnlyHere extends HTMLElement {
  async connectedCallback() {
    if (this.tool) return;
    this.tool = this.closest("tool-form");
    this.form = this.tool.querySelector("form.studio");
    this.surface = this.tool.querySelector("#drawn-mask drawing-surface");
    await customElements.whenDefined("drawing-surface");
    [this.canvas, this.sheet] = [0, 1].map(() => document.createElement("canvas"));
    this.canvas.className = "only-here";
    this.surface.querySelector(".drawing-picture").after(this.canvas);
    this.surface.classList.add("shows-result");
    for (const news of ["painted", "pointermove", "keydown", "change"]) this.surface.addEventListener(news, () => this.later());
    new MutationObserver(() => this.later()).observe(this.surface, { attributeFilter: ["class"] });
    for (const news of ["input", "change"]) this.form.addEventListener(news, () => this.look());
    this.look();
  }

  /** Fetch the pictures that are chosen now. */
  async look() {
    const wanted = ["edited", "elsewhere"].map((name) => this.find(name));
    if (this.wanted && wanted.every((each, i) => each === this.wanted[i])) return this.later();
    this.wanted = wanted;
    const found = await Promise.all(wanted.map((what) => this.open(what)));
    if (this.wanted === wanted) [this.edited, this.elsewhere] = found;
    this.later();
  }

  /** What is chosen for an option: a file, the address of a small copy, or "" for nothing. */
  find(name) {
    const file = this.form.elements[name].files[0];
    return file ?? this.form.querySelector(`[data-version=${name}]`)?.selectedOptions[0]?.dataset.preview ?? "";
  }

  async open(what) {
    if (!what) return null;
    const address = what instanceof Blob ? URL.createObjectURL(what) : what;
    const image = Object.assign(new Image(), { src: address });
    const isThere = await image.decode().then(() => true, () => false); // a format that this browser cannot show
    if (what instanceof Blob) URL.revokeObjectURL(address);
    return isThere ? image : null;
  }

  later() {
    this.timer ??= requestAnimationFrame(() => {
      this.timer = null;
      if (this.surface.classList.contains("is-ready")) this.draw();
    });
  }

  draw() {
    const { canvas, sheet, edited, surface } = this;
    const { width, height } = surface.sheet;
    canvas.hidden = !edited;
    if (!edited) return;
    for (const each of [canvas, sheet]) if (each.width !== width || each.height !== height) Object.assign(each, { width, height });
    const weights = weigh(surface.layer.canvas, Number(this.form.elements.feather.value) / 100);
    const over = this.lay(sheet, ["copy", weights], ["source-in", edited]);
    this.lay(canvas, ["copy", this.elsewhere ?? surface.sheet], ["destination-out", weights], ["lighter", over]);
  }

  lay(sheet, ...pictures) {
    const paper = sheet.getContext("2d");
    for (const [operation, picture] of pictures) {
      paper.globalCompositeOperation = operation;
      paper.drawImage(picture, 0, 0, sheet.width, sheet.height);
    }
    return sheet;
  }
}

customElements.define("only-here", OnlyHere);
