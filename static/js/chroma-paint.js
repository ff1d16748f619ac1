// Colours in CIELAB as networks/layers/colour_space.py has them: the lightness of pixels, and pixels of lightness and
// chroma. What sRGB cannot show loses chroma and keeps lightness and hue.
const TO_XYZ_Y = [0.212639, 0.715169, 0.072192];
const [RED, GREEN, BLUE] = [
  [3.080399, -1.537383, -0.543016],
  [-0.921223, 1.875968, 0.045256],
  [0.052874, -0.203977, 1.151103],
];
const DELTA = 6 / 29;
const HALVINGS = 6;
const STEPS = 16384;
const TOLERANCE = 1e-4;

const LINEAR = Float32Array.from({ length: 256 }, (_, i) => (i / 255 <= 0.04045 ? i / 255 / 12.92 : ((i / 255 + 0.055) / 1.055) ** 2.4));
const ENCODED = Float32Array.from({ length: STEPS + 1 }, (_, i) => {
  const light = i / STEPS;
  return 255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);
});

/** The lightness of pixels, for each (L* + 16) / 116. */
function lightOf({ data, width, height }) {
  return Float32Array.from({ length: width * height }, (_, i) => {
    const y = TO_XYZ_Y.reduce((sum, part, c) => sum + part * LINEAR[data[4 * i + c]], 0);
    return y > DELTA ** 3 ? Math.cbrt(y) : y / (3 * DELTA ** 2) + 4 / 29;
  });
}

const uncurve = (value) => (value > DELTA ? value * value * value : 3 * DELTA * DELTA * (value - 4 / 29));
const mix = ([r, g, b], x, y, z) => r * x + g * y + b * z;
const fits = (value) => value >= -TOLERANCE && value <= 1 + TOLERANCE;
const encode = (value) => ENCODED[Math.max(0, Math.min(STEPS, Math.round(value * STEPS)))];
const rgb = [0, 0, 0];

/** Put a colour into `rgb` as linear light; return whether sRGB can show it. */
function mixColour(light, a, b) {
  const [x, y, z] = [uncurve(light + a / 500), uncurve(light), uncurve(light - b / 200)];
  rgb[0] = mix(RED, x, y, z);
  rgb[1] = mix(GREEN, x, y, z);
  rgb[2] = mix(BLUE, x, y, z);
  return fits(rgb[0]) && fits(rgb[1]) && fits(rgb[2]);
}

function fitColour(light, a, b) {
  if (mixColour(light, a, b)) return;
  let [inside, outside] = [0, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (inside + outside) / 2;
    if (mixColour(light, a * middle, b * middle)) inside = middle;
    else outside = middle;
  }
  mixColour(light, a * inside, b * inside);
}

/** Colour pixels in place: `own` says of each, in 255, how much it keeps. `a` and `b` count in `unit`, 128 being none. */
function paintChroma({ data }, lights, { a, b, own }, unit) {
  for (let i = 0; i < lights.length; i++) {
    const at = 4 * i;
    fitColour(lights[i], (a[at] - 128) * unit, (b[at] - 128) * unit);
    const kept = own[at] / 255;
    for (let c = 0; c < 3; c++) {
      const value = encode(rgb[c]);
      data[at + c] = value + kept * (data[at + c] - value);
    }
  }
}

/** Stands on no page: by its name other files find these functions. */
class ChromaPaint extends HTMLElement {
  static lightOf = lightOf;
  static paintChroma = paintChroma;
}

customElements.define("chroma-paint", ChromaPaint);
