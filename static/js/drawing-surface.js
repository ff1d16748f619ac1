// Paint on a picture, for masks and colour hints. The macro `drawing` in templates/_drawing.html renders all of it:
//
//   <drawing-surface mode="mask|hints" of="ID" src="URL" start="URL" keep>
//     … <drawing-tools> … <zoom-pane> <drawing-brush> <drawing-layer> … <drawing-file> <input type="file" name="mask"> …
//
// `of` names a file field whose picture is painted on; `src` is the address of one that is on the server already, for
// as long as no file is chosen. The property `picture` takes a File, a Blob, or an address. `start` is the address of a
// mask to begin with; it belongs to `src`, not to a file. With `keep` the mask is what stays, and the paint lies on
// what goes. The field inside is the way in and out (see drawing-file.js). Fires "change" when its file changed.
const LONGEST = 2048;

class DrawingSurface extends HTMLElement {
  static observedAttributes = ["src", "start"];
  colour = "#ff3b1d";

  async connectedCallback() {
    if (this.parts) return;
    this.parts = ["tools", "brush", "layer", "file"].map((name) => `drawing-${name}`);
    const others = this.closest("drawn-options") ? ["zoom-pane", "drawn-options"] : ["zoom-pane"];
    await Promise.all([...this.parts, ...others].map((name) => customElements.whenDefined(name)));
    [this.tools, this.brush, this.layer, this.file] = this.parts.map((name) => this.querySelector(name));
    this.pane = this.querySelector("zoom-pane");
    this.sheet = this.querySelector(".drawing-picture");
    this.addEventListener("keydown", (event) => this.tools.key(event));
    this.tools.do("paint");
    const source = document.getElementById(this.getAttribute("of"));
    const chosen = () => source?.copies?.get(source.files[0]) ?? source?.files[0];
    const look = () => (this.picture = chosen() ?? this.getAttribute("src"));
    for (const news of ["change", "copied"]) source?.addEventListener(news, look);
    look();
  }

  attributeChangedCallback(name, before, now) {
    if (this.layer && before !== now) this.picture = this.getAttribute("src");
  }

  get mode() {
    return this.getAttribute("mode");
  }

  get keeps() {
    return this.hasAttribute("keep");
  }

  set picture(what) {
    this.wanted = what;
    this.show(what);
  }

  async show(what) {
    this.classList.remove("is-ready", "is-unreadable");
    if (!what || this.closest("drawn-options")?.holds(this)) return;
    const address = what instanceof Blob ? URL.createObjectURL(what) : what;
    try {
      const image = Object.assign(new Image(), { src: address });
      await image.decode();
      if (this.wanted === what) await this.begin(image, what instanceof Blob ? null : this.getAttribute("start"));
    } catch {
      // A format that this browser cannot show: a mask can still be uploaded.
      this.classList.toggle("is-unreadable", this.wanted === what);
    } finally {
      if (what instanceof Blob) URL.revokeObjectURL(address);
    }
  }

  // A large picture is painted on at a bounded size: the server stretches the mask over the whole picture.
  async begin(image, start) {
    const sides = [image.naturalWidth, image.naturalHeight];
    const [width, height] = sides.map((n) => Math.max(1, Math.round(n * Math.min(1, LONGEST / Math.max(...sides)))));
    Object.assign(this.sheet, { width, height });
    this.sheet.getContext("2d").drawImage(image, 0, 0, width, height);
    this.style.setProperty("--drawing-aspect", width / height);
    this.layer.resize(width, height);
    this.layer.paper.fillStyle = this.colour;
    if (this.keeps) this.layer.paper.fillRect(0, 0, width, height); // where nobody said what stays, nothing does
    this.layer.resize(width, height, start ? await this.file.read(start) : this.layer.copy());
    Object.assign(this, { first: this.layer.ground, beganEmpty: !this.keeps && !start });
    this.classList.add("is-ready");
    this.file.begin();
    this.pane.zoomAt(1);
  }

  /** Whether there is something to send: anything done since it was as at first, and where that is empty, any paint. */
  get isNews() {
    const last = this.layer.done.at(-1);
    return (last ? last.file !== null : this.layer.ground !== this.first) && !(this.beganEmpty && this.layer.blank);
  }

  /** Put a sheet of the layer's size in place of what is painted; `file` is what it came from, null for the first. */
  put(paint, file) {
    const change = (paper) => {
      paper.globalCompositeOperation = "copy";
      paper.drawImage(paint, 0, 0);
    };
    this.layer.perform(Object.assign(change, { file }));
  }
}

customElements.define("drawing-surface", DrawingSurface);
