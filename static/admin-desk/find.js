// A field for the address of an article, which may also be found by its words.
import { askFor, combobox } from "./combobox.js";

for (const input of document.querySelectorAll("[data-find-article]")) {
  const url = input.closest("[data-find]").dataset.find;
  combobox(input, {
    ask: (term) => (term.startsWith("/") || term.includes("://") ? [] : askFor(url, { q: term })),
    choose: (article) => {
      input.value = article.url;
    },
  });
}
