// The sheet that is painted on, with its history. It knows paint and no paint, not what they mean. Positions and
// sizes are in its own pixels. The history is the list of what was done, and undo does all but the last again, which
// takes hardly any memory. Fires "painted" after each change.
const MOST_STEPS = 80;

class DrawingLayer extends HTMLElement {
  connectedCallback() {
    if (this.canvas) return;
    this.canvas = this.appendChild(document.createElement("canvas"));
    this.paper = this.canvas.getContext("2d");
    this.resize(1, 1);
  }

  /** Begin a new sheet, empty or with what is on `ground`. */
  resize(width, height, ground) {
    Object.assign(this.canvas, { width, height });
    if (ground) this.paper.drawImage(ground, 0, 0);
    [this.done, this.undone, this.ground] = [[], [], this.copy()];
  }

  /** Do something to the sheet, `change(paper, width, height)`, that undo takes back in one step. */
  perform(change) {
    this.run(change);
    this.keep(change);
  }

  /** Begin a stroke with {colour, erase}; `line` draws on, `end` makes it one step, `again` takes it back. */
  begin({ colour, erase }) {
    this.stroke = [];
    this.draw = (paper, from, to) => {
      Object.assign(paper, { lineCap: "round", lineWidth: to.width, strokeStyle: colour });
      paper.globalCompositeOperation = erase ? "destination-out" : "source-over";
      paper.beginPath();
      paper.moveTo(from.x, from.y);
      // A dab is a line too, and one without any length would not be drawn.
      paper.lineTo(to.x + 0.01, to.y);
      paper.stroke();
    };
  }

  line(x, y, width) {
    this.draw(this.paper, this.stroke.at(-1) ?? { x, y }, { x, y, width });
    this.stroke.push({ x, y, width });
  }

  end() {
    const { stroke, draw } = this;
    this.keep((paper) => stroke.forEach((point, i) => draw(paper, stroke[i - 1] ?? point, point)));
  }

  undo() {
    if (this.done.length) this.undone.push(this.done.pop());
    this.again();
  }

  redo() {
    if (this.undone.length) this.done.push(this.undone.pop());
    this.again();
  }

  /** Draw everything that counts once more. */
  again() {
    this.paper.globalCompositeOperation = "copy";
    this.paper.drawImage(this.ground, 0, 0);
    for (const change of this.done) this.run(change);
    this.dispatchEvent(new CustomEvent("painted", { bubbles: true }));
  }

  get blank() {
    const { data } = this.paper.getImageData(0, 0, this.canvas.width, this.canvas.height);
    return !new Uint32Array(data.buffer).some(Boolean);
  }

  /** What is on the sheet now, as a canvas of its own. */
  copy() {
    const copy = this.canvas.cloneNode();
    copy.getContext("2d").drawImage(this.canvas, 0, 0);
    return copy;
  }

  run(change) {
    this.paper.globalCompositeOperation = "source-over";
    change(this.paper, this.canvas.width, this.canvas.height);
  }

  keep(change) {
    [this.done, this.undone] = [[...this.done, change], []];
    // What is too old to be taken back becomes the ground.
    if (this.done.length > MOST_STEPS) {
      const later = this.done.splice(MOST_STEPS / 2);
      this.again();
      [this.ground, this.done] = [this.copy(), later];
      this.again();
    }
    this.dispatchEvent(new CustomEvent("painted", { bubbles: true }));
  }
}

customElements.define("drawing-layer", DrawingLayer);
