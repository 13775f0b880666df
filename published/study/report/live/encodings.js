"use strict";
// The two encodings of a place: one of them left out (Fig. 6), their principal components (Fig. 5).

/** Return the three strongest directions of rows of numbers, by power iteration. */
CIPS.components = function (rows) {
  const count = rows[0].length;
  const mean = new Float64Array(count);
  for (const row of rows) row.forEach((value, i) => { mean[i] += value / rows.length; });
  const left = rows.map((row) => Float64Array.from(row, (value, i) => value - mean[i]));
  return [0, 1, 2].map((number) => {
    let direction = Float64Array.from({ length: count }, (_, i) => Math.cos(i * (number + 1)));
    for (let turn = 0; turn < 30; turn++) {
      const next = new Float64Array(count);
      for (const row of left) {
        const along = row.reduce((sum, value, i) => sum + value * direction[i], 0);
        row.forEach((value, i) => { next[i] += along * value; });
      }
      const length = Math.hypot(...next) || 1;
      direction = next.map((value) => value / length);
    }
    return left.map((row) => {
      const along = row.reduce((sum, value, i) => sum + value * direction[i], 0);
      row.forEach((value, i) => { row[i] = value - along * direction[i]; });
      return along;
    });
  });
};

CIPS.panels.push({
  title: "How a pixel knows where it is",
  said: "coordinate embeddings hold the fine details, Fourier features the rest (Sec. 4.4, Fig. 4 to 6).",
  claims: ["zeroed-encodings", "average-face"],
  attempt: "Switch the embeddings off: fine detail should go. Switch the Fourier features off: only fine detail should be left. Beside the image, each encoding's three principal components as red, green and blue.",
  build({ row, controls, stage, state, onChange }) {
    const { network } = stage;
    const { canvas } = CIPS.picture(row, "the image", {});
    const kinds = [["Fourier features", 0, network.fourierFeatures], ["coordinate embeddings", network.fourierFeatures, network.fourierFeatures + network.embeddingFeatures]]
      .filter(([, from, to]) => to > from);
    const side = network.rows;
    for (const [name, from, to] of kinds) {
      const shown = CIPS.picture(row, name, { pixels: true }).canvas;
      const places = Array.from({ length: side * side }, (_, i) =>
        CIPS.encode(network, 2 * (i % side) / (side - 1) - 1, 2 * Math.floor(i / side) / (side - 1) - 1, [1, 1]).slice(from, to));
      [shown.width, shown.height] = [side, side];
      const image = new ImageData(side, side);
      CIPS.components(places).forEach((values, channel) => {
        const most = values.map(Math.abs).sort((a, b) => a - b)[Math.floor(0.99 * values.length)] || 1;
        values.forEach((value, i) => { image.data[4 * i + channel] = 127.5 * (1 + value / most); });
      });
      image.data.forEach((_, i) => { if (i % 4 === 3) image.data[i] = 255; });
      shown.getContext("2d").putImageData(image, 0, 0);
    }
    const keep = [1, 1];
    const draw = () => stage.request(canvas, () => stage.draw(canvas, { styles: state.styles(), keep }));
    kinds.forEach(([name, from]) => {
      const which = from ? 1 : 0;
      const box = CIPS.element("input", { type: "checkbox", checked: true, onchange: () => { keep[which] = box.checked ? 1 : 0; draw(); } });
      controls.append(CIPS.element("label", { class: "beside" }, box, name));
    });
    onChange(draw);
  },
});
