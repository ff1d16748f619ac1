// Asks for a job until it has ended, shows how far it is, and then says "ended".
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 4000;
const GROWTH = 1.25;
const WAITING = ["queued", "running"];

class JobProgress extends HTMLElement {
  connectedCallback() {
    this.wait = FIRST_WAIT_MS;
    this.later();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.gone = true;
  }

  later() {
    if (this.gone) return;
    this.timer = setTimeout(() => this.ask(), this.wait);
    this.wait = Math.min(this.wait * GROWTH, LONGEST_WAIT_MS);
  }

  async ask() {
    try {
      const headers = { "X-CSRFToken": document.querySelector("[name=csrf_token]").value };
      const response = await fetch(this.dataset.apiUrl, { headers, cache: "no-store" });
      if (response.status === 401 || response.status === 404) return location.reload();
      if (!response.ok) throw new Error(response.status);
      this.hear(await response.json());
    } catch {
      this.part("eta", this.dataset.offline);
    }
    this.later();
  }

  hear(job) {
    // Said again with each response for as long as it stands here: whoever listens may not have reached the server.
    if (!WAITING.includes(job.status)) return this.dispatchEvent(new CustomEvent("ended", { bubbles: true }));
    if (job.progress !== this.progress) this.wait = Math.min(this.wait, 1000);
    this.progress = job.progress;
    // A job that another worker took over begins anew: the bar waits for it instead of going back.
    this.furthest = Math.max(this.furthest ?? 0, job.progress);
    this.show({ ...job, progress: this.furthest });
  }

  show(job) {
    const percent = Math.round(job.progress * 100);
    this.querySelector("[data-part=bar]").value = percent;
    // The picture comes up in the tray as a print does in the developer.
    this.querySelector("[data-part=picture]").style.setProperty("--developed", job.progress);
    this.part("percent", `${percent} %`);
    if (job.stage) this.part("stage", job.stage);
    this.part("place", job.position ? this.dataset.place.replace("{position}", job.position) : "");
    this.part("eta", this.eta(job.eta_seconds));
    this.querySelector("[data-part=paused]").hidden = !job.paused;
    this.querySelector("[data-part=no-worker]").hidden = !job.no_worker || job.paused;
  }

  eta(seconds) {
    if (seconds === null || seconds === undefined) return "";
    if (seconds < 90) return this.dataset.etaSeconds.replace("{n}", Math.max(2, Math.round(seconds)));
    return this.dataset.etaMinutes.replace("{n}", Math.round(seconds / 60));
  }

  part(name, words) {
    const place = this.querySelector(`[data-part=${name}]`);
    if (place && place.textContent !== words) place.textContent = words;
  }
}

customElements.define("job-progress", JobProgress);
