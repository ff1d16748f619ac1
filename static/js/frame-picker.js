// Frame a part of a picture. The macro `frame_picker` in templates/_drawing.html renders it around a text field that
// holds "left,top,width,height" in parts of the picture: this is what a form sends, and what a person without script
// may type; a fifth number are the degrees by which the frame is turned, as a photo that is straightened needs it. An
// empty field means that nobody framed anything.
// Attributes: `of` names a file field whose picture is framed, `src` is an address until one is chosen, `aspect` the
// width divided by the height that the frame keeps (empty: free; may change at any time). `aspect-of` names a field of
// the same form that chooses the aspect, `data-aspects` has it for each of the field's values. Property `picture`: a
// File, a Blob or an address. Fires "change" when the field changed.
class FramePicker extends HTMLElement {
  static observedAttributes = ["aspect"];

  async connectedCallback() {
    if (this.input) return;
    this.input = this.querySelector("input");
    this.image = this.querySelector("img");
    this.rect = this.querySelector("frame-rect");
    this.status = this.querySelector("[role=status]");
    await customElements.whenDefined("frame-rect");
    this.image.addEventListener("load", () => this.begin());
    this.rect.addEventListener("framed", () => this.write());
    this.input.addEventListener("change", (event) => event.isTrusted && this.begin());
    const source = document.getElementById(this.getAttribute("of"));
    const chosen = () => source?.copies?.get(source.files[0]) ?? source?.files[0];
    const look = () => (this.picture = chosen() ?? this.getAttribute("src"));
    // A frame belongs to its picture.
    source?.addEventListener("change", () => (this.input.value = this.dataset.placed = ""));
    for (const news of ["change", "copied"]) source?.addEventListener(news, look);
    this.follow();
    look();
  }

  follow() {
    const [form, name] = [this.closest("form"), this.getAttribute("aspect-of")];
    if (!form || !name) return;
    const aspects = JSON.parse(this.dataset.aspects);
    const lines = JSON.parse(this.dataset.headLines ?? "{}");
    const take = () => {
      const { value } = form.elements[name];
      this.setAttribute("aspect", aspects[value] ?? "");
      ["--crown", "--chin"].forEach((line, i) => this.style.setProperty(line, `${100 * (lines[value]?.[i] ?? 0)}%`));
    };
    form.addEventListener("change", (event) => event.target.name === name && take());
    take();
  }

  attributeChangedCallback() {
    if (!this.classList.contains("is-ready")) return;
    this.measure();
    this.rect.reshape();
    if (this.input.value) this.write();
    else if (!this.dataset.placed) this.rect.centre();
  }

  set picture(what) {
    if (this.image.src.startsWith("blob:")) URL.revokeObjectURL(this.image.src);
    this.classList.remove("is-ready");
    if (what) this.image.src = what instanceof Blob ? URL.createObjectURL(what) : what;
  }

  // The aspect is that of pixels, the frame counts in parts of the picture.
  measure() {
    this.rect.ratio = (this.getAttribute("aspect") * this.image.naturalHeight) / this.image.naturalWidth || 0;
  }

  begin() {
    this.classList.add("is-ready");
    this.style.setProperty("--framing-aspect", this.image.naturalWidth / this.image.naturalHeight);
    this.measure();
    const given = (this.input.value || (this.dataset.placed ?? "")).split(",").map(Number);
    const isGiven = [4, 5].includes(given.length) && given.every(Number.isFinite);
    this.rect.tilt = isGiven ? (given[4] ?? 0) : 0;
    if (isGiven) this.rect.set(...given.slice(0, 4));
    else this.rect.centre();
  }

  write() {
    const { box, tilt } = this.rect;
    this.input.value = [...box.map((part) => Number(part.toFixed(4))), ...(tilt ? [tilt] : [])].join(",");
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), 400);
  }

  tell() {
    const [left, top, width, height] = this.rect.box.map((part) => Math.round(part * 100));
    const words = { left, top, width, height };
    this.status.textContent = this.dataset.words.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  }
}

customElements.define("frame-picker", FramePicker);
