/* A reader can enlarge any figure; and a sign at tables that scroll.
   Without this script the pages are complete: links to the images. */

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

/* --- tables: one that is wider than its place says so */

const markWideTables = () => {
  document.querySelectorAll(".bd-article .pst-scrollable-table-container").forEach((place) => {
    place.classList.toggle("cips-wide", place.scrollWidth > place.clientWidth);
  });
};

document.addEventListener("DOMContentLoaded", () => {
  markWideTables();
  addEventListener("resize", markWideTables);
  const open = lightbox();
  document
    .querySelectorAll(".bd-article figure img, .bd-article .cell_output img")
    .forEach((image) => enlargeable(image, open));
});
