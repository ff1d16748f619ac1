// The row of tools scrolls sideways on a phone: the one that is open is brought into view.
class ToolNav extends HTMLElement {
  connectedCallback() {
    const [row, here] = [this.querySelector("nav"), this.querySelector("[aria-current]")];
    if (here) row.scrollLeft = here.offsetLeft + here.offsetWidth / 2 - row.clientWidth / 2;
  }
}

customElements.define("tool-nav", ToolNav);
