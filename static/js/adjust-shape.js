// Turning, straightening and cropping as imaging/adjusting/shape.py does them. Between pixels the browser's own
// interpolation takes the place of the server's.
const TURNS = { 90: 1, 180: 2, 270: 3 };
const MIRRORS = { mirror_horizontal: [-1, 1], mirror_vertical: [1, -1] };
const round = (value) => Math.floor(value + 0.5);

/** The largest size of the same proportions that fits upright into a picture turned by `angle` (radians). */
function fitUpright(width, height, angle) {
  const [sine, cosine] = [Math.abs(Math.sin(angle)), Math.cos(angle)];
  const scale = Math.min(width / (width * cosine + height * sine), height / (width * sine + height * cosine));
  return [width, height].map((side) => Math.max(1, Math.floor(side * scale)));
}

/** First pixel and number of pixels of a part of a side. */
function span(start, length, pixels) {
  const first = Math.min(round(start * pixels), pixels - 1);
  return [first, Math.min(Math.max(round((start + length) * pixels), first + 1), pixels) - first];
}

/** Draw `source` onto `canvas`, turned, straightened (degrees clockwise) and cropped; the canvas takes on its size.
 * `crop` is [left, top, width, height] in parts of what was turned and straightened, or null. */
function drawShaped(canvas, source, { transform = "none", straighten = 0, crop = null }) {
  const quarter = TURNS[transform] ?? 0;
  const angle = (straighten * Math.PI) / 180;
  const sides = quarter % 2 ? [source.height, source.width] : [source.width, source.height];
  const [width, height] = straighten ? fitUpright(...sides, angle) : sides;
  const [left, wide] = crop ? span(crop[0], crop[2], width) : [0, width];
  const [top, high] = crop ? span(crop[1], crop[3], height) : [0, height];
  Object.assign(canvas, { width: wide, height: high });
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  paper.imageSmoothingEnabled = Boolean(straighten);
  paper.translate(width / 2 - left, height / 2 - top);
  paper.rotate(angle);
  paper.rotate((quarter * Math.PI) / 2);
  paper.scale(...(MIRRORS[transform] ?? [1, 1]));
  paper.drawImage(source, -source.width / 2, -source.height / 2);
}

/** Stands on no page: by its name other files find these functions. */
class AdjustShape extends HTMLElement {
  static drawShaped = drawShaped;
}

customElements.define("adjust-shape", AdjustShape);
