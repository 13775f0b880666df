"use strict";
// Fig. 9: a window of the image at the screen's own pixels, beside the same window enlarged.

CIPS.panels.push({
  title: "Look closer than it was trained for",
  said: "more pixels can be computed than it was trained for, with more plausible detail than enlarging gives (Sec. 4.7, Fig. 9).",
  claims: ["dense-grid-plausible", "dense-grid-sharpness"],
  attempt: "Drag to move; come closer by the button, by + and − or, after a click, by the wheel.",
  build({ row, controls, stage, state, onChange }) {
    const side = stage.network.rows;
    const dense = CIPS.picture(row, "computed for each pixel of the screen", { label: "The window, computed. Arrow keys move it, plus and minus zoom." });
    const enlarged = CIPS.picture(row, `the image of ${side} pixels a side, enlarged`);
    const native = CIPS.element("canvas");
    const view = { x: 0, y: 0.05, half: 0.5 };
    const draw = () => stage.request(dense.canvas, () => {
      const { x, y, half } = view;
      const styles = state.styles();
      stage.draw(dense.canvas, { styles, window: [x - half, y - half, x + half, y + half] });
      stage.draw(native, { styles, width: side, height: side });
      const { canvas } = enlarged;
      [canvas.width, canvas.height] = [dense.canvas.width, dense.canvas.height];
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      // Pixel centres lie at -1 and 1: a place is (place + 1) / 2 * (side - 1) + 1/2 pixels in.
      const start = (place) => (place + 1) / 2 * (side - 1) + 0.5;
      context.drawImage(native, start(x - half), start(y - half), half * (side - 1), half * (side - 1), 0, 0, canvas.width, canvas.height);
      dense.words.textContent = `computed at ${dense.canvas.width} × ${dense.canvas.height} places, ${(1 / half).toFixed(1)} times as near`;
    });
    const moved = (dx, dy, factor = 1) => {
      view.half = Math.min(1, Math.max(0.02, view.half * factor));
      const most = 1 - view.half;
      view.x = Math.min(most, Math.max(-most, view.x + dx));
      view.y = Math.min(most, Math.max(-most, view.y + dy));
      draw();
    };
    for (const { canvas } of [dense, enlarged]) {
      canvas.addEventListener("pointerdown", () => dense.canvas.focus());
      CIPS.follow(canvas, (x, y, dx, dy) => moved(-2 * view.half * dx, -2 * view.half * dy));
      CIPS.keys(canvas, (dx, dy) => moved(0.2 * view.half * dx, 0.2 * view.half * dy), (factor) => moved(0, 0, factor));
      canvas.addEventListener("wheel", (event) => {
        if (document.activeElement !== dense.canvas) return;  // the page scrolls
        event.preventDefault();
        moved(0, 0, event.deltaY > 0 ? 1.15 : 1 / 1.15);
      }, { passive: false });
    }
    CIPS.button(controls, "closer", () => moved(0, 0, 0.8));
    CIPS.button(controls, "further", () => moved(0, 0, 1.25));
    onChange(draw);
  },
});
