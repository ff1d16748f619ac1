// The picture's own background out of focus, as imaging/matting/backgrounds.py makes it, at a small size: a blurred picture
// holds nothing finer. Colours are added up as light, gamma 2, and the place of the person is filled from around it.
const SIDE = 240;
const REACH = 0.12; // of the longest side: how far colours are fetched to fill the place of the person
const BLUR_STEP = 0.004; // of the longest side, one step of the blur's strength
const SIGMAS = 3; // how far a Gaussian reaches

/** Blur planes of width × height numbers, by rows and then by columns; at the edge it is reflected. */
function blur(planes, width, height, sigma) {
  const reach = Math.ceil(SIGMAS * sigma);
  const raw = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const sum = raw.reduce((total, value) => total + value);
  const kernel = Float32Array.from(raw, (value) => value / sum);
  const along = (plane, length, step, count, stride) => {
    const made = new Float32Array(plane.length);
    const places = Array.from({ length: length + 2 * reach }, (_, i) => {
      const place = (((i - reach) % (2 * length)) + 2 * length) % (2 * length);
      return (place < length ? place : 2 * length - 1 - place) * step;
    });
    for (let line = 0; line < count; line++) {
      for (let at = 0; at < length; at++) {
        let value = 0;
        for (let k = 0; k < kernel.length; k++) value += kernel[k] * plane[line * stride + places[at + k]];
        made[line * stride + at * step] = value;
      }
    }
    return made;
  };
  return planes.map((plane) => along(along(plane, width, 1, height, width), height, width, width, 1));
}

/** Light with the place of the person filled: three planes. `known` is 1 where the picture shows what is behind. */
function fill(light, known, width, height) {
  const count = known.reduce((sum, value) => sum + value, 0);
  const seen = light.map((plane) => plane.map((value, i) => value * known[i]));
  const total = (planes, weight) => planes.map((plane) => plane.reduce((sum, value) => sum + value, 0) / weight);
  const mean = count ? total(seen, count) : total(light, known.length);
  let found = mean.map((value) => new Float32Array(known.length).fill(value));
  for (const part of count ? [2, 0.5, 0.125] : []) {
    const [weight, ...planes] = blur([known, ...seen], width, height, part * REACH * Math.max(width, height));
    found = planes.map((plane, c) => plane.map((value, i) => (value + 1e-3 * found[c][i]) / (weight[i] + 1e-3)));
  }
  return light.map((plane, c) => plane.map((value, i) => (known[i] ? value : found[c][i])));
}

/** The size at which a picture is blurred. */
function blurSize({ width, height }) {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** What is behind the person, as light: from the pixels of the picture and of the person cut out at `blurSize`. */
function lightBehind(picture, person) {
  const { width, height } = picture;
  const known = Float32Array.from({ length: width * height }, (_, i) => (person.data[4 * i + 3] > 4 ? 0 : 1));
  const light = [0, 1, 2].map((c) => Float32Array.from(known, (_, i) => picture.data[4 * i + c] ** 2));
  return { width, height, planes: fill(light, known, width, height) };
}

/** A small canvas with that light out of focus. */
function defocus({ width, height, planes }, strength) {
  const soft = blur(planes, width, height, Math.max(0.3, BLUR_STEP * strength * Math.max(width, height)));
  const sheet = Object.assign(document.createElement("canvas"), { width, height });
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (const c of [0, 1, 2]) image.data[4 * i + c] = Math.sqrt(soft[c][i]);
    image.data[4 * i + 3] = 255;
  }
  sheet.getContext("2d").putImageData(image, 0, 0);
  return sheet;
}

/** Stands on no page: by its name other files find these functions. */
class BlurredBackdrop extends HTMLElement {
  static blur = blur;
  static blurSize = blurSize;
  static lightBehind = lightBehind;
  static defocus = defocus;
}

customElements.define("blurred-backdrop", BlurredBackdrop);
