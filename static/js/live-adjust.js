// Adjust while its controls move, by the formulas of the server. While the frame of the crop is drawn, it lies on the
// picture as it was turned and straightened, uncropped.
const { drawShaped } = customElements.get("adjust-shape");
const { applyTables, makeTables } = customElements.get("adjust-tones");

const NEUTRAL = { straighten: 0, brightness: 1, contrast: 1, temperature: 0, tint: 0 };
const MOST_DEGREES = 45;

class LiveAdjust extends customElements.get("live-picture") {
  read(fields) {
    const number = (name) => (fields[name]?.trim() && Number.isFinite(Number(fields[name])) ? Number(fields[name]) : NEUTRAL[name]);
    const wanted = Object.fromEntries(Object.keys(NEUTRAL).map((name) => [name, number(name)]));
    wanted.straighten = Math.max(-MOST_DEGREES, Math.min(MOST_DEGREES, wanted.straighten));
    const crop = (fields.crop ?? "").split(",").map(Number);
    const framed = crop.length === 4 && crop.every(Number.isFinite) && Math.min(crop[2], crop[3]) > 0;
    return { ...wanted, transform: fields.transform, crop: framed ? crop : null };
  }

  isChanged(wanted) {
    const moved = Object.entries(NEUTRAL).some(([name, neutral]) => wanted[name] !== neutral);
    return moved || wanted.transform !== "none" || Boolean(wanted.crop);
  }

  draw(canvas, source, wanted) {
    drawShaped(canvas, source, wanted);
    applyTables(canvas, makeTables(wanted));
  }

  connectedCallback() {
    super.connectedCallback();
    this.tool.addEventListener("click", () => this.later()); // may have opened the frame
  }

  update() {
    super.update();
    this.frame();
  }

  /** Lay the frame of the crop on what it is a part of. */
  frame() {
    const picker = this.tool.querySelector("#drawn-crop frame-picker");
    if (!picker?.image || !picker.offsetParent) return;
    const wanted = { ...this.wantedOf(this.form), crop: null };
    const state = JSON.stringify(wanted);
    const { canvas } = this.small;
    const isSame = this.framed ? state === this.framed && canvas && canvas === this.framedSource : !this.isChanged(wanted);
    const source = isSame ? null : this.small.find();
    if (!source) return;
    [this.framed, this.framedSource] = [state, source];
    const sheet = document.createElement("canvas");
    this.draw(sheet, source, wanted);
    sheet.toBlob((blob) => blob && state === this.framed && (picker.picture = blob), "image/webp", 0.9);
  }
}

customElements.define("live-adjust", LiveAdjust);
