// The server writes UTC; the person reads the time of the place where he is, with the year where it is not this one.
// Loaded before the page is painted, and written beside what the server wrote: nothing moves because a time got shorter.
class LocalTime extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const moment = new Date(this.getAttribute("datetime"));
    const style = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
    if (moment.getFullYear() !== new Date().getFullYear()) style.year = "numeric";
    const time = document.createElement("time");
    time.dateTime = moment.toISOString();
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, style).format(moment);
    this.attachShadow({ mode: "open" }).append(time);
  }
}

// The server puts pictures under the days of that place.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`zone=${zone}`)) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}

customElements.define("local-time", LocalTime);
