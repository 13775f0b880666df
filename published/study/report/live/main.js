"use strict";
// The page: which image, and the panels. What cannot be shown is said in its place.

(() => {
  const { element } = CIPS;
  if (!CIPS.packed.main) {
    document.getElementById("about").textContent = `Not here: ${CIPS.packed.missing.main}`;
    return;
  }
  const listeners = [];
  const state = {
    seed: 1, other: 5, truncation: 0.9,
    w: (seed = state.seed) => main.network.styleOf(seed, state.truncation),
    styles: (seed = state.seed) => main.network.modulate(state.w(seed)),
  };
  const main = new CIPS.Stage(new CIPS.Network(CIPS.packed.main));
  const stages = { panorama: CIPS.packed.panorama && new CIPS.Stage(new CIPS.Network(CIPS.packed.panorama)) };
  const changed = () => listeners.forEach((listener) => listener());

  const controls = document.getElementById("controls");
  controls.addEventListener("submit", (event) => event.preventDefault());
  for (const [name, key] of [["first image, a seed", "seed"], ["second image, a seed", "other"]]) {
    const input = element("input", { type: "number", min: 0, max: 99999, value: state[key], oninput: () => { state[key] = Number(input.value); changed(); } });
    controls.append(element("label", {}, name, input));
    CIPS.button(controls, "another", () => { input.value = state[key] += 1; changed(); });
  }
  CIPS.slider(controls, "variety (truncation)", [0, 1.2, 0.05, state.truncation], (value) => { state.truncation = value; changed(); });

  const { kind } = main.renderer;
  document.getElementById("about").textContent = `${CIPS.packed.about} `
    + (kind === "WebGL2" ? "Your graphics card draws, by WebGL2."
      : "This browser has no WebGL2: plain JavaScript draws, at fewer pixels.");
  document.body.dataset.renderer = kind;

  for (const { title, said, claims = [], attempt, needs, build } of CIPS.panels) {
    const panel = element("section", {}, element("h2", {}, title), element("p", { class: "said" }, `The paper: ${said}`));
    const judged = claims.filter((code) => CIPS.packed.verdicts?.[code]).map((code) => {
      const [verdict, says] = CIPS.packed.verdicts[code];
      return element("li", {}, "Here ", element("a", { href: `claims.html#claim-${code}` }, verdict), `: ${says}`);
    });
    panel.append(element("ul", { class: "verdicts" }, ...judged));
    document.getElementById("panels").append(panel);
    if (needs && !CIPS.packed[needs]) {
      panel.append(element("p", { class: "missing" }, `Not here: ${CIPS.packed.missing[needs]}`));
      continue;
    }
    const [row, controls] = ["row", "controls"].map((name) => element("div", { class: name }));
    panel.append(element("p", {}, attempt), row, controls);
    build({
      row, controls, stage: stages[needs] || main, state, training: CIPS.packed.training,
      onChange: (listener) => { listeners.push(listener); listener(); },
    });
  }
})();
