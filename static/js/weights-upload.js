// Sends an official file, which may be hundreds of megabytes, and shows how much of it has gone out.
const MEGABYTE = 1_000_000;

class WeightsUpload extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.bar = this.querySelector("progress");
    this.words = this.querySelector("[data-part=words]");
    this.fault = this.querySelector("[data-part=fault]");
    this.form.addEventListener("submit", (event) => this.send(event));
  }

  send(event) {
    event.preventDefault();
    if (this.request) return;
    this.say("");
    const file = this.form.elements.file.files[0];
    if (file?.size > this.dataset.megabytes * MEGABYTE) return this.say(this.dataset.tooLarge);
    this.request = new XMLHttpRequest();
    this.request.open("POST", this.form.action);
    this.request.setRequestHeader("Accept", "application/json");
    this.request.responseType = "json";
    this.request.upload.addEventListener("progress", ({ loaded, total }) => this.show(loaded, total));
    this.request.addEventListener("loadend", () => this.hear());
    this.show(0, file?.size);
    this.request.send(new FormData(this.form));
  }

  show(loaded, total) {
    const [sent, size] = [loaded, total ?? 0].map((bytes) => (Math.ceil((10 * bytes) / MEGABYTE) / 10).toFixed(1));
    this.querySelector("[data-part=line]").hidden = false;
    this.bar.value = total ? loaded / total : 0;
    this.words.textContent = this.dataset.words.replace("{sent}", sent).replace("{size}", size);
  }

  hear() {
    const { status, response } = this.request;
    this.request = null;
    if (status === 202) return location.assign(this.form.action);
    this.querySelector("[data-part=line]").hidden = true;
    const { fields, message } = response?.error ?? {};
    this.say(Object.values(fields ?? {})[0] ?? message ?? this.dataset.offline);
  }

  say(words) {
    this.fault.textContent = words;
    this.fault.hidden = !words;
  }
}

customElements.define("weights-upload", WeightsUpload);
