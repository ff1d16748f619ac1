// What can stand behind a person, drawn on a canvas as imaging/matting/backgrounds.py makes it.
const COLOURS = { white: "#ffffff", red: "#ff0000", blue: "#438edb", grey: "#808080", cream: "#f3ead9", sage: "#c9d3c4", slate: "#5b6770" };

/** Fill a canvas with one colour or with two; return whether these options ask for one of these. */
function fillColours(canvas, wanted) {
  const { width, height } = canvas;
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  const colour = wanted.background === "custom" ? wanted.colour : COLOURS[wanted.background];
  if (!colour && wanted.background !== "gradient") return false;
  paper.save();
  paper.scale(width, height); // so that all of it lies between 0 and 1
  paper.fillStyle = colour ?? gradient(paper, wanted);
  paper.fillRect(0, 0, 1, 1);
  paper.restore();
  return true;
}

function gradient(paper, wanted) {
  const ways = { down: [0, 0, 0, 1], right: [0, 0, 1, 0], diagonal: [0, 0, 1, 1] };
  const way = ways[wanted.direction];
  const made = way ? paper.createLinearGradient(...way) : paper.createRadialGradient(0.5, 0.5, 0, 0.5, 0.5, Math.SQRT1_2);
  made.addColorStop(0, wanted.colour_from);
  made.addColorStop(1, wanted.colour_to);
  return made;
}

/** Cover a canvas with a picture, cut in its middle; transparent places turn white. */
function cover(canvas, image) {
  const [wide, high] = [image.naturalWidth, image.naturalHeight];
  const scale = Math.max(canvas.width / wide, canvas.height / high);
  const [width, height] = [canvas.width / scale, canvas.height / scale];
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(paper, { fillStyle: "#ffffff", imageSmoothingQuality: "high" });
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(image, (wide - width) / 2, (high - height) / 2, width, height, 0, 0, canvas.width, canvas.height);
}

/** Stands on no page: by its name other files find these functions. */
class BackdropFill extends HTMLElement {
  static fillColours = fillColours;
  static cover = cover;
}

customElements.define("backdrop-fill", BackdropFill);
