// A tool at work: Start waits for a picture, options appear when they matter, the job comes onto the stage without a
// reload, and a refusal keeps everything that was chosen. A picture that the server has is not sent twice: the next
// run names the job before. Several pictures go the way of the tray.
class ToolForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form.studio");
    this.start = this.querySelector(".start");
    this.closed = this.start.disabled;
    const parts = ["[data-main]", "job-stage", "picture-tray", "upload-line", "form-faults"];
    [this.drop, this.stage, this.tray, this.line, this.faults] = parts.map((part) => this.querySelector(part));
    const { from_job: job, from_which: which, image } = this.form.elements;
    Object.assign(this, { job, which, image, former: [job.value, which.value] });
    image.required = false;
    this.addEventListener("photo", ({ target }) => this.see(target));
    this.addEventListener("photos", ({ detail }) => this.tray.add(detail));
    this.addEventListener("tray", () => this.refresh());
    this.addEventListener("shown", ({ detail }) => this.goOn(detail));
    for (const name of ["input", "change"]) this.form.addEventListener(name, () => this.change());
    this.form.addEventListener("submit", (event) => this.send(event));
    // Coming back with the browser's own button finds the page as it was left.
    addEventListener("pageshow", () => this.refresh());
    this.refresh();
  }

  change() {
    this.faults.clear();
    this.refresh();
  }

  refresh() {
    const values = new FormData(this.form);
    for (const option of this.querySelectorAll("[data-shown-when]")) {
      option.hidden = !option.dataset.shownValue.split(" ").includes(values.get(option.dataset.shownWhen));
      for (const file of option.querySelectorAll("input[type=file]")) file.disabled = option.hidden;
    }
    const lying = this.tray.items;
    const many = lying.filter((item) => !item.isBad).length;
    const one = !lying.length && (this.image.files.length || this.job.value);
    const alone = Boolean(many && this.querySelector(".drawn[data-needed]:not([hidden])"));
    const ready = this.image.validity.valid && Boolean(many || one) && !alone;
    this.drop.collecting = lying.length > 0;
    this.start.disabled = this.closed || this.line.isBusy || this.tray.isBusy || !ready;
    this.start.textContent = this.words(many);
    const states = { "is-ready": ready, "has-picture": one, "has-many": lying.length, "is-alone": alone };
    for (const [name, on] of Object.entries(states)) this.classList.toggle(name, Boolean(on));
    this.dispatchEvent(new CustomEvent("refresh"));
  }

  words(many) {
    const { start, again, many: all } = this.form.dataset;
    return many ? all.replace("{count}", many) : this.classList.contains("has-job") ? again : start;
  }

  /** Another picture was chosen, or taken away again: what is on the stage does not belong to it. */
  see(drop) {
    const file = this.image.files[0];
    if (drop === this.drop && (!file || file !== this.sent)) {
      this.sent = null;
      [this.job.value, this.which.value] = file ? ["", "original"] : this.former;
      if (file && this.classList.contains("has-job")) this.stage.leave();
    }
    this.change();
  }

  /** A job is on the stage, or none any more: the next run is one more with the picture of the last. */
  goOn({ id }) {
    // A response that comes late must not take the place of a picture that was chosen meanwhile.
    const file = this.image.files[0];
    if (id && (!file || file === this.sent)) [this.job.value, this.which.value] = [id, "original"];
    this.classList.toggle("has-job", Boolean(id));
    this.refresh();
  }

  async send(event) {
    event.preventDefault();
    this.faults.clear();
    const data = new FormData(this.form, event.submitter);
    // A button that stands for a switch sets it, so that the form shows what was asked for.
    const twin = event.submitter?.name && this.querySelector(`[type=checkbox][name="${event.submitter.name}"]`);
    if (twin) twin.checked = event.submitter.value !== "0";
    if (this.tray.items.length) return this.tray.start(data);
    if (this.job.value) data.delete("image");
    const response = this.line.post(data, true);
    this.refresh();
    const { status, body } = await response;
    if (status === 201) {
      this.sent = this.image.files[0];
      await this.stage.show(body.page_url, { push: true, look: true }).catch(() => location.assign(body.page_url));
    } else if (status === 404 && this.image.files.length && this.job.value) {
      // The job before was deleted meanwhile; the picture is still here.
      this.job.value = "";
      return this.form.requestSubmit(event.submitter);
    } else if (status === 401) location.reload();
    else if (status !== null) this.faults.tell(body?.error);
    this.refresh();
  }
}

customElements.define("tool-form", ToolForm);
