// What is drawn on the picture: masks, hints, frames. After a run it takes over what that left for the next one: the
// mask to touch up, opened where parts of it may be missing, and that earlier uploads count again. Links on the stage
// lead to the canvases in here.
class DrawnOptions extends HTMLElement {
  connectedCallback() {
    this.tool = this.closest("tool-form");
    this.tool.addEventListener("shown", ({ detail }) => detail.page && this.bring(detail.page));
    this.tool.addEventListener("click", (event) => this.open(event));
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
    for (const { id } of page.querySelectorAll(".drawn[data-touches-up]")) document.getElementById(id).open = true;
  }

  open(event) {
    const link = event.target.closest('a[href^="#drawn-"]');
    if (!link) return;
    event.preventDefault();
    const drawn = this.querySelector(link.hash);
    drawn.open = true;
    drawn.querySelector("summary").focus({ preventScroll: true });
    drawn.scrollIntoView({ block: "start" });
  }
}

customElements.define("drawn-options", DrawnOptions);
