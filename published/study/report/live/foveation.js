"use strict";
// Fig. 8: pixels are dense where one looks, and the gaps between the others are filled.

CIPS.panels.push({
  title: "Compute only where one looks",
  said: "most pixels need not be computed: dense at the gaze, sparse elsewhere, filled between (Sec. 4.7, Fig. 8).",
  claims: ["foveated-pixels", "gaze"],
  attempt: "Move or drag over the image, or use the arrow keys: the gaze follows.",
  build({ row, controls, stage, state, onChange }) {
    const foveated = CIPS.picture(row, "", { label: "The gaze. Arrow keys move it." });
    const whole = CIPS.picture(row, "every pixel computed");
    const part = CIPS.element("canvas");
    const gaze = { x: 0.4, y: 0.45, sharp: 0.25 };
    const draw = () => stage.request(foveated.canvas, () => {
      const styles = state.styles();
      stage.draw(whole.canvas, { styles });
      const { canvas, words } = foveated;
      const side = whole.canvas.width;
      [canvas.width, canvas.height] = [side, side];
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      let computed = 0;
      // Squares around the gaze, each twice as dense as the one before, down to every pixel.
      [[1, 4], [Math.min(1, 2 * gaze.sharp), 2], [gaze.sharp, 1]].forEach(([size, gap]) => {
        const pixels = Math.max(4, Math.round(size * side / gap));
        const left = Math.min(1 - size, Math.max(0, gaze.x - size / 2));
        const top = Math.min(1 - size, Math.max(0, gaze.y - size / 2));
        const window = [left, top, left + size, top + size].map((share) => 2 * share - 1);
        stage.draw(part, { styles, window, width: pixels, height: pixels });
        context.drawImage(part, 0, 0, pixels, pixels, left * side, top * side, size * side, size * side);
        computed += pixels * pixels;
      });
      words.textContent = `${Math.round(100 * computed / side ** 2)} % of the pixels computed`;
    });
    const look = (x, y) => { Object.assign(gaze, { x, y }); draw(); };
    CIPS.follow(foveated.canvas, look, false);
    CIPS.keys(foveated.canvas, (dx, dy) => look(gaze.x + 0.05 * dx, gaze.y + 0.05 * dy));
    CIPS.slider(controls, "what is seen sharply", [0.1, 0.6, 0.01, gaze.sharp], (value) => { gaze.sharp = value; draw(); });
    onChange(draw);
  },
});
