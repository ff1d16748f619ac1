// On a narrow screen the options lie below the picture, as a sheet that is scrolled over it: this brings it up, and away.
// Once it is up, the picture is shown in what is left above it, so that one sees what the options do.
const SHARE = 0.66; // of the height; the rest is --strip in the style sheet
const SLIP_PIXELS = 40; // less is no sheet that is up

class OptionsSheet extends HTMLElement {
  connectedCallback() {
    this.scroller = this.closest("tool-form");
    this.addEventListener("click", (event) => this.toggle(event));
    this.scroller.addEventListener("scroll", () => this.tell(), { passive: true });
    this.querySelector("a").setAttribute("aria-expanded", false);
  }

  toggle(event) {
    event.preventDefault();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = this.isUp ? 0 : SHARE * this.scroller.clientHeight;
    this.scroller.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
  }

  get isUp() {
    return this.scroller.scrollTop > SLIP_PIXELS;
  }

  tell() {
    this.querySelector("a").setAttribute("aria-expanded", this.isUp);
    const { scrollTop, clientHeight, classList } = this.scroller;
    classList.toggle("is-sheet-up", scrollTop > SHARE * clientHeight - SLIP_PIXELS);
  }
}

customElements.define("options-sheet", OptionsSheet);
