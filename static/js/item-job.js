// The way of one picture of the tray through the server: upload, job, end. It tells the <tray-item> around it.
const MEGABYTE = 1_000_000;
const FIRST_WAIT_MS = 700;
const LONGEST_WAIT_MS = 5000;
const OWN = ["image", "from_job", "from_which"];

class ItemJob extends HTMLElement {
  connectedCallback() {
    this.item = this.closest("tray-item");
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  get headers() {
    return { "X-CSRFToken": this.closest("form").elements.csrf_token.value };
  }

  /** Send the picture, or name the job that has it; return in how many seconds to try again, or nothing. */
  async send(fields, line) {
    const data = new FormData();
    for (const [name, value] of fields) if (!OWN.includes(name)) data.append(name, value);
    if (this.job) data.append("from_job", this.job.id);
    else data.append("image", this.item.file);
    this.isGivenUp = false;
    this.upload({ loaded: 0, total: this.item.file.size });
    const begun = (request) => (this.request = request);
    const response = await line.post(data, false, { begun, progress: (event) => this.upload(event) });
    this.request = null;
    return this.responded(response);
  }

  responded({ status, body, retrySeconds }) {
    if (status === 201) this.dispatchEvent(new CustomEvent("made", { bubbles: true, detail: (this.job = body) }));
    if (this.isGivenUp) return void this.stop();
    if (status === 201) return void this.hear(body, FIRST_WAIT_MS);
    if (retrySeconds) return retrySeconds;
    this.item.set("failed", body?.error?.message ?? this.item.tray.dataset.trouble);
  }

  upload({ loaded, total }) {
    const [sent, size] = [loaded, total].map((bytes) => (Math.ceil((10 * bytes) / MEGABYTE) / 10).toFixed(1));
    const words = this.item.tray.dataset.uploading.replace("{sent}", sent).replace("{size}", size);
    if (loaded >= total) this.item.set("checking");
    else this.item.set("uploading", words, loaded / total);
  }

  async ask(wait) {
    try {
      const response = await fetch(this.job.url, { headers: this.headers, cache: "no-store" });
      const job = await response.json();
      if (this.isGivenUp) return;
      if (response.ok) return this.hear(job, wait);
      if (response.status < 500) return this.item.set("failed", job.error.message);
    } catch {
      // No connection: ask again.
    }
    this.later(wait);
  }

  /** Take in what the server says of the job, or said when the page was left. */
  hear(job, wait = FIRST_WAIT_MS) {
    this.job = job;
    const { place, running } = this.item.tray.dataset;
    if (job.status === "queued") this.item.set("queued", job.position && place.replace("{position}", job.position));
    else if (job.status === "running") this.item.set("running", job.stage || running, job.progress);
    else return this.item.end(job);
    this.later(wait);
  }

  later(wait) {
    this.timer = setTimeout(() => this.ask(Math.min(wait * 1.2, LONGEST_WAIT_MS)), wait);
  }

  /** Give the picture up wherever it is; a job that came of it must not run. */
  cancel() {
    this.isGivenUp = true;
    if (this.request) this.request.abort();
    else this.stop();
  }

  async stop() {
    clearTimeout(this.timer);
    this.item.set("cancelled");
    if (!this.job) return;
    const options = { method: "POST", headers: this.headers };
    const response = await fetch(`${this.job.url}/cancellation`, options).catch(() => null);
    if (response?.ok) return;
    // The server was not told: the job goes on, and its state is shown.
    this.isGivenUp = false;
    this.later(FIRST_WAIT_MS);
  }
}

customElements.define("item-job", ItemJob);
