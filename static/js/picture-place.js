// A place in a picture, as a text field holds it: numbers in parts of the picture's width and height. This is what a
// form sends, and what a person without script may type. Base of <frame-picker> and <point-picker>.
// Attributes: `of` names a file field with the picture, `src` is an address until a file is chosen. Property `picture`:
// a File, a Blob or an address. Fires "change" when the field changed. `begin` shows what the field holds, and `words`
// says it.
class PicturePlace extends HTMLElement {
  connectedCallback() {
    if (this.input) return;
    this.input = this.querySelector("input");
    this.image = this.querySelector("img");
    this.status = this.querySelector("[role=status]");
    this.image.addEventListener("load", () => this.begin());
    this.input.addEventListener("change", (event) => event.isTrusted && this.begin());
    const source = document.getElementById(this.getAttribute("of"));
    const chosen = () => source?.copies?.get(source.files[0]) ?? source?.files[0];
    const look = () => (this.picture = chosen() ?? this.getAttribute("src"));
    // A place belongs to its picture.
    source?.addEventListener("change", () => (this.input.value = this.dataset.placed = ""));
    for (const news of ["change", "copied"]) source?.addEventListener(news, look);
    look();
  }

  set picture(what) {
    if (this.image.src.startsWith("blob:")) URL.revokeObjectURL(this.image.src);
    this.classList.remove("is-ready");
    if (what) this.image.src = what instanceof Blob ? URL.createObjectURL(what) : what;
  }

  begin() {
    this.classList.add("is-ready");
    this.style.setProperty("--framing-aspect", this.image.naturalWidth / this.image.naturalHeight);
  }

  /** The numbers in the field, or in another text; none where they are not so many. */
  read(count, text = this.input.value) {
    const given = text.split(",").map(Number);
    return text && given.length === count && given.every(Number.isFinite) ? given : null;
  }

  put(numbers) {
    this.input.value = numbers.map((part) => Number(part.toFixed(4))).join(",");
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), 400);
  }

  tell() {
    const parts = Object.entries(this.words).map(([name, part]) => [name, Math.round(part * 100)]);
    const words = Object.fromEntries(parts);
    this.status.textContent = this.dataset.words.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  }
}

customElements.define("picture-place", PicturePlace);
