// While a preview is shown that no job was made for, Download and "Send the result to" have the job made first and then
// do what they say.
class LiveSave extends HTMLElement {
  connectedCallback() {
    if (this.tool) return;
    this.tool = this.closest("tool-form");
    this.form = this.tool.querySelector("form.studio");
    this.stage = this.tool.querySelector("job-stage");
    this.stage.addEventListener("submit", (event) => this.hold(event, event.target.closest(".download-form")), true);
    this.stage.addEventListener("click", (event) => this.hold(event, event.target.closest(".next-tools a")), true);
    this.form.addEventListener("input", () => (this.then = null));
    this.tool.addEventListener("shown", () => this.goOn());
  }

  hold(event, asked) {
    const isLive = this.tool.classList.contains("is-live") && !this.tool.querySelector(".live").isSaved;
    if (!asked || this.goesOn || !isLive) return;
    event.preventDefault();
    event.stopPropagation();
    const start = this.form.querySelector(".start");
    if (!this.form.reportValidity() || start.disabled) return;
    this.then = asked.matches("form") ? this.download(asked, event.submitter) : this.follow(asked);
    this.form.requestSubmit(start);
  }

  /** Remember what was asked of the download; return what does the same with the job that is made now. */
  download(asked, button) {
    const [format, entries] = [button?.value, [...new FormData(asked)]];
    return () => {
      const form = this.stage.querySelector(".download-form");
      for (const field of form.elements) {
        if (field.type === "checkbox") field.checked = entries.some(([name]) => name === field.name);
        if (field.type === "number") field.value = entries.find(([name]) => name === field.name)?.[1] ?? field.value;
      }
      form.requestSubmit([...form.elements].find(({ name, value }) => name === "format" && value === format) ?? null);
    };
  }

  follow({ pathname }) {
    return () => [...this.stage.querySelectorAll(".next-tools a")].find((link) => link.pathname === pathname)?.click();
  }

  goOn() {
    const job = this.stage.querySelector(".job");
    if (!this.then || ["queued", "running"].includes(job?.dataset.status)) return;
    const { then } = this;
    [this.then, this.goesOn] = [null, true];
    if (job && "hasResult" in job.dataset) then();
    this.goesOn = false;
  }
}

customElements.define("live-save", LiveSave);
