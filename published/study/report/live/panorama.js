"use strict";
// Fig. 11, 17: coordinates on a cylinder make a panorama that has no end.

CIPS.panels.push({
  title: "A landscape all the way round",
  said: "with coordinates on a cylinder the same kind of network draws panoramas, though it saw none (Sec. 4.8, Fig. 11, 17).",
  claims: ["panorama-closes", "panorama-seam"],
  attempt: "Drag, or let it turn. It never ends, and it has no seam.",
  needs: "panorama",
  build({ row, controls, stage, state, onChange }) {
    const { network } = stage;
    const { canvas } = CIPS.picture(row, "", { label: "The panorama. Arrow keys turn it.", wide: true });
    const aspect = network.columns / network.rows;
    let [angle, turning] = [0, false];
    const draw = () => stage.request(canvas, () => {
      const styles = network.modulate(network.styleOf(state.seed, state.truncation));
      stage.draw(canvas, { styles, window: [angle - 1, -1, angle + 1, 1] }, aspect);
    });
    const turn = (by) => { angle = (angle + by + 2) % 2; draw(); };
    CIPS.follow(canvas, (x, y, dx) => turn(-2 * dx));
    CIPS.keys(canvas, (dx) => turn(0.05 * dx));
    const frame = () => {
      if (!turning) return;
      turn(0.004);
      requestAnimationFrame(frame);
    };
    CIPS.button(controls, "turn, or stop", () => { turning = !turning; frame(); });
    onChange(draw);
  },
});
