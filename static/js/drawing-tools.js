// The tool bar of a drawing: each button names in data-do what it does, and the keys do the same.
const KEYS = { "[": "smaller", "]": "larger", e: "swap", E: "swap", "+": "closer", "=": "closer", "-": "farther", 0: "fit" };
const GROWTH = 1 / 250;
const RATIO = 1.25;

class DrawingTools extends HTMLElement {
  connectedCallback() {
    this.surface = this.closest("drawing-surface");
    this.size = this.querySelector("[data-size]");
    this.colour = this.querySelector("[data-colour]");
    this.surface.addEventListener("click", (event) => {
      const name = event.target.closest("[data-do]")?.dataset.do;
      if (name) this.do(name);
    });
    this.addEventListener("input", () => this.show());
    this.surface.addEventListener("painted", () => this.show());
  }

  key(event) {
    if (event.target.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea") || event.altKey) return;
    const history = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
    const name = event.ctrlKey || event.metaKey ? history : KEYS[event.key];
    if (!name) return;
    event.preventDefault();
    this.do(name);
    const button = this.querySelector(`[data-do=${name === "swap" ? (this.erases ? "erase" : "paint") : name}]`);
    this.querySelector("[role=status]").textContent = button?.textContent.trim() ?? "";
  }

  do(name) {
    const { layer, pane, brush } = this.surface;
    const actions = {
      paint: () => (brush.erase = this.surface.keeps),
      erase: () => (brush.erase = !this.surface.keeps),
      swap: () => (brush.erase = !brush.erase),
      smaller: () => this.resize(1 / RATIO),
      larger: () => this.resize(RATIO),
      closer: () => pane.zoomAt(pane.zoom * RATIO ** 2),
      farther: () => pane.zoomAt(pane.zoom / RATIO ** 2),
      fit: () => pane.zoomAt(1),
      undo: () => layer.undo(),
      redo: () => layer.redo(),
      clear: () => this.surface.put(this.surface.first, null),
      invert: () => layer.perform((...sheet) => this.invert(this.surface.colour, ...sheet)),
      grow: () => layer.perform((...sheet) => this.grow(this.surface.colour, this.surface.keeps, ...sheet)),
      save: () => this.save(),
    };
    actions[name]();
    this.show();
  }

  get erases() {
    return this.surface.brush.erase !== this.surface.keeps;
  }

  resize(ratio) {
    const size = Number(this.size.value);
    this.size.value = ratio > 1 ? Math.max(size + 1, size * ratio) : Math.min(size - 1, size * ratio);
  }

  invert(colour, paper, width, height) {
    Object.assign(paper, { globalCompositeOperation: "xor", fillStyle: colour });
    paper.fillRect(0, 0, width, height);
  }

  // What is chosen reaches further: the paint does, or, where the paint lies on what goes, its opposite.
  grow(colour, shrink, paper, width, height) {
    const reach = Math.max(width, height) * GROWTH;
    if (shrink) this.invert(colour, paper, width, height);
    const copy = this.surface.layer.copy();
    paper.globalCompositeOperation = "source-over";
    for (let turn = 0; turn < 2 * Math.PI; turn += Math.PI / 16) {
      paper.drawImage(copy, Math.cos(turn) * reach, Math.sin(turn) * reach);
    }
    if (shrink) this.invert(colour, paper, width, height);
  }

  async save() {
    const file = await this.surface.file.file();
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: file.name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  show() {
    const { layer, brush, mode } = this.surface;
    brush.size = Number(this.size.value);
    brush.colour = mode === "hints" ? this.colour.value : this.surface.colour;
    for (const [name, on] of [["paint", !this.erases], ["erase", this.erases]]) {
      this.querySelector(`[data-do=${name}]`).setAttribute("aria-pressed", on);
    }
    // A button that is greyed out under the finger would lose the focus: it says so instead, and does nothing.
    for (const [name, steps] of [["undo", layer.done], ["redo", layer.undone]]) {
      this.querySelector(`[data-do=${name}]`).setAttribute("aria-disabled", !steps.length);
    }
  }
}

customElements.define("drawing-tools", DrawingTools);
