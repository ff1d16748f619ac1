// A field for the colour's code beside the colour: offices name their background by it, and not every browser's own
// chooser takes one.
const CODE = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i;

class ColourCode extends HTMLElement {
  connectedCallback() {
    this.colour = this.querySelector("input");
    this.code = document.createElement("input");
    Object.assign(this.code, { type: "text", maxLength: 7, spellcheck: false, autocomplete: "off" });
    this.code.setAttribute("aria-label", this.dataset.label);
    this.append(this.code);
    this.code.addEventListener("input", () => this.write());
    this.code.addEventListener("change", () => this.read());
    this.colour.addEventListener("input", () => this.read());
    this.read();
  }

  write() {
    const [, digits] = CODE.exec(this.code.value.trim()) ?? [];
    if (!digits) return;
    this.colour.value = `#${digits.length === 3 ? digits.replace(/./g, "$&$&") : digits}`;
    this.colour.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // What is no code makes way for the colour as it is.
  read() {
    this.code.value = this.colour.value;
  }
}

customElements.define("colour-code", ColourCode);
