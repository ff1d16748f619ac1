// Stands in the field of the picture that is worked on: what is dropped anywhere on the page, or pasted, goes in there,
// unless another field has taken it.
class PageDrop extends HTMLElement {
  connectedCallback() {
    const over = new AbortController();
    this.leave = () => over.abort();
    const listen = (name, act) => document.addEventListener(name, act, { signal: over.signal });
    listen("dragover", (event) => this.show(event, true));
    listen("dragleave", (event) => this.show(event, false));
    listen("drop", (event) => this.take(event, event.dataTransfer));
    listen("paste", (event) => this.take(event, event.clipboardData));
  }

  disconnectedCallback() {
    this.leave();
  }

  show(event, isOver) {
    const isTaken = event.defaultPrevented || !event.dataTransfer.types.includes("Files");
    this.classList.toggle("is-over", isOver && !isTaken);
    if (!isTaken) event.preventDefault();
  }

  take(event, transfer) {
    this.classList.remove("is-over");
    if (event.defaultPrevented || !transfer?.files.length) return;
    event.preventDefault();
    this.closest("photo-drop").put(transfer.files);
  }
}

customElements.define("page-drop", PageDrop);
