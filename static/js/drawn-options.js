// What is drawn on the picture: masks, hints, frames. After a run it takes over what that left for the next one: the
// mask to touch up, where parts of it may be missing, and that earlier uploads count again. A switch for one run is off.
class DrawnOptions extends HTMLElement {
  connectedCallback() {
    this.tool = this.closest("tool-form");
    this.late = new Set();
    this.tool.addEventListener("refresh", () => this.release());
    this.tool.addEventListener("shown", ({ detail }) => detail.page && this.bring(detail.page));
  }

  /** Whether a canvas waits with its picture because the options say that it does not matter. */
  holds(surface) {
    this.late.delete(surface);
    const { hidden, dataset } = surface.closest(".drawn");
    const isOff = customElements.get("tool-form") ? hidden : "off" in dataset;
    if (isOff) this.late.add(surface);
    return isOff;
  }

  release() {
    for (const surface of [...this.late]) if (!surface.closest(".drawn").hidden) surface.show(surface.wanted);
  }

  bring(page) {
    for (const former of page.querySelectorAll("[data-former]")) {
      const here = this.tool.querySelector(`[data-former="${former.dataset.former}"]`);
      here.hidden = former.hidden;
      here.querySelector("input").checked = false;
    }
    for (const fresh of page.querySelectorAll("drawing-surface:is([finds][start], [mode=hints][src])")) {
      const here = document.getElementById(fresh.querySelector("[type=file]").name).closest("drawing-surface");
      if (here.isNews && here.getAttribute("start") === fresh.getAttribute("start")) this.lay(here, fresh.getAttribute("src"));
      else for (const { name, value } of fresh.attributes) if (["start", "src"].includes(name)) here.setAttribute(name, value);
    }
    for (const fresh of page.querySelectorAll(":is(frame-picker, corners-picker)[data-placed]")) {
      const here = document.getElementById(fresh.querySelector("input").name).closest(fresh.localName);
      here.dataset.placed = fresh.dataset.placed;
      if (here.classList.contains("is-ready")) here.begin();
    }
    for (const once of this.tool.querySelectorAll("[data-once]")) once.checked = false;
    for (const canvas of this.querySelectorAll(".drawn")) {
      canvas.toggleAttribute("data-touches-up", "touchesUp" in page.getElementById(canvas.id).dataset);
    }
  }

  /** Put another picture under what is painted and not yet sent. */
  async lay(surface, address) {
    const image = Object.assign(new Image(), { src: address });
    await image.decode();
    const { sheet } = surface;
    sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
  }
}

customElements.define("drawn-options", DrawnOptions);
