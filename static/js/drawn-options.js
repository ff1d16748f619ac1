// What is drawn on the picture: masks, hints, frames. After a run it takes over what that left for the next one: the
// mask to touch up, where parts of it may be missing, and that earlier uploads count again.
class DrawnOptions extends HTMLElement {
  connectedCallback() {
    this.tool = this.closest("tool-form");
    this.tool.addEventListener("shown", ({ detail }) => detail.page && this.bring(detail.page));
  }

  bring(page) {
    for (const former of page.querySelectorAll("[data-former]")) {
      const here = this.tool.querySelector(`[data-former="${former.dataset.former}"]`);
      here.hidden = former.hidden;
      here.querySelector("input").checked = false;
    }
    for (const fresh of page.querySelectorAll("drawing-surface[keep][start]")) {
      const here = document.getElementById(fresh.querySelector("[type=file]").name).closest("drawing-surface");
      for (const name of ["start", "src"]) here.setAttribute(name, fresh.getAttribute(name));
    }
    for (const canvas of this.querySelectorAll(".drawn")) {
      canvas.toggleAttribute("data-touches-up", "touchesUp" in page.getElementById(canvas.id).dataset);
    }
  }
}

customElements.define("drawn-options", DrawnOptions);
