// Related questions as a list to search, add to, order by dragging or with the buttons, and clean. The text area with
// one address per line stays what is sent; without this script it is what is edited.
// By the address in the page: in production a file's name holds a hash of its content, which no other script knows.
const { askFor, combobox } = await import(document.getElementById("admin-combobox").href);

const form = document.querySelector("[data-admin-form]");
const area = document.getElementById("id_related");

if (form && area) {
  const known = new Map(); // address -> what the server told of it; null where nothing stands there
  const box = document.createElement("div");
  box.className = "admin-picker";
  box.innerHTML = `
    <ol class="admin-links" data-list></ol>
    <p class="quiet" data-none>No related question yet.</p>
    <label for="related-search">Find a question</label>
    <input type="search" id="related-search" placeholder="Words, or an address">
    <p><button type="button" class="button" data-suggest>Suggest questions</button></p>
    <ul class="admin-suggestions" data-suggestions></ul>
    <p class="visually-hidden" role="status" data-said></p>`;
  area.after(box);
  area.hidden = true;
  document.querySelector(`label[for="${area.id}"]`)?.setAttribute("hidden", "");
  document.getElementById(`${area.id}_helptext`)?.setAttribute("hidden", "");
  const get = (name) => box.querySelector(`[data-${name}]`);
  const list = get("list");
  const input = box.querySelector("input");

  const addresses = () => area.value.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  const say = (text) => {
    get("said").textContent = text;
  };

  function write(urls, said) {
    area.value = urls.join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    draw();
    say(said);
  }

  function move(from, to) {
    const urls = addresses();
    if (to < 0 || to >= urls.length || from === to) return;
    const [url] = urls.splice(from, 1);
    urls.splice(to, 0, url);
    write(urls, `Now number ${to + 1} of ${urls.length}`);
    list.children[to].querySelector("button").focus();
  }

  function button(label, text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "admin-plain";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function trouble(url, index, urls) {
    const target = known.get(url);
    if (urls.indexOf(url) < index) return "repeated";
    if (target === null) return "leads nowhere";
    return target && !target.isPublished ? "not published" : "";
  }

  function row(url, index, urls) {
    const target = known.get(url);
    const title = target ? target.question : url;
    const item = document.createElement("li");
    item.draggable = true;
    const name = document.createElement("span");
    name.className = "admin-link-name";
    if (target) name.append(Object.assign(document.createElement("a"), { href: target.edit, textContent: title }), ` ${target.subject}`);
    else name.textContent = url;
    item.append(name);
    const wrong = trouble(url, index, urls);
    if (wrong) item.append(Object.assign(document.createElement("span"), { className: "badge badge-error", textContent: wrong }));
    item.append(
      button(`Move up: ${title}`, "↑", () => move(index, index - 1)),
      button(`Move down: ${title}`, "↓", () => move(index, index + 1)),
      button(`Remove: ${title}`, "×", () => write(urls.toSpliced(index, 1), `Removed: ${title}`)),
    );
    item.addEventListener("dragstart", (event) => {
      event.dataTransfer.setData("text/plain", String(index));
      event.dataTransfer.effectAllowed = "move";
    });
    item.addEventListener("dragover", (event) => {
      event.preventDefault();
      item.classList.add("is-target");
    });
    item.addEventListener("dragleave", () => item.classList.remove("is-target"));
    item.addEventListener("drop", (event) => {
      event.preventDefault();
      move(Number(event.dataTransfer.getData("text/plain")), index);
    });
    return item;
  }

  function draw() {
    const urls = addresses();
    get("none").hidden = urls.length > 0;
    list.replaceChildren(...urls.map(row));
  }

  async function ask(url, parameters) {
    const articles = await askFor(url, parameters);
    for (const article of articles) known.set(article.url, article);
    return articles;
  }

  function add(article) {
    const urls = addresses();
    if (urls.includes(article.url)) say("It is in the list already");
    else write([...urls, article.url], `Added: ${article.question}`);
  }

  combobox(input, {
    ask: (term) => ask(form.dataset.find, { q: term }),
    choose: (article) => {
      add(article);
      input.value = "";
      input.focus();
    },
    say,
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // a search, never the whole form
  });

  get("suggest").addEventListener("click", async () => {
    const parameters = { question: document.getElementById("id_question").value };
    if (form.dataset.key !== "new") parameters.pk = form.dataset.key;
    const articles = await ask(form.dataset.suggestions, parameters);
    const urls = addresses();
    const fresh = articles.filter((article) => !urls.includes(article.url));
    get("suggestions").replaceChildren(
      ...fresh.map((article) => {
        const item = document.createElement("li");
        item.append(
          button(`Add: ${article.question}`, "+", () => {
            add(article);
            item.remove();
          }),
          Object.assign(document.createElement("span"), { textContent: article.question }),
          Object.assign(document.createElement("span"), { className: "quiet", textContent: article.subject }),
        );
        return item;
      }),
    );
    say(fresh.length ? `${fresh.length} suggestions` : "No suggestions");
  });

  area.addEventListener("learn:set", draw);
  draw();
  const present = addresses();
  if (present.length) {
    // All at once: the server takes one address per line.
    ask(form.dataset.find, { q: present.join("\n") }).then(() => {
      for (const url of present) if (!known.has(url)) known.set(url, null);
      draw();
    });
  }
}
