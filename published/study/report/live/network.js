"use strict";
// A CIPS generator in the browser: its weights, its mapping network, and what a style makes of its
// layers (Eq. 2). What is drawn from these: plain.js, shader.js.

const CIPS = { packed: {}, panels: [] };

/** Read numbers of 16 or 32 bits out of base64. */
CIPS.decode = function (text, bits) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  if (bits === 32) return new Float32Array(bytes.buffer);
  return Float32Array.from(new Uint16Array(bytes.buffer), (half) => {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    return half & 32768 ? -size : size;
  });
};

/** Return matrix * vector + bias; the matrix has its rows one after the other. */
CIPS.linear = function (matrix, vector, bias) {
  return Float32Array.from(bias, (start, row) => {
    let sum = start;
    for (let i = 0; i < vector.length; i++) sum += matrix[row * vector.length + i] * vector[i];
    return sum;
  });
};

/** Return numbers of N(0, 1) that are a function of the seed alone (Box and Muller). */
CIPS.normal = function (seed, count) {
  let state = Math.imul(seed + 1, 0x9e3779b9);
  const uniform = () => {  // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length: count }, () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
};

/** The layers, in the order in which they are computed; what cipslib/sampling/browser.py packs. */
CIPS.Network = class {
  constructor(packed) {
    Object.assign(this, packed);
    const numbers = CIPS.decode(packed.numbers, packed.bits);
    let used = 0;
    const take = (count) => numbers.subarray(used, (used += count));
    this.mapping = Array.from({ length: packed.mapping }, () => ({
      weight: take(this.style * this.style), bias: take(this.style),
    }));
    this.fourier = take(4 * this.fourierFeatures);  // rows: three factors of the place, a bias
    this.table = take(this.rows * this.columns * this.embeddingFeatures);
    this.layers = packed.layers.map((layer) => ({
      ...layer,
      affine: take(layer.inputs * this.style),
      affineBias: take(layer.inputs),
      weight: take(layer.outputs * layer.inputs),
      bias: take(layer.outputs),
    }));
    this.mean = take(this.style);  // of w; then its principal directions, a standard deviation long
    this.directions = Array.from({ length: packed.directions }, () => take(this.style));
    this.width = Math.max(...this.layers.map((layer) => Math.max(layer.inputs, layer.outputs)));
    // A projection to RGB has the style of the layer before it.
    this.styledLayers = this.layers.filter((layer) => !layer.rgb).length;
  }

  /** M(z) of Sec. 3. */
  map(z) {
    const square = z.reduce((sum, value) => sum + value * value, 0) / z.length;
    let w = z.map((value) => value / Math.sqrt(square + 1e-8));
    for (const { weight, bias } of this.mapping) {
      w = CIPS.linear(weight, w, bias).map((value) => Math.SQRT2 * Math.max(value, 0.2 * value));
    }
    return w;
  }

  /** The style of a seed, drawn towards the mean style: 1 not at all, 0 wholly. */
  styleOf(seed, truncation = 1) {
    const w = this.map(CIPS.normal(seed, this.style));
    return w.map((value, i) => this.mean[i] + truncation * (value - this.mean[i]));
  }

  /**
   * Return what two styles make of each layer, so that a pixel may have any blend of both: the
   * scales of the inputs for either, and of each output's length in Eq. 2 the squares and the product.
   * `first` and `second` are a style, or an array of one for each styled layer.
   */
  modulate(first, second = first) {
    let number = -1;
    return this.layers.map((layer) => {
      if (!layer.rgb) number++;
      const [one, two] = [first, second].map((w) =>
        CIPS.linear(layer.affine, Array.isArray(w) ? w[number] : w, layer.affineBias));
      const lengths = { first: [], both: [], second: [] };
      for (let row = 0; row < layer.outputs; row++) {
        let a = 1e-8, b = 1e-8, c = 1e-8;
        for (let i = 0; i < layer.inputs; i++) {
          const square = layer.weight[row * layer.inputs + i] ** 2;
          a += square * one[i] * one[i];
          b += square * one[i] * two[i];
          c += square * two[i] * two[i];
        }
        lengths.first.push(layer.rgb ? 1 : a);
        lengths.both.push(layer.rgb ? 1 : b);
        lengths.second.push(layer.rgb ? 1 : c);
      }
      return { first: one, second: two, lengths };
    });
  }
};
