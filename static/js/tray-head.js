// How the tray as a whole is doing, and what can be done with all of it. Lives in a <picture-tray>.
class TrayHead extends HTMLElement {
  connectedCallback() {
    this.tray = this.closest("picture-tray");
    this.tray.addEventListener("tray", () => this.show());
    this.addEventListener("click", ({ target }) => this.act(target.closest("[data-act]")?.dataset.act));
  }

  act(name) {
    const items = this.tray.items;
    if (name === "cancel") for (const item of items) if (item.isActive || item.state === "waiting") item.job.cancel();
    if (name === "clear") for (const item of items) this.tray.remove(item);
  }

  show() {
    const { items, isBusy } = this.tray;
    const [done, failed, empty] = ["done", "failed", "empty"].map((state) => items.filter((item) => item.state === state));
    const { count, summary, failedToo, emptyToo } = this.dataset;
    const hasBegun = items.some((item) => item.state !== "waiting" && !item.isBad);
    const words = [hasBegun && summary.replace("{done}", done.length), empty.length && emptyToo, failed.length && failedToo];
    this.part("count", count.replace("{count}", items.length));
    this.part("summary", words.filter(Boolean).join(" · ").replace("{count}", items.length).replace("{failed}", failed.length).replace("{empty}", empty.length));
    this.querySelector("[data-act=cancel]").hidden = !isBusy;
    this.querySelector("[data-act=clear]").hidden = isBusy;
    const zip = this.querySelector("[data-part=zip]");
    zip.hidden = !done.length || isBusy;
    if (this.wasBusy && !isBusy) this.finish(done.length > 0);
    this.wasBusy = isBusy;
    zip.href = `${zip.dataset.url}?${new URLSearchParams(done.map(({ job }) => ["id", job.job.id]))}`;
  }

  finish(hasResult) {
    const detail = { news: this.querySelector("[data-part=summary]").textContent, hasResult };
    this.dispatchEvent(new CustomEvent("finished", { bubbles: true, detail }));
  }

  part(name, words) {
    const place = this.querySelector(`[data-part=${name}]`);
    if (place.textContent !== words) place.textContent = words;
  }
}

customElements.define("tray-head", TrayHead);
