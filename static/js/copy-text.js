// A button that copies what stands in a field to the clipboard; where the browser forbids that, it selects the text.
class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.addEventListener("click", async () => {
      const field = document.getElementById(this.dataset.from);
      field.select();
      await navigator.clipboard?.writeText(field.value).then(() => (button.textContent = this.dataset.done), () => {});
    });
  }
}

customElements.define("copy-text", CopyText);
