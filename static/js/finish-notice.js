// Tells in the title of the tab how a job has ended, and by a notification of the system while the person looks
// elsewhere. The browser asks for that only when the button is pressed; whether it is wanted stays in this browser.
const KEPT = "finish-notice";

function kept(...value) {
  try {
    if (value.length) localStorage.setItem(KEPT, ...value);
    return localStorage.getItem(KEPT) === "yes";
  } catch {
    return false; // storage is forbidden here
  }
}

const isOn = () => window.Notification?.permission === "granted" && kept();

class FinishNotice extends HTMLElement {
  connectedCallback() {
    if (!window.Notification) return;
    this.hidden = false;
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => this.toggle());
    this.show();
  }

  async toggle() {
    const wanted = !isOn();
    const allowed = wanted ? await Notification.requestPermission() : "granted";
    kept(wanted && allowed === "granted" ? "yes" : "no");
    this.querySelector("p").textContent = allowed === "denied" ? this.dataset.denied : "";
    this.show();
  }

  show() {
    this.button.setAttribute("aria-pressed", isOn());
  }
}

// The job that ended may have taken the button with it, so the document listens.
document.addEventListener("finished", ({ detail: { news, hasResult } }) => {
  const title = document.title.replace(/^[✓!] /, "");
  document.title = `${hasResult ? "✓" : "!"} ${title}`;
  if (!document.hidden || !isOn()) return;
  try {
    const notice = new Notification(news, { body: title, tag: KEPT });
    notice.addEventListener("click", () => window.focus());
  } catch {
    // Some phones allow notifications only to installed sites.
  }
});

customElements.define("finish-notice", FinishNotice);
