// Set the corners of prints on a page. The macro `corners_picker` in templates/_drawing.html renders it around a text
// field that holds eight numbers for each print (see picture-place.js). An empty field means that the prints are found
// by themselves; those that an earlier run found stand there to be corrected.
const FIRST = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]];
const MOST = 24;

class CornersPicker extends customElements.get("picture-place") {
  connectedCallback() {
    if (this.pad) return;
    this.pad = this.querySelector(".outlines");
    this.pad.addEventListener("outlined", ({ target, detail }) => this.write(target, detail));
    this.pad.addEventListener("chosen", ({ target }) => this.choose(target));
    this.addEventListener("click", ({ target }) => this.act(target.closest("[data-act]")?.dataset.act));
    super.connectedCallback();
  }

  get outlines() {
    return [...this.pad.children];
  }

  begin() {
    super.begin();
    const text = this.input.value || this.dataset.placed || "";
    const numbers = text ? text.split(/[,;]/).map(Number) : [];
    this.pad.replaceChildren();
    if (numbers.length % 8 || !numbers.every(Number.isFinite)) return this.refresh();
    for (let at = 0; at < numbers.length; at += 8) {
      this.put4([0, 2, 4, 6].map((i) => numbers.slice(at + i, at + i + 2)));
    }
    this.choose(this.outlines[0]);
  }

  put4(corners) {
    const outline = this.querySelector("template").content.firstElementChild.cloneNode(true);
    this.pad.append(outline);
    outline.set(corners);
    return outline;
  }

  choose(outline) {
    for (const each of this.outlines) each.classList.toggle("is-chosen", each === outline);
    this.chosen = outline;
    this.refresh();
  }

  /** Name the corners by the number of their print. */
  refresh() {
    this.outlines.forEach((outline, i) => {
      outline.handles.forEach((handle, corner) => handle.setAttribute("aria-label", this.say(i, corner, outline)));
    });
    this.querySelector("[data-act=add]").disabled = this.outlines.length >= MOST;
    this.querySelector("[data-act=remove]").disabled = !this.chosen;
  }

  say(number, corner, outline) {
    const [x, y] = outline.corners[corner].map((part) => Math.round(100 * part));
    const words = { print: number + 1, corner: corner + 1, x, y };
    return this.dataset.words.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  }

  act(name) {
    if (name === "add") this.choose(this.put4(FIRST));
    if (name === "remove") {
      this.chosen.remove();
      this.choose(this.outlines.at(-1));
    }
    if (!name) return;
    this.write(this.chosen, 0);
    this.chosen?.handles[0].focus({ preventScroll: true });
  }

  write(outline, corner) {
    this.last = outline && [outline, corner];
    // Without any the prints are found again, those of before among them.
    if (!this.outlines.length) this.dataset.placed = "";
    this.put(this.outlines.flatMap((each) => each.corners.flat()));
    this.refresh();
  }

  tell() {
    const count = this.dataset.count.replace("{count}", this.outlines.length);
    this.status.textContent = this.last ? this.say(this.outlines.indexOf(this.last[0]), this.last[1], this.last[0]) : count;
  }
}

customElements.define("corners-picker", CornersPicker);
