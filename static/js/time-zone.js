// Tells the server in which time zone the person is, once for each tab: it writes times, and puts pictures under days, as
// they are there. A worker asks the browser, whose first response about anything of a language takes long.
const KNOWN = "zone";

function once() {
  try {
    const isNew = !sessionStorage.getItem(KNOWN);
    sessionStorage.setItem(KNOWN, "known");
    return isNew;
  } catch {
    return true; // storage is forbidden here
  }
}

class TimeZone extends HTMLElement {
  connectedCallback() {
    if (!once()) return;
    const namer = new Worker(this.dataset.namer);
    namer.addEventListener("message", ({ data }) => this.keep(data));
  }

  keep(zone) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    if (zone) document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
  }
}

customElements.define("time-zone", TimeZone);
