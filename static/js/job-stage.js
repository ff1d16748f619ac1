// Where a job is looked at: it takes the job's part of its own page and follows it to its end, without a reload. The
// address goes along, so that reloading, going back and sharing a bookmark all work. Fires "shown" with
// {id, page}.
class JobStage extends HTMLElement {
  connectedCallback() {
    this.tool = this.closest("tool-form");
    this.news = this.tool.querySelector("[data-part=news]");
    // Without a connection it is told of the end again a little later.
    this.addEventListener("ended", () => this.finish().catch(() => {}));
    this.addEventListener("submit", (event) => this.act(event));
    this.came = () => this.follow();
    addEventListener("popstate", this.came);
  }

  disconnectedCallback() {
    removeEventListener("popstate", this.came);
  }

  get job() {
    return this.querySelector(".job");
  }

  /** Show the job at an address: `push` puts it into the browser's history, `look` goes there. */
  async show(url, { push = false, look = false } = {}) {
    const response = await fetch(url, { headers: { Accept: "text/html" }, cache: "no-store" });
    await this.take(response);
    if (push) history.pushState(null, "", url);
    if (push) this.tell(); // a quick job has ended before its page is here
    if (look) this.look();
  }

  async take(response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const job = page.querySelector("job-stage > .job");
    if (!job) return location.assign(response.url);
    const held = this.contains(document.activeElement);
    this.replaceChildren(job);
    document.title = page.title;
    if (held) this.job.querySelector("h2").focus({ preventScroll: true });
    this.dispatchEvent(new CustomEvent("shown", { bubbles: true, detail: { id: job.dataset.job, page } }));
  }

  async finish() {
    await this.show(this.querySelector("job-progress").dataset.url);
    this.tell();
  }

  /** Say how the job has ended; nothing while it has not. */
  tell() {
    const { news, hasResult } = this.job.dataset;
    this.news.textContent = news;
    const detail = { news, hasResult: hasResult !== undefined };
    if (news) this.dispatchEvent(new CustomEvent("finished", { bubbles: true, detail }));
  }

  /** Cancel, try again, pick another alternative: whatever leads back to the same job stays here. */
  async act(event) {
    const form = event.target;
    if (!("inPlace" in form.dataset)) return;
    event.preventDefault();
    if (this.acts) return;
    this.acts = true;
    const body = new FormData(form, event.submitter);
    const repeats = ["failed", "cancelled"].includes(this.job.dataset.status);
    try {
      await this.take(await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }));
      if (repeats) this.tell();
    } catch {
      this.news.textContent = this.dataset.trouble;
    }
    this.acts = false;
  }

  /** Take the job away, for another picture. */
  leave() {
    history.pushState(null, "", this.tool.dataset.home);
    this.clear();
  }

  clear() {
    this.replaceChildren();
    this.news.textContent = "";
    this.dispatchEvent(new CustomEvent("shown", { bubbles: true, detail: { id: "" } }));
  }

  follow() {
    const id = location.pathname.split("/jobs/")[1] ?? "";
    if (id === (this.job?.dataset.job ?? "")) return;
    if (id) this.show(location.href).catch(() => location.reload());
    else this.clear();
  }

  look() {
    this.job.querySelector("h2").focus({ preventScroll: true });
    this.tool.scrollTo({ top: 0 });
  }
}

customElements.define("job-stage", JobStage);
