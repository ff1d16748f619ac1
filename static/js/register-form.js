// Sends the form without leaving the page, so that a refusal empties nothing; then goes on to where one is led.
class RegisterForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.faults = this.querySelector("form-faults");
    this.form.addEventListener("submit", (event) => this.send(event));
  }

  async send(event) {
    event.preventDefault();
    if (this.isBusy) return;
    this.isBusy = true;
    this.faults.clear();
    try {
      const headers = { Accept: "application/json" };
      const response = await fetch(this.form.action, { method: "POST", body: new FormData(this.form), headers });
      const body = await response.json();
      if (response.ok) return location.assign(body.next_url);
      this.faults.tell(body.error);
    } catch {
      this.faults.tell();
    }
    this.isBusy = false;
  }
}

customElements.define("register-form", RegisterForm);
