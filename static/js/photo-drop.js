// A file field that takes a drop and the camera too, and through <page-drop> whatever is dropped or pasted elsewhere, shows the picture at once and checks it against the
// limits. The server checks again: this only spares the person an upload in vain. The main field of a tool
// (data-main) takes several pictures: they leave it again as the event "photos", for the tray.
const MEGABYTE = 1_000_000;
// What every browser shows: where one of these is not shown, the server says what is wrong with it.
const SHOWN = /^image\/(jpeg|png|gif|webp|bmp)$/;

class PhotoDrop extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file][name]");
    this.area = this.querySelector(".drop-area");
    this.preview = this.querySelector("photo-preview");
    this.facts = this.querySelector(".drop-facts");
    this.former ??= this.facts.textContent;
    this.input.multiple = this.isMain = "main" in this.dataset;
    this.input.addEventListener("change", () => this.look());
    const over = { dragover: true, dragleave: false };
    for (const name in over) this.area.addEventListener(name, (event) => this.hover(event, over[name]));
    this.area.addEventListener("drop", (event) => this.take(event, event.dataTransfer));
    this.querySelector("[capture]")?.addEventListener("change", (event) => this.put(event.target.files));
    if (this.input.files.length) this.look();
  }

  hover(event, isOver) {
    event.preventDefault();
    this.area.classList.toggle("is-over", isOver);
  }

  take(event, transfer) {
    this.area.classList.remove("is-over");
    if (event.type === "drop" || transfer?.files.length) event.preventDefault();
    if (transfer?.files.length) this.put(transfer.files);
  }

  /** Put files into the field as if they had been picked; without any it is emptied. */
  put(files = []) {
    const transfer = new DataTransfer();
    for (const file of this.isMain ? files : [...files].slice(0, 1)) transfer.items.add(file);
    this.input.files = transfer.files;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async look() {
    const files = [...this.input.files];
    if (files.length > 1 || (this.collecting && files.length)) {
      this.input.value = "";
      return this.dispatchEvent(new CustomEvent("photos", { bubbles: true, detail: files }));
    }
    const [file] = files, problem = file ? this.problemOf(file) : "";
    this.classList.toggle("is-filled", Boolean(file ?? this.preview.former));
    this.tell(problem || (file ? this.name(file) : this.former), problem);
    const size = await this.preview.show(problem ? null : file);
    if (!file || problem || file !== this.input.files[0]) return;
    size ? this.measure(file, size) : this.borrow(file);
  }

  async borrow(file) {
    this.tell(SHOWN.test(file.type) ? this.name(file) : `${this.name(file)} · ${this.dataset.noPreview}`, "");
    const { copy, refusal } = await this.querySelector("photo-copy").of(file);
    if (file !== this.input.files[0]) return;
    if (copy) await this.preview.show(file, copy);
    if (copy || refusal) this.tell(refusal || this.name(file), refusal);
  }

  /** Say in a sentence why a file cannot be taken; "" when it may be tried. */
  problemOf(file) {
    const size = (file.size / MEGABYTE).toFixed(1);
    if (file.size > this.dataset.maxMegabytes * MEGABYTE) return this.dataset.tooHeavy.replace("{size}", size);
    return file.type && !file.type.startsWith("image/") ? this.dataset.notPicture : "";
  }

  measure(file, { width, height }) {
    const megapixels = (width * height) / 1e6;
    const words = this.dataset.tooLarge.replace("{size}", megapixels.toFixed(0));
    const problem = megapixels > this.dataset.maxMegapixels ? words : "";
    this.tell(problem || `${this.name(file)} · ${width} × ${height}`, problem);
  }

  name(file) {
    const { name, size } = file;
    const amount = size < MEGABYTE ? `${Math.ceil(size / 1000)} kB` : `${(size / MEGABYTE).toFixed(1)} MB`;
    return `${name} · ${this.preview.formatOf(file)} · ${amount}`;
  }

  tell(words, problem) {
    this.facts.textContent = words;
    this.facts.classList.toggle("field-error", Boolean(problem));
    this.input.setCustomValidity(problem);
    this.dispatchEvent(new CustomEvent("photo", { bubbles: true }));
  }
}

customElements.define("photo-drop", PhotoDrop);
