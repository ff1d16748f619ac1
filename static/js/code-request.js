// Asks for a mailed code without leaving the page, and counts down until the next may be asked for.
const WAIT_SECONDS = 60;

class CodeRequest extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.status = this.querySelector(".code-status");
    this.words = this.button.textContent;
    this.button.addEventListener("click", (event) => this.ask(event));
  }

  disconnectedCallback() {
    clearInterval(this.clock);
  }

  async ask(event) {
    event.preventDefault();
    const form = this.button.form;
    if (!form.elements.username.reportValidity()) return;
    this.button.disabled = true;
    const sent = new FormData();
    for (const name of ["csrf_token", "username"]) sent.set(name, form.elements[name].value);
    try {
      const headers = { Accept: "application/json" };
      const response = await fetch(this.dataset.url, { method: "POST", body: sent, headers });
      this.take(response.ok, await response.json(), Number(response.headers.get("Retry-After")));
    } catch {
      this.tell(this.dataset.trouble, true);
      this.button.disabled = false;
    }
  }

  take(ok, body, retrySeconds) {
    this.tell(ok ? this.dataset.sent : Object.values(body.error.fields ?? {})[0] ?? body.error.message, !ok);
    if (ok || retrySeconds) this.countDown(retrySeconds || WAIT_SECONDS);
    else this.button.disabled = false;
    if (ok) this.querySelector("input[name=code]").focus();
  }

  tell(words, problem) {
    this.status.textContent = words ?? "";
    this.status.classList.toggle("field-error", problem);
  }

  countDown(seconds) {
    this.button.disabled = true;
    const end = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      this.button.disabled = left > 0;
      this.button.textContent = left > 0 ? this.dataset.wait.replace("{seconds}", left) : this.words;
      if (left <= 0) clearInterval(this.clock);
    };
    clearInterval(this.clock);
    this.clock = setInterval(tick, 1000);
    tick();
  }
}

customElements.define("code-request", CodeRequest);
