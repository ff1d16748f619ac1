// Brightness, white balance and contrast as imaging/adjusting/tones.py computes them: the same steps in the same
// order, in double precision. A test compares the two.
const WHITE_BALANCE_STOPS = 0.5;
const LUMINANCE = [0.2126, 0.7152, 0.0722];

const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const encode = (light) => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);

function gains(temperature, tint) {
  const raw = [temperature, -tint, -temperature].map((part) => 2 ** ((WHITE_BALANCE_STOPS / 100) * part));
  const luminance = raw.reduce((sum, gain, i) => sum + gain * LUMINANCE[i], 0);
  return raw.map((gain) => gain / luminance);
}

/** The new value of each old one of red, green and blue: three arrays of 256. */
function makeTables({ brightness = 1, contrast = 1, temperature = 0, tint = 0 }) {
  const balanced = temperature || tint;
  return gains(temperature, tint).map((gain) =>
    Uint8ClampedArray.from({ length: 256 }, (_, i) => {
      let value = Math.min((i / 255) * brightness, 1);
      if (balanced) value = encode(Math.min(linear(value) * gain, 1));
      if (contrast !== 1) value = 0.5 + contrast * (value - 0.5);
      return Math.floor(Math.min(Math.max(value, 0), 1) * 255 + 0.5);
    }),
  );
}

/** Replace each colour of a canvas by that of its table; transparency stays. */
function applyTables(canvas, [red, green, blue]) {
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  const image = paper.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = image;
  for (let i = 0; i < data.length; i += 4) {
    data[i] = red[data[i]];
    data[i + 1] = green[data[i + 1]];
    data[i + 2] = blue[data[i + 2]];
  }
  paper.putImageData(image, 0, 0);
}

/** Stands on no page: by its name other files find these functions. */
class AdjustTones extends HTMLElement {
  static makeTables = makeTables;
  static applyTables = applyTables;
}

customElements.define("adjust-tones", AdjustTones);
