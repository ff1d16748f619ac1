// The menu of one frame: one is open at a time, Escape and a click elsewhere close it.
const ELSEWHERE = ["pointerdown", "focusin"];

class FrameMenu extends HTMLElement {
  connectedCallback() {
    this.details = this.querySelector("details");
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.details.open) return;
      event.preventDefault();
      this.close();
    });
    this.elsewhere = (event) => {
      if (!this.contains(event.target)) this.details.open = false;
    };
    for (const name of ELSEWHERE) document.addEventListener(name, this.elsewhere);
  }

  disconnectedCallback() {
    for (const name of ELSEWHERE) document.removeEventListener(name, this.elsewhere);
  }

  close() {
    this.details.open = false;
    this.querySelector("summary").focus();
  }
}

customElements.define("frame-menu", FrameMenu);
