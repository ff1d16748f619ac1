// How many photos of an album have ended, while some have not; when all have, the page comes anew with their results.
const WAIT_MS = 3000;

class AlbumProgress extends HTMLElement {
  connectedCallback() {
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  async ask() {
    try {
      const headers = { "X-CSRFToken": this.dataset.token };
      const response = await fetch(this.dataset.url, { headers, cache: "no-store" });
      if (response.ok) this.show(await response.json());
    } catch {
      // No connection: ask again.
    }
    if (!this.isOver) this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  show({ photos, statuses }) {
    const ended = photos - statuses.queued - statuses.running;
    this.isOver = ended === photos;
    Object.assign(this.querySelector("progress"), { max: photos, value: ended });
    const words = this.dataset.words.replace("{ended}", ended).replace("{count}", photos);
    const place = this.querySelector("[role=status]");
    if (place.textContent !== words) place.textContent = words;
    // What somebody is filling in must not go away under the hands.
    if (this.isOver && !document.querySelector("album-run, details[open], .frame.is-selected")) location.reload();
  }
}

customElements.define("album-progress", AlbumProgress);
