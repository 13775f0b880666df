/* What a reader can do with the images: enlarge any figure, compare two, walk through a strip;
   and a sign at tables that scroll.
   Without this script the pages are complete: links to the images, images side by side. */

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

/* --- a figure at its full size, in the browser's own dialog: it holds the focus while it is open,
       and gives it back */

const lightbox = () => {
  const enlarged = element("img");
  const caption = element("p", { id: "cips-lightbox-caption" });
  const close = element("button", { type: "button", textContent: "Close" });
  const view = element("div", { className: "cips-view", tabIndex: 0 }, enlarged);
  const dialog = element("dialog", { className: "cips-lightbox" }, close, view, caption);
  dialog.setAttribute("aria-labelledby", caption.id);
  view.setAttribute("role", "group");
  view.setAttribute("aria-label", "Image at its full size; arrow keys scroll it");
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") dialog.close(); // a headless browser leaves it to the page
  });
  document.body.append(dialog);
  return (image) => {
    enlarged.src = image.src;
    enlarged.alt = image.alt;
    caption.textContent = image.alt;
    dialog.showModal();
  };
};

const enlargeable = (image, open) => {
  let link = image.closest("a");
  if (link === null) {
    link = element("a", { href: image.src });
    image.replaceWith(link);
    link.append(image);
  }
  link.classList.add("cips-enlarge");
  link.setAttribute("aria-haspopup", "dialog");
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab or window of its own
    event.preventDefault();
    open(image);
  });
};

/* --- sliders */

const slider = (figure, label, properties) => {
  const input = element("input", { type: "range", ...properties });
  const row = element("label", { className: "cips-slider" }, element("span", { textContent: label }), input);
  figure.querySelector(".cips-images").after(row);
  figure.classList.add("cips-live");
  return input;
};

const comparison = (figure) => {
  const [left, right] = [...figure.querySelectorAll(".cips-name")].map((name) => name.textContent);
  const input = slider(figure, `${left} | ${right}`, { min: 0, max: 100, value: 50 });
  const update = () => {
    figure.style.setProperty("--cips-share", `${input.value}%`);
    const share = Number(input.value);
    input.setAttribute("aria-valuetext", `${left}: ${share} % seen, ${right}: ${100 - share} % seen`);
  };
  input.addEventListener("input", update);
  update();
};

const strip = (figure) => {
  const frames = [...figure.querySelectorAll("img")];
  const input = slider(figure, "Step", { min: 1, max: frames.length, value: 1 });
  const update = () => {
    frames.forEach((frame, index) => frame.classList.toggle("cips-on", index === input.value - 1));
    input.setAttribute("aria-valuetext", `${input.value} of ${frames.length}`);
  };
  input.addEventListener("input", update);
  update();
};

/* --- tables: one that is wider than its place says so */

const markWideTables = () => {
  document.querySelectorAll(".bd-article .pst-scrollable-table-container").forEach((place) => {
    place.classList.toggle("cips-wide", place.scrollWidth > place.clientWidth);
  });
};

document.addEventListener("DOMContentLoaded", () => {
  markWideTables();
  addEventListener("resize", markWideTables);
  document.querySelectorAll(".cips-compare").forEach(comparison);
  document.querySelectorAll(".cips-scrub").forEach(strip);
  const open = lightbox();
  document
    .querySelectorAll(".bd-article figure:not(.cips-play) img, .bd-article .cell_output img")
    .forEach((image) => {
      if (image.closest(".cips-play") === null) enlargeable(image, open);
    });
});
