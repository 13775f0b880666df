/* A reader can enlarge any figure; and a sign at tables that scroll.
   Without this script the pages are complete: links to the images. */

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

/* --- a figure in the browser's own dialog, which holds the focus while it is open and gives it
       back: as large as the window, or at its full size; and the next one */

const lightbox = (images) => {
  let shown = 0;
  const button = (text, act) => {
    const made = element("button", { type: "button", textContent: text });
    made.addEventListener("click", act);
    return made;
  };
  const enlarged = element("img");
  const caption = element("p", { id: "cips-lightbox-caption" });
  const save = element("a", { textContent: "Save", download: "" });
  const view = element("div", { className: "cips-view cips-fit", tabIndex: 0 }, enlarged);
  const show = (index) => {
    shown = (index + images.length) % images.length;
    const image = images[shown];
    enlarged.src = save.href = image.src;
    enlarged.alt = image.alt;
    caption.textContent =
      image.closest("figure")?.querySelector("figcaption")?.innerText.replace(/#$/, "") ?? image.alt;
  };
  const fit = button("Full size", () => {
    fit.textContent = view.classList.toggle("cips-fit") ? "Full size" : "Fit to window";
  });
  const bar = element(
    "p",
    { className: "cips-bar" },
    button("Close", () => dialog.close()),
    button("Previous", () => show(shown - 1)),
    button("Next", () => show(shown + 1)),
    fit,
    save,
  );
  const dialog = element("dialog", { className: "cips-lightbox" }, bar, view, caption);
  dialog.setAttribute("aria-labelledby", caption.id);
  view.setAttribute("role", "group");
  view.setAttribute("aria-label", "The image; at its full size arrow keys scroll it");
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") dialog.close(); // a headless browser leaves it to the page
  });
  document.body.append(dialog);
  return (image) => {
    show(images.indexOf(image));
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

/* --- tables: one that is wider than its place says so */

const markWideTables = () => {
  document.querySelectorAll(".bd-article .pst-scrollable-table-container").forEach((place) => {
    place.classList.toggle("cips-wide", place.scrollWidth > place.clientWidth);
  });
};

document.addEventListener("DOMContentLoaded", () => {
  markWideTables();
  addEventListener("resize", markWideTables);
  const figures = ".bd-article figure img, .bd-article .cell_output img";
  const images = [...document.querySelectorAll(figures)];
  const open = lightbox(images);
  images.forEach((image) => enlargeable(image, open));
});
