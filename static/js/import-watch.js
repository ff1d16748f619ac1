// Stands on the page while an uploaded file is being read, and shows the page anew once that is over.
const PAUSE_MS = 1500;

class ImportWatch extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.ask(), PAUSE_MS);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  async ask() {
    // Somebody may be sending the next file from the same page.
    if (document.querySelector("weights-upload")?.request) return;
    try {
      const response = await fetch(this.dataset.url, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (response.ok && !(await response.json()).busy) location.reload();
    } catch {
      // The server is away for a moment: the next time tells.
    }
  }
}

customElements.define("import-watch", ImportWatch);
