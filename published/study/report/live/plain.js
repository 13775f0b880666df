"use strict";
// The generator in plain JavaScript, pixel by pixel: where there is no WebGL2, and for the tests.

/** Return the encoding of a place (Eq. 4); `keep` is [1, 1], or 0 for what is left out (Fig. 6). */
CIPS.encode = function (network, x, y, keep) {
  const { fourierFeatures, embeddingFeatures, fourier, table, rows, columns, cylinder } = network;
  const e = new Float32Array(fourierFeatures + embeddingFeatures);
  const angle = Math.PI * x;
  const place = cylinder ? [Math.sin(angle), Math.cos(angle), y] : [x, y, 0];
  for (let i = 0; i < fourierFeatures; i++) {  // Eq. 3
    const row = 4 * i;
    e[i] = keep[0] * Math.sin(
      fourier[row] * place[0] + fourier[row + 1] * place[1] + fourier[row + 2] * place[2]
      + fourier[row + 3]);
  }
  if (!embeddingFeatures) return e;
  // Bilinear between the positions, which are the corners' and all between; round a cylinder.
  const column = (x + 1) / 2 * (cylinder ? columns : columns - 1);
  const row = Math.min(Math.max((y + 1) / 2 * (rows - 1), 0), rows - 1);
  const [left, top] = [Math.floor(column), Math.floor(row)];
  for (const [down, share] of [[0, 1 - (row - top)], [1, row - top]]) {
    for (const [right, part] of [[0, 1 - (column - left)], [1, column - left]]) {
      const at = cylinder
        ? (left + right + columns) % columns : Math.min(Math.max(left + right, 0), columns - 1);
      const start = (Math.min(top + down, rows - 1) * columns + at) * embeddingFeatures;
      for (let i = 0; i < embeddingFeatures; i++) {
        e[fourierFeatures + i] += keep[1] * share * part * table[start + i];
      }
    }
  }
  return e;
};

/** Return the colour of one place, three numbers of about -1 to 1; `blend`: of the second style. */
CIPS.colour = function (network, styles, x, y, blend, keep) {
  let phi = CIPS.encode(network, x, y, keep);
  const colour = [0, 0, 0];
  const rest = 1 - blend;
  network.layers.forEach((layer, number) => {
    const { first, second, lengths } = styles[number];
    const scaled = phi.map((value, i) => value * (rest * first[i] + blend * second[i]));
    const psi = CIPS.linear(layer.weight, scaled, new Float32Array(layer.outputs));
    for (let row = 0; row < layer.outputs; row++) {
      const length = layer.rgb ? 1 : Math.sqrt(rest * rest * lengths.first[row]
        + 2 * rest * blend * lengths.both[row] + blend * blend * lengths.second[row]);
      psi[row] = psi[row] * layer.gain / length + layer.bias[row];
    }
    if (layer.rgb) psi.forEach((value, i) => { colour[i] += value; });
    else phi = psi.map(network.sine ? Math.sin : (value) => Math.max(value, 0.2 * value));
  });
  return colour;
};

/** Draws `request` (shader.js) into an ImageData. */
CIPS.Plain = class {
  constructor(network) {
    this.network = network;
    this.kind = "JavaScript";
    this.most = 96;  // pixels a side: more would keep the page waiting
  }

  draw({ styles, width, height, window = [-1, -1, 1, 1], keep = [1, 1], mask = null }) {
    const image = new ImageData(width, height);
    const [left, top, right, bottom] = window;
    const steps = this.network.cylinder ? width : width - 1;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const x = left + (right - left) * column / steps;
        const y = top + (bottom - top) * row / (height - 1);
        const blend = mask ? CIPS.maskAt(mask, column / (width - 1), row / (height - 1)) : 0;
        const rgb = CIPS.colour(this.network, styles, x, y, blend, keep);
        const start = 4 * (row * width + column);
        for (let i = 0; i < 3; i++) image.data[start + i] = 127.5 * (rgb[i] + 1);
        image.data[start + 3] = 255;
      }
    }
    return image;
  }
};

/** Return a mask's value, 0 to 1, at shares of its width and height. */
CIPS.maskAt = function (mask, x, y) {
  const column = Math.round(x * (mask.width - 1));
  const row = Math.round(y * (mask.height - 1));
  return mask.values[row * mask.width + column] / 255;
};
