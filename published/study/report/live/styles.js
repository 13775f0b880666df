"use strict";
// Styles: along principal directions of w, between two (Fig. 10), and mixed by layers (Fig. 19).

CIPS.panels.push({
  title: "One network, many images",
  said: "between two styles the image changes smoothly (Fig. 10); layers control different aspects, such as pose and colour (Fig. 19).",
  claims: ["interpolation", "layer-groups", "early-layers"],
  attempt: "Drag across the middle image from left to right; then take a few layers from the second.",
  build({ row, controls, stage, state, onChange }) {
    const [first, middle, second] = [["the first", null], ["between", "Between the two. Arrow keys go from one to the other."], ["the second", null]]
      .map(([caption, label]) => CIPS.picture(row, caption, { label: label ?? undefined }));
    const network = stage.network;
    const chosen = { share: 0.5, mixed: 0, directions: network.directions.map(() => 0) };
    const moved = (w) => w.map((value, i) =>
      value + network.directions.reduce((sum, of, k) => sum + chosen.directions[k] * of[i], 0));
    const draw = () => stage.request(middle.canvas, () => {
      const [one, two] = [moved(state.w()), state.w(state.other)];
      const between = one.map((value, i) => value + chosen.share * (two[i] - value));
      const layers = Array.from({ length: network.styledLayers }, (_, layer) =>
        layer < network.styledLayers - chosen.mixed ? between : two);
      stage.draw(first.canvas, { styles: network.modulate(one) });
      stage.draw(middle.canvas, { styles: network.modulate(layers) });
      stage.draw(second.canvas, { styles: network.modulate(two) });
      middle.words.textContent = `${Math.round(100 * chosen.share)} % of the way`
        + (chosen.mixed ? `; the last ${chosen.mixed} of ${network.styledLayers} layers are the second's` : "");
    });
    const set = (name) => (value) => { chosen[name] = value; draw(); };
    const slider = CIPS.slider(controls, "between the two", [0, 1, 0.01, 0.5], set("share"));
    const along = (share) => { slider.value = chosen.share = Math.min(1, Math.max(0, share)); draw(); };
    CIPS.follow(middle.canvas, (x) => along(x));
    CIPS.keys(middle.canvas, (dx) => along(chosen.share + 0.05 * dx));
    CIPS.slider(controls, "last layers from the second", [0, network.styledLayers, 1, 0], set("mixed"));
    network.directions.forEach((_, k) => CIPS.slider(controls, `main variation ${k + 1} of the style`, [-3, 3, 0.05, 0],
      (value) => { chosen.directions[k] = value; draw(); }));
    onChange(draw);
  },
});
