// The row of tools scrolls sideways where it has no room, by the wheel as well: the one that is open comes into view.
class ToolNav extends HTMLElement {
  connectedCallback() {
    const [row, here] = [this.querySelector("nav"), this.querySelector("[aria-current]")];
    // In an observer the page is laid out already, which asking now would make happen at once.
    const watcher = new ResizeObserver(() => {
      watcher.disconnect();
      row.scrollLeft = here.offsetLeft + here.offsetWidth / 2 - row.clientWidth / 2;
    });
    if (here) watcher.observe(row);
    row.addEventListener("wheel", (event) => this.scroll(row, event), { passive: false });
  }

  scroll(row, event) {
    const before = row.scrollLeft;
    if (!event.deltaX) row.scrollLeft += event.deltaY;
    if (row.scrollLeft !== before) event.preventDefault();
  }
}

customElements.define("tool-nav", ToolNav);
