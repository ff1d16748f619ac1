// Slides lie side by side and scroll natively; the buttons scroll by one and the place is told.
class PhotoCarousel extends HTMLElement {
  connectedCallback() {
    this.track = this.querySelector(".carousel-track");
    this.slides = [...this.track.children];
    this.place = this.querySelector(".carousel-place");
    for (const button of this.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.go(this.index + Number(button.dataset.step)));
    }
    this.watcher = new IntersectionObserver((entries) => this.seen(entries), { root: this.track, threshold: 0.6 });
    this.slides.forEach((slide) => this.watcher.observe(slide));
    this.tell(0);
  }

  disconnectedCallback() {
    this.watcher.disconnect();
  }

  seen(entries) {
    const shown = entries.filter((entry) => entry.isIntersecting);
    if (shown.length) this.tell(this.slides.indexOf(shown[0].target));
  }

  go(index) {
    const slide = this.slides[(index + this.slides.length) % this.slides.length];
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.track.scrollTo({ left: slide.offsetLeft - this.track.offsetLeft, behavior: still ? "auto" : "smooth" });
  }

  tell(index) {
    this.index = index;
    const words = this.dataset.label.replace("{number}", index + 1).replace("{count}", this.slides.length);
    if (this.place.textContent !== words) this.place.textContent = words;
  }
}

customElements.define("photo-carousel", PhotoCarousel);
