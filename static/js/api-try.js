// One operation of the API, tried with what the form holds: sends it with the token of the page and shows the response.
class ApiTry extends HTMLElement {
  connectedCallback() {
    this.response = this.querySelector(".api-response");
    this.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send().catch(() => this.show(this.dataset.trouble));
    });
  }

  async send() {
    const headers = {};
    const token = document.getElementById("api-token").value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    for (const field of this.given("header")) headers[field.name] = field.value;
    const body = this.body(headers);
    // The cookie of the page says nothing here, so it does not go along.
    const options = { method: this.dataset.method, headers, body, credentials: "omit", cache: "no-store" };
    const response = await fetch(this.address(), options);
    this.show(`${response.status} ${response.statusText}\n\n${await this.words(response)}`);
  }

  address() {
    let path = this.dataset.path;
    for (const field of this.given("path")) path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    const query = new URLSearchParams([...this.given("query")].map((field) => [field.name, field.value]));
    return query.size ? `${path}?${query}` : path;
  }

  body(headers) {
    const json = this.querySelector("[data-in=body]");
    if (json) headers["Content-Type"] = "application/json";
    if (json) return json.value;
    if (!this.querySelector("[data-in=form]")) return undefined;
    const form = new FormData();
    for (const field of this.given("form")) form.append(field.name, field.files ? field.files[0] : field.value);
    return form;
  }

  /** The fields of a kind that are filled in. */
  *given(kind) {
    for (const field of this.querySelectorAll(`[data-in=${kind}]`)) if (field.value) yield field;
  }

  async words(response) {
    if (response.headers.get("Content-Type")?.startsWith("application/json")) {
      const text = await response.text();
      return text && JSON.stringify(JSON.parse(text), null, 2);
    }
    return this.dataset.bytes.replace("{bytes}", (await response.blob()).size);
  }

  show(words) {
    this.response.hidden = false;
    this.response.textContent = words;
  }
}

customElements.define("api-try", ApiTry);
