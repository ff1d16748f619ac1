// Lays the change map and its legend over the result of a compare-slider while its button is pressed. The divider goes
// to the edge meanwhile, so that the whole result is seen.
class ChangeMap extends HTMLElement {
  connectedCallback() {
    if (this.button) return;
    this.slider = this.closest("compare-slider");
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => this.lay(this.button.getAttribute("aria-pressed") !== "true"));
  }

  lay(on) {
    const { slider, button } = this;
    this.overlay ??= this.makeOverlay();
    this.overlay.hidden = slider.querySelector(".change-legend").hidden = !on;
    button.setAttribute("aria-pressed", on);
    const value = on ? 0 : this.divider;
    this.divider = slider.range.value;
    slider.range.value = value;
    slider.show();
  }

  makeOverlay() {
    const result = this.slider.querySelector(".compare-after img");
    const { overlay: src, alt } = this.dataset;
    const overlay = Object.assign(new Image(), { src, alt, className: "compare-changes", shape: result.shape });
    result.after(overlay);
    this.slider.pictures.push(overlay);
    this.slider.fit(this.slider.querySelector(".compare-after"));
    return overlay;
  }
}

customElements.define("change-map", ChangeMap);
