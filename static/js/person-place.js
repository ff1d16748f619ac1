// A person who was cut out: where they stand, where the options put them, and the soft shadow that they cast, as
// imaging/matting/placing.py has it. Places are in parts of the picture, boxes in pixels of a canvas.
const { blur, blurSize } = customElements.get("blurred-backdrop");

const SOFT = 0.025; // of the longest side: the sigma of a shadow
const DROP = 0.02; // of the longest side: how far below the person it lies

/** The middle of the lower edge of what is rather person than not, from pixels with transparency. */
function findStand({ data, width, height }) {
  let [left, right, bottom] = [width, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x) + 3] <= 127) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      bottom = y + 1;
    }
  }
  return bottom ? { x: (left + right) / 2 / width, y: bottom / height } : { x: 0.5, y: 1 };
}

/** Where the whole cut-out lies: its left, top, width and height. */
function placeOf(stand, { scale, across, down }, { width, height }) {
  const size = scale / 100;
  const begin = (at, shift, length) => Math.round(length * (at + shift / 100 - size * at));
  return [begin(stand.x, across, width), begin(stand.y, down, height), Math.round(size * width), Math.round(size * height)];
}

/** Darken a canvas by the shadow of a person who lies in `box`. */
function castShadow(canvas, person, box, strength) {
  const { width, height } = canvas;
  const size = blurSize(canvas);
  const sheet = Object.assign(document.createElement("canvas"), size);
  const paper = sheet.getContext("2d", { willReadFrequently: true });
  paper.imageSmoothingQuality = "high";
  paper.scale(size.width / width, size.height / height);
  paper.drawImage(person, ...box);
  const pixels = paper.getImageData(0, 0, size.width, size.height);
  const alpha = Float32Array.from({ length: size.width * size.height }, (_, i) => pixels.data[4 * i + 3]);
  const [soft] = blur([alpha], size.width, size.height, SOFT * Math.max(size.width, size.height));
  const shadow = new ImageData(size.width, size.height);
  soft.forEach((value, i) => (shadow.data[4 * i + 3] = Math.round((value * strength) / 100)));
  paper.putImageData(shadow, 0, 0);
  const drop = Math.round(DROP * Math.max(width, height));
  const target = canvas.getContext("2d", { willReadFrequently: true });
  target.imageSmoothingQuality = "high";
  target.drawImage(sheet, 0, 0, size.width, 1, 0, 0, width, drop); // above it nothing else is known
  target.drawImage(sheet, 0, drop, width, height);
}

/** Stands on no page: by its name other files find these functions. */
class PersonPlace extends HTMLElement {
  static findStand = findStand;
  static placeOf = placeOf;
  static castShadow = castShadow;
}

customElements.define("person-place", PersonPlace);
