// The server writes UTC; the person reads the time of the place where he is, with the year where it is not this one.
class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const moment = new Date(time.dateTime);
    const style = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
    if (moment.getFullYear() !== new Date().getFullYear()) style.year = "numeric";
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, style).format(moment);
  }
}

customElements.define("local-time", LocalTime);
