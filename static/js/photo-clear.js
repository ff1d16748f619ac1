// Takes the chosen picture out of its field again; what an earlier run brought for it does not count either.
class PhotoClear extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", () => this.clear());
  }

  clear() {
    const drop = this.closest("photo-drop");
    const former = this.closest("[data-option]").querySelector("[data-former]:not([hidden]) input");
    if (former) former.checked = true;
    drop.put();
    drop.input.focus();
  }
}

customElements.define("photo-clear", PhotoClear);
