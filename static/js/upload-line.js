// Sends the form of a tool to the API, and shows how much of it has gone out. A request that could not be sent has
// the status 0, one that was given up null.
const MEGABYTE = 1_000_000;

class UploadLine extends HTMLElement {
  connectedCallback() {
    this.bar = this.querySelector("progress");
    this.words = this.querySelector("[data-part=words]");
    this.querySelector("button").addEventListener("click", () => this.request?.abort());
  }

  get isBusy() {
    return Boolean(this.request);
  }

  /** Send `data`; return {status, body, retrySeconds}. Either the line shows the way of it, or `watch` is told. */
  async post(data, shown, watch = {}) {
    const request = new XMLHttpRequest();
    const form = this.closest("form");
    request.open("POST", this.dataset.url);
    request.setRequestHeader("X-CSRFToken", form.elements.csrf_token.value);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => (shown ? this.show(event) : watch.progress?.(event)));
    if (shown) this.begin(request);
    watch.begun?.(request);
    const response = new Promise((resolve) => request.addEventListener("loadend", resolve));
    let given = false;
    request.addEventListener("abort", () => (given = true));
    request.send(this.fields(data));
    await response;
    if (shown) this.begin(null);
    const retrySeconds = Number(request.getResponseHeader("Retry-After"));
    return { status: given ? null : request.status, body: request.response, retrySeconds };
  }

  /** What the API takes of a form: not the token, and no file field that was left empty. */
  fields(data) {
    const sent = new FormData();
    for (const [name, value] of data) if (name !== "csrf_token" && value.name !== "") sent.append(name, value);
    return sent;
  }

  begin(request) {
    const held = this.holdsFocus;
    this.request = request;
    this.hidden = !request;
    if (request) this.show({ loaded: 0, total: 0 });
    // The button that was pressed takes no focus while it can do nothing; without a job to look at it gets it back.
    const start = this.closest("form").querySelector(".start");
    if (request && document.activeElement === start) this.focus({ preventScroll: true });
    else if (held) requestAnimationFrame(() => this.holdsFocus && start.focus());
  }

  /** Whether the focus is here, or was and has not gone on to anything. */
  get holdsFocus() {
    return this.contains(document.activeElement) || document.activeElement === document.body;
  }

  show({ loaded, total }) {
    const [sent, size] = [loaded, total].map((bytes) => (Math.ceil((10 * bytes) / MEGABYTE) / 10).toFixed(1));
    this.bar.value = total ? loaded / total : 0;
    const out = total && loaded >= total;
    this.words.textContent = out ? this.dataset.checking : this.dataset.words.replace("{sent}", sent).replace("{size}", size);
  }
}

customElements.define("upload-line", UploadLine);
