// A password that can be looked at while it is typed. A new one is judged by the server's own rules in each pause of
// typing, so that a common one is told at once.
const PAUSE_MS = 300;

class PasswordField extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.button = this.querySelector("button");
    this.verdict = this.querySelector(".password-verdict");
    this.button.addEventListener("click", () => this.show(this.input.type === "password"));
    this.input.form.addEventListener("submit", () => this.show(false));
    if (this.verdict) this.input.addEventListener("input", () => this.wait());
  }

  disconnectedCallback() {
    clearTimeout(this.clock);
  }

  /** Show or hide every password of the form: the one that is repeated belongs to this one. */
  show(isShown) {
    this.button.setAttribute("aria-pressed", isShown);
    for (const field of this.input.form.querySelectorAll("[autocomplete$='-password']")) {
      field.type = isShown ? "text" : "password";
    }
  }

  wait() {
    clearTimeout(this.clock);
    this.clock = setTimeout(() => this.judge(), PAUSE_MS);
  }

  async judge() {
    const password = this.input.value;
    if (!password) return this.tell("", "");
    const sent = new FormData();
    for (const name of ["csrf_token", "username"]) sent.set(name, this.input.form.elements[name].value);
    sent.set("password", password);
    try {
      const headers = { Accept: "application/json" };
      const response = await fetch(this.dataset.judge, { method: "POST", body: sent, headers });
      const { trouble } = await response.json();
      if (password !== this.input.value || trouble === undefined) return;
      this.tell(trouble || this.dataset.good, trouble ? "bad" : "good");
    } catch {
      this.tell("", ""); // the form itself tells, when it is sent
    }
  }

  tell(words, state) {
    this.verdict.textContent = words;
    this.verdict.dataset.state = state;
  }
}

customElements.define("password-field", PasswordField);
