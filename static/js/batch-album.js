// The pictures of one batch become an album: made with the second of them, joined by each that comes later. A picture
// that was here before is in its album already.
class BatchAlbum extends HTMLElement {
  connectedCallback() {
    this.tray = this.closest("picture-tray");
    this.tray.addEventListener("made", ({ detail }) => detail.parent || this.take(detail.id));
    this.tray.addEventListener("tray", () => this.tray.items.length || this.begin());
    this.begin();
  }

  /** The tray is empty: what comes next is another batch. */
  begin() {
    [this.ids, this.album, this.isOver, this.last] = [[], null, false, Promise.resolve()];
    this.firstElementChild.hidden = true;
  }

  /** One request after the other: two at once would make two albums. */
  take(id) {
    this.ids.push(id);
    this.last = this.last.then(() => this.send());
  }

  async send() {
    if (this.isOver || (!this.album && this.ids.length < 2)) return;
    const ids = this.ids.splice(0);
    const path = this.album ? `${this.album.url}/photos` : this.dataset.url;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token };
    try {
      const response = await fetch(path, { method: "POST", headers, body: JSON.stringify({ ids }) });
      // The album was deleted meanwhile, or there may be no more: the pictures are on the contact sheet all the same.
      if (!response.ok) this.isOver = response.status < 500;
      else if (!this.album) this.show(await response.json());
      if (response.ok || this.isOver) return;
    } catch {
      // No connection: they come along with the next.
    }
    this.ids.unshift(...ids);
  }

  show(album) {
    this.album = album;
    const link = this.querySelector("a");
    [link.textContent, link.href] = [album.name, album.page_url];
    this.firstElementChild.hidden = false;
  }

  get token() {
    return this.closest("form").elements.csrf_token.value;
  }
}

customElements.define("batch-album", BatchAlbum);
