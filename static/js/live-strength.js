// The strength of Deblur or Denoise while its slider moves: the picture and its result are blended, as the server
// blends them. Another option than the strength would need the network.
class LiveStrength extends customElements.get("live-result") {
  read({ strength, network, anyway }) {
    return { strength: Number(strength), network, anyway };
  }

  isChanged({ strength, network, anyway }) {
    const { was, copy } = this;
    return Boolean(copy && was?.strength) && network === was.network && anyway === was.anyway && strength >= 0 && strength <= 1;
  }

  draw(canvas, source, { strength }) {
    const share = strength / this.was.strength;
    const [before, after] = [source, this.copy].map((image) => this.pixelsOf(image, source));
    before.data.forEach((value, i) => (before.data[i] = value + share * (after.data[i] - value)));
    Object.assign(canvas, { width: source.width, height: source.height });
    canvas.getContext("2d").putImageData(before, 0, 0);
  }
}

customElements.define("live-strength", LiveStrength);
