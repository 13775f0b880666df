"use strict";
// What panels are built of: canvases that are drawn as finely as this machine can bear, and controls.

const FAST = 14, SLOW = 45;  // milliseconds of a drawing: more pixels below, fewer above
const SIDES = [32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];

/** Draws a network's pictures. */
CIPS.Stage = class {
  constructor(network) {
    this.network = network;
    this.renderer = CIPS.rendererOf(network);
    this.side = 64;
    this.pending = new Map();
  }

  /** Draw soon, once, whatever is asked of this canvas before the next frame. */
  request(canvas, draw) {
    if (!this.pending.size) requestAnimationFrame(() => this.flush());
    this.pending.set(canvas, draw);
  }

  flush() {
    const [draws, before] = [[...this.pending], this.side];
    this.pending.clear();
    for (const [, draw] of draws) draw();
    if (this.side > before) for (const each of draws) this.request(...each);  // finer, until it is slow
  }

  /** Draw a request now; `height` and `width` are this machine's own, unless they are given. */
  draw(canvas, request, aspect = 1) {
    const own = request.width === undefined;
    const height = own ? this.side : request.height;
    const width = own ? Math.round(aspect * height) : request.width;
    const start = performance.now();
    const drawn = this.renderer.draw({ ...request, width, height });
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (drawn instanceof ImageData) context.putImageData(drawn, 0, 0);
    else context.drawImage(drawn, 0, 0);
    context.getImageData(0, 0, 1, 1);  // waits for the pixels
    if (own) this.adapt(performance.now() - start, canvas.clientWidth * devicePixelRatio);
  }

  /** Choose the next drawing's size by this one's time; never finer than the screen. */
  adapt(milliseconds, shown) {
    const now = SIDES.indexOf(this.side);
    const finer = SIDES[now + 1];
    if (milliseconds > SLOW && now > 0) this.side = SIDES[now - 1];
    else if (milliseconds < FAST && finer <= Math.min(this.renderer.most, Math.max(shown, 64))) this.side = finer;
  }
};

/** Make an element with attributes and children. */
CIPS.element = function (tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
};

/** A slider under its name; `change` gets the number. */
CIPS.slider = function (parent, name, [low, high, step, value], change) {
  const input = CIPS.element("input", {
    type: "range", min: low, max: high, step, value, oninput: () => change(Number(input.value)),
  });
  parent.append(CIPS.element("label", {}, name, input));
  return input;
};

CIPS.button = function (parent, name, press) {
  parent.append(CIPS.element("button", { type: "button", onclick: press }, name));
};

/** A canvas in a figure with a caption; `wide` for one that is as wide as the page. */
CIPS.picture = function (parent, caption, { label, wide = false, pixels = false } = {}) {
  const canvas = CIPS.element("canvas", {
    role: "img", "aria-label": label ?? caption, tabindex: label ? 0 : false, class: pixels && "pixels",
    width: 64, height: 64,
  });
  const words = CIPS.element("figcaption", {}, caption);
  parent.append(CIPS.element("figure", { class: wide && "wide" }, canvas, words));
  return { canvas, words };
};

/** Call `move(x, y, dx, dy)`, shares of the canvas, while a pointer is down on it, or without `down`. */
CIPS.follow = function (canvas, move, down = true) {
  let last = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    last = at(event);
    canvas.setPointerCapture(event.pointerId);
    move(...last, 0, 0);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (down && !last) return;
    const [x, y] = at(event);
    move(x, y, last ? x - last[0] : 0, last ? y - last[1] : 0);
    if (last) last = [x, y];
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
};

/** Call `move(dx, dy)` for arrow keys, and `zoom(factor)` for + and -. */
CIPS.keys = function (canvas, move, zoom = () => {}) {
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (arrows[event.key]) move(...arrows[event.key]);
    else if ("+-".includes(event.key)) zoom(event.key === "+" ? 0.8 : 1.25);
    else return;
    event.preventDefault();
  });
};
