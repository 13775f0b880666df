"use strict";
// How it came about: the same latents after more and more images, above the losses.

CIPS.panels.push({
  title: "From noise to faces",
  said: "the generator sees no neighbour of a pixel; the discriminator that teaches it sees whole images (Sec. 3).",
  attempt: "Move the slider below. The images are those that the training saved.",
  needs: "training",
  build({ row, controls, training }) {
    const figure = row.appendChild(CIPS.element("figure", { class: "wide" }));
    const image = figure.appendChild(CIPS.element("img", { alt: "Samples during the training", style: "width: min(100%, 512px); image-rendering: pixelated" }));
    const words = figure.appendChild(CIPS.element("figcaption"));
    const { canvas } = CIPS.picture(row, "losses: of the discriminator (blue), of the generator (orange)", { wide: true });
    const losses = training.log.trim().split("\n").map(JSON.parse).filter((row) => "loss/generator" in row);
    const grids = Object.entries(training.grids);
    const last = losses.at(-1).images_seen;
    const curves = [["loss/discriminator", "#3b82d0"], ["loss/generator", "#e08a1e"]];
    const most = Math.max(...losses.flatMap((row) => curves.map(([name]) => row[name])));
    const show = (number) => {
      const [images, png] = grids[number];
      image.src = `data:image/png;base64,${png}`;
      words.textContent = `after ${Number(images).toLocaleString("en")} images`;
      [canvas.width, canvas.height] = [900, 160];
      const context = canvas.getContext("2d");
      for (const [name, colour] of curves) {
        context.strokeStyle = colour;
        context.beginPath();
        for (const row of losses) context.lineTo(row.images_seen / last * 900, 155 - row[name] / most * 150);
        context.stroke();
      }
      context.fillStyle = "#888";
      context.fillRect(images / last * 900 - 1, 0, 2, 160);
    };
    CIPS.slider(controls, "images seen", [0, grids.length - 1, 1, grids.length - 1], show);
    show(grids.length - 1);
  },
});
