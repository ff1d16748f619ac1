// Copies the result to the clipboard, or prints it in full. Without script its buttons are not shown.
class KeepPicture extends HTMLElement {
  connectedCallback() {
    this.words = this.querySelector("[role=status]");
    this.acts("copy", () => this.copy()).hidden = !(navigator.clipboard?.write && window.ClipboardItem);
    this.acts("print", () => this.print());
  }

  acts(name, act) {
    const button = this.querySelector(`[data-do=${name}]`);
    button.addEventListener("click", async () => {
      this.words.textContent = "";
      this.words.textContent = await act().catch(() => this.dataset.trouble);
    });
    return button;
  }

  async copy() {
    // The picture may take longer to come than the press counts: the clipboard waits for it.
    await navigator.clipboard.write([new ClipboardItem({ "image/png": this.fetch() })]);
    return this.dataset.copied;
  }

  async fetch() {
    const response = await fetch(this.dataset.picture);
    if (!response.ok) throw new Error(response.status);
    return response.blob();
  }

  async print() {
    const picture = this.parentElement.querySelector(".printed");
    picture.src = URL.createObjectURL(await this.fetch());
    await picture.decode();
    window.print();
    return "";
  }
}

customElements.define("keep-picture", KeepPicture);
