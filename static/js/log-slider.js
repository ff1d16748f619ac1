// A slider beside a number field. When the range spans decades it moves in equal ratios: from 0.2 to 100 a straight
// slider would leave everything below 2 on its first two pixels. Else each of its steps is one of the number's.
const STEPS = 200;
const MOST_STEPS = 1000;
const DECADES = 50;

class LogSlider extends HTMLElement {
  connectedCallback() {
    this.number = this.querySelector("input");
    this.low = Number(this.number.min);
    this.high = Number(this.number.max);
    this.bent = this.low > 0 && this.high / this.low > DECADES;
    this.slider = document.createElement("input");
    this.steps = this.bent ? STEPS : Math.min(MOST_STEPS, Math.round((this.high - this.low) / this.step));
    Object.assign(this.slider, { type: "range", min: 0, max: this.steps, step: 1 });
    this.slider.setAttribute("aria-label", this.dataset.label);
    this.prepend(this.slider);
    this.slider.addEventListener("input", () => this.write());
    this.number.addEventListener("input", () => this.read());
    this.read();
  }

  get step() {
    return Number(this.number.step) || 0.01;
  }

  write() {
    const part = this.slider.value / this.steps;
    const value = this.bent ? this.low * (this.high / this.low) ** part : this.low + (this.high - this.low) * part;
    this.number.value = Number((Math.round(value / this.step) * this.step).toFixed(2));
    this.slider.setAttribute("aria-valuetext", this.number.value);
    this.number.dispatchEvent(new Event("change", { bubbles: true }));
  }

  read() {
    const value = Math.min(Math.max(Number(this.number.value), this.low), this.high);
    const part = this.bent
      ? Math.log(value / this.low) / Math.log(this.high / this.low)
      : (value - this.low) / (this.high - this.low);
    this.slider.value = part * this.steps;
    this.slider.setAttribute("aria-valuetext", this.number.value);
  }
}

customElements.define("log-slider", LogSlider);
