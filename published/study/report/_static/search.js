/* Sphinx's search fetches each page that it finds, to show where the words stand, and from file:// a
   browser fetches nothing. So the pages' texts come with the search page (texts.js), and this hands
   them out. */

window.fetch = async (address) =>
  new Response(`<div role="main">${CIPS_TEXTS[address.split("/").pop()]}</div>`);
