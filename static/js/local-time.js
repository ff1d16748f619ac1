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

customElements.define("local-time", LocalTime);
