// Frame a part of a picture. The macro `frame_picker` in templates/_drawing.html renders it around a text field that
// holds "left,top,width,height" (see picture-place.js); a fifth number are the degrees by which the frame is turned, as
// a photo that is straightened needs it. An empty field means that nobody framed anything.
// Attributes: `aspect` is the width divided by the height that the frame keeps (empty: free; may change at any time).
// `aspect-of` names a field of the same form that chooses the aspect, `data-aspects` has it for each of its values.
class FramePicker extends customElements.get("picture-place") {
  static observedAttributes = ["aspect"];

  async connectedCallback() {
    if (this.rect) return;
    this.rect = this.querySelector("frame-rect");
    await customElements.whenDefined("frame-rect");
    this.rect.addEventListener("framed", () => this.write());
    this.follow();
    super.connectedCallback();
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

  // The aspect is that of pixels, the frame counts in parts of the picture.
  measure() {
    this.rect.ratio = (this.getAttribute("aspect") * this.image.naturalHeight) / this.image.naturalWidth || 0;
  }

  begin() {
    super.begin();
    this.measure();
    const text = this.input.value || this.dataset.placed;
    const given = this.read(4, text) ?? this.read(5, text);
    this.rect.tilt = given?.[4] ?? 0;
    if (given) this.rect.set(...given.slice(0, 4));
    else this.rect.centre();
  }

  write() {
    const { box, tilt } = this.rect;
    this.put(tilt ? [...box, tilt] : box);
  }

  get words() {
    const [left, top, width, height] = this.rect.box;
    return { left, top, width, height };
  }
}

customElements.define("frame-picker", FramePicker);
