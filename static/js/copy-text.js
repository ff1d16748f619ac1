// A button that copies what stands in a new field, which is brought into view. A browser that forbids copying still has
// the text selected.
class CopyText extends HTMLElement {
  connectedCallback() {
    const field = document.getElementById(this.dataset.from);
    const button = this.querySelector("button");
    button.addEventListener("click", async () => {
      field.select();
      await navigator.clipboard?.writeText(field.value).then(() => (button.textContent = this.dataset.done), () => {});
    });
    // Whatever put the field there may give the focus to something else in the same moment.
    setTimeout(() => {
      field.focus();
      field.select();
    });
  }
}

customElements.define("copy-text", CopyText);
