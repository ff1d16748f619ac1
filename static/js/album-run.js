// A tool on all photos of an album: options appear when they matter; what the account's line has no room for follows
// while the page is open. What is wrong with one photo is said, and never stops the rest.
const WAIT_MS = 10000;
const NO_ROOM = "too_many_active_jobs";
const NO_OPTIONS = ["csrf_token", "service", "from_which", "id"];

class AlbumRun extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.button = this.querySelector("button[type=submit]");
    this.form.addEventListener("change", () => this.change());
    this.form.addEventListener("submit", (event) => this.send(event));
    addEventListener("beforeunload", (event) => this.isWaiting && event.preventDefault());
    this.refresh();
  }

  change() {
    this.key = null;
    this.refresh();
  }

  refresh() {
    const values = new FormData(this.form);
    for (const option of this.querySelectorAll("[data-shown-when]")) {
      option.hidden = !option.dataset.shownValue.split(" ").includes(values.get(option.dataset.shownWhen));
    }
  }

  async send(event) {
    event.preventDefault();
    const data = new FormData(this.form);
    const options = {};
    // The first value of a name counts.
    for (const [name, value] of data) if (!NO_OPTIONS.includes(name)) options[name] ??= value;
    const wanted = { service: data.get("service"), which: data.get("from_which"), options, ids: data.getAll("id") };
    // After a lost connection the same key keeps a photo from being started twice.
    this.key ??= `${Date.now()} ${Math.random()}`;
    [this.button.disabled, this.count, this.started, this.refused] = [true, null, 0, []];
    this.part("refused").replaceChildren();
    this.part("refused").hidden = true;
    const isSent = await this.sendAll(wanted);
    this.isWaiting = this.button.disabled = false;
    if (isSent) this.key = null;
    if (isSent && !this.refused.length) location.assign(location.pathname);
  }

  /** Ask until no photo waits for room; say whether the server took the options. */
  async sendAll(wanted) {
    for (;;) {
      const { outcomes, error } = await this.post(wanted);
      if (error) return this.tell(error.message);
      const left = outcomes.filter((outcome) => outcome.error?.key === NO_ROOM);
      this.count ??= outcomes.length;
      this.started += outcomes.filter((outcome) => outcome.job_id).length;
      this.refuse(outcomes.filter((outcome) => outcome.error && !left.includes(outcome)));
      const { started, waiting } = this.dataset;
      const words = started.replace("{started}", this.started).replace("{count}", this.count);
      this.tell(left.length ? `${words} · ${waiting}` : words);
      if (!left.length) return true;
      this.isWaiting = true;
      wanted.ids = left.map(({ id }) => id);
      await new Promise((done) => setTimeout(done, WAIT_MS));
    }
  }

  async post(wanted) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": this.key };
    headers["X-CSRFToken"] = this.form.elements.csrf_token.value;
    try {
      const response = await fetch(this.dataset.url, { method: "POST", headers, body: JSON.stringify(wanted) });
      return await response.json();
    } catch {
      return { error: { message: this.dataset.trouble } };
    }
  }

  refuse(outcomes) {
    this.refused.push(...outcomes);
    for (const { name, error } of outcomes) {
      const item = document.createElement("li");
      item.append(Object.assign(document.createElement("strong"), { textContent: name }), ` ${error.message}`);
      this.part("refused").append(item);
    }
    this.part("refused").hidden = !this.refused.length;
  }

  tell(words) {
    this.part("words").textContent = words;
  }

  part(name) {
    return this.querySelector(`[data-part=${name}]`);
  }
}

customElements.define("album-run", AlbumRun);
