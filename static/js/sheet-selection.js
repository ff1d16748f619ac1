// Selecting frames: all at once, a range with Shift, none with Escape. The bar below shows as soon as it is of use.
class SheetSelection extends HTMLElement {
  connectedCallback() {
    this.bar = this.querySelector(".selection");
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("change", () => this.refresh());
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.set(false);
    });
    this.part("all").addEventListener("click", () => this.set(true));
    this.part("none").addEventListener("click", () => {
      this.set(false);
      this.part("all").focus();
    });
    // Coming back with the browser's own button finds the boxes as they were left.
    addEventListener("pageshow", () => this.refresh());
    this.refresh();
  }

  part(name) {
    return this.querySelector(`[data-part=${name}]`);
  }

  get boxes() {
    return [...this.querySelectorAll("input[name=id][form=selection]")];
  }

  clicked({ target, shiftKey }) {
    const boxes = this.boxes;
    const here = boxes.indexOf(target);
    if (here < 0) return;
    if (shiftKey && this.last !== undefined) {
      const [first, last] = [Math.min(here, this.last), Math.max(here, this.last)];
      for (const box of boxes.slice(first, last + 1)) box.checked = target.checked;
    }
    this.last = here;
    this.refresh();
  }

  set(checked) {
    for (const box of this.boxes) box.checked = checked;
    this.refresh();
  }

  refresh() {
    const boxes = this.boxes;
    const chosen = boxes.filter((box) => box.checked);
    for (const box of boxes) box.closest(".frame").classList.toggle("is-selected", box.checked);
    const words = chosen.length ? this.dataset.some.replace("{count}", chosen.length) : this.dataset.none;
    if (this.part("count").textContent !== words) this.part("count").textContent = words;
    this.classList.toggle("is-selecting", chosen.length > 0);
    for (const button of this.bar.querySelectorAll("button, select")) button.disabled = !chosen.length;
    this.part("all").disabled = chosen.length === boxes.length;
  }
}

customElements.define("sheet-selection", SheetSelection);
