// Drags the person over the preview: what it changes are the fields "across" and "down" of the form, which keys and
// sliders change as well. It stands in the preview, whose canvas is what is dragged; a finger does so in the mode
// "place" alone, for else it scrolls.
class PersonMover extends HTMLElement {
  connectedCallback() {
    this.tool = this.closest("tool-form");
    this.form = this.tool.querySelector("form.studio");
    this.canvas = this.parentElement.querySelector("canvas");
    this.canvas.addEventListener("pointerdown", (event) => this.grab(event));
  }

  grab(event) {
    const scrolls = event.pointerType === "touch" && !this.tool.classList.contains("is-placing");
    if (event.button !== 0 || scrolls) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    const { width, height } = this.canvas.getBoundingClientRect();
    const { clientX, clientY } = event;
    const { across, down } = this.form.elements;
    const [x, y] = [across, down].map((field) => Number(field.value) || 0);
    const move = (to) => {
      this.put(across, x + (100 * (to.clientX - clientX)) / width);
      this.put(down, y + (100 * (to.clientY - clientY)) / height);
    };
    const end = new AbortController();
    this.canvas.addEventListener("pointermove", move, { signal: end.signal });
    for (const name of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(name, () => end.abort(), { signal: end.signal });
    }
  }

  put(field, value) {
    const whole = Math.max(Number(field.min), Math.min(Number(field.max), value));
    const text = String(Number(whole.toFixed(1)));
    if (field.value === text) return;
    field.value = text;
    for (const news of ["input", "change"]) field.dispatchEvent(new Event(news, { bubbles: true }));
  }
}

customElements.define("person-mover", PersonMover);
