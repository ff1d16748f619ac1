// How much a place counts inside of a soft edge, as imaging/compositing.py has it.
const LONGEST = 800; // pixels at which it is computed
const ROUNDS = 2;

/** Return a small canvas whose alpha is that of the paint, but fades in from its edge inwards: `feather` in parts of the longer side. */
function weigh(paint, feather) {
  const scale = Math.min(1, LONGEST / Math.max(paint.width, paint.height));
  const [width, height] = [paint.width, paint.height].map((side) => Math.max(1, Math.round(side * scale)));
  const sheet = Object.assign(document.createElement("canvas"), { width, height });
  const paper = sheet.getContext("2d", { willReadFrequently: true });
  paper.drawImage(paint, 0, 0, width, height);
  const radius = Math.round((feather * Math.max(width, height)) / 2);
  if (!radius) return sheet;
  const image = paper.getImageData(0, 0, width, height);
  const own = Float32Array.from({ length: width * height }, (_, i) => image.data[4 * i + 3]);
  let mean = own;
  for (let round = 0; round < ROUNDS; round++) {
    mean = blurLines(mean, { length: width, step: 1, lines: height, stride: width }, radius);
    mean = blurLines(mean, { length: height, step: width, lines: width, stride: 1 }, radius);
  }
  own.forEach((value, i) => (image.data[4 * i + 3] = Math.max(0, Math.min(value, 2 * mean[i] - 255))));
  paper.putImageData(image, 0, 0);
  return sheet;
}

/** Return the means over 2 * radius + 1 places along lines, at whose ends the last value goes on. */
function blurLines(values, { length, step, lines, stride }, radius) {
  const means = new Float32Array(values.length);
  const inside = (place) => Math.min(Math.max(place, 0), length - 1) * step;
  for (let line = 0; line < lines; line++) {
    const start = line * stride;
    let sum = 0;
    for (let place = -radius; place <= radius; place++) sum += values[start + inside(place)];
    for (let place = 0; place < length; place++) {
      means[start + place * step] = sum / (2 * radius + 1);
      sum += values[start + inside(place + radius + 1)] - values[start + inside(place - radius)];
    }
  }
  return means;
}

/** Stands on no page: by its name other files find this function. */
class SoftEdge extends HTMLElement {
  static weigh = weigh;
}

customElements.define("soft-edge", SoftEdge);
