// One button that goes through system, light and dark; the choice is kept in this browser and in the account.
const ORDER = ["system", "light", "dark"];

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.show(document.documentElement.dataset.theme ?? "system");
    this.button.addEventListener("click", () => this.choose(ORDER[(ORDER.indexOf(this.theme) + 1) % ORDER.length]));
  }

  choose(theme) {
    const root = document.documentElement;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // The choice holds for this page only.
    }
    this.show(theme);
    this.keep(theme);
  }

  async keep(theme) {
    if (!this.dataset.url) return;
    const sent = new FormData();
    sent.set("csrf_token", this.dataset.token);
    sent.set("theme", theme);
    try {
      await fetch(this.dataset.url, { method: "POST", body: sent, headers: { Accept: "application/json" } });
    } catch {
      // The choice holds in this browser until the server is back.
    }
  }

  show(theme) {
    this.theme = theme;
    this.dataset.now = theme;
    this.button.setAttribute("aria-label", this.dataset[theme]);
    this.button.title = this.dataset[theme];
  }
}

customElements.define("theme-switch", ThemeSwitch);
