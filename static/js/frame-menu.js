// The menu of one frame: one is open at a time, Escape and a click elsewhere close it.
class FrameMenu extends HTMLElement {
  connectedCallback() {
    this.details = this.querySelector("details");
    this.details.addEventListener("toggle", () => this.toggled());
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.details.open) return;
      event.preventDefault();
      this.close();
    });
    this.elsewhere = (event) => {
      if (!this.contains(event.target)) this.details.open = false;
    };
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this.elsewhere);
    document.removeEventListener("focusin", this.elsewhere);
  }

  toggled() {
    const change = this.details.open ? "addEventListener" : "removeEventListener";
    document[change]("pointerdown", this.elsewhere);
    document[change]("focusin", this.elsewhere);
  }

  close() {
    this.details.open = false;
    this.querySelector("summary").focus();
  }
}

customElements.define("frame-menu", FrameMenu);
