"use strict";
// A second style, painted into the image: each pixel has a style of its own (Sec. 4.8, Fig. 11c).

CIPS.panels.push({
  title: "Paint with a style",
  said: "each pixel may have a style of its own, since no pixel sees another (Sec. 4.8, Fig. 11).",
  claims: ["style-blend"],
  attempt: "Paint the second image into the first; with the keyboard, arrow keys move the brush.",
  build({ row, controls, stage, state, onChange }) {
    const painted = CIPS.picture(row, "the first, where you have not painted", { label: "Paint here. Arrow keys move the brush." });
    const second = CIPS.picture(row, "the second");
    const mask = { width: 64, height: 64, values: new Uint8Array(64 * 64) };
    const brush = { x: 0.5, y: 0.4, radius: 0.12 };
    const draw = () => stage.request(painted.canvas, () => {
      const styles = stage.network.modulate(state.w(), state.w(state.other));
      stage.draw(painted.canvas, { styles, mask });
      stage.draw(second.canvas, { styles: state.styles(state.other) });
    });
    const paint = (x, y) => {
      Object.assign(brush, { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) });
      mask.values.forEach((value, i) => {
        const [dx, dy] = [i % 64 / 63 - brush.x, Math.floor(i / 64) / 63 - brush.y];
        const strength = Math.exp(-(dx * dx + dy * dy) / (brush.radius * brush.radius));
        mask.values[i] = Math.min(255, value + 120 * strength);
      });
      draw();
    };
    CIPS.follow(painted.canvas, paint);
    CIPS.keys(painted.canvas, (dx, dy) => paint(brush.x + 0.05 * dx, brush.y + 0.05 * dy));
    CIPS.slider(controls, "size of the brush", [0.04, 0.4, 0.01, brush.radius], (value) => { brush.radius = value; });
    CIPS.button(controls, "start again", () => { mask.values.fill(0); draw(); });
    onChange(draw);
  },
});
