// On a narrow screen the options lie below the picture, as a sheet that is scrolled over it: this brings it up, and away.
class OptionsSheet extends HTMLElement {
  connectedCallback() {
    this.scroller = this.closest("tool-form");
    this.addEventListener("click", (event) => this.toggle(event));
    this.scroller.addEventListener("scroll", () => this.tell(), { passive: true });
    this.tell();
  }

  toggle(event) {
    event.preventDefault();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = this.isUp ? 0 : this.scroller.scrollHeight;
    this.scroller.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
  }

  get isUp() {
    return this.scroller.scrollTop > 40;
  }

  tell() {
    this.querySelector("a").setAttribute("aria-expanded", this.isUp);
  }
}

customElements.define("options-sheet", OptionsSheet);
