// A field for the address of an article, which may also be found by its words.
// By the address in the page: in production a file's name holds a hash of its content, which no other script knows.
const { askFor, combobox } = await import(document.getElementById("admin-combobox").href);

for (const input of document.querySelectorAll("[data-find-article]")) {
  const url = input.closest("[data-find]").dataset.find;
  combobox(input, {
    ask: (term) => (term.startsWith("/") || term.includes("://") ? [] : askFor(url, { q: term })),
    choose: (article) => {
      input.value = article.url;
    },
  });
}
