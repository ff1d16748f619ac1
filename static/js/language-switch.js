// Changing the language leads back to where the person is: a page may have moved on since the server wrote it.
class LanguageSwitch extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", () => {
      this.querySelector("[name=next]").value = location.pathname + location.search;
    });
  }
}

customElements.define("language-switch", LanguageSwitch);
