// Pictures in the answer: dropped on it, pasted into it, or chosen by the button "Picture". Each is asked for what it
// shows, uploaded with its progress, and named in the answer. Without this script the library of pictures tells what
// to write.
const place = document.querySelector("[data-pictures]");
const answer = document.getElementById("id_answer");

if (place && answer && !answer.readOnly) {
  const waiting = []; // files that were dropped or pasted together
  let caret = [0, 0]; // where the picture goes: a dialog takes it from the field
  const dialog = made("dialog", { className: "admin-dialog" });
  dialog.setAttribute("aria-labelledby", "picture-heading");
  const heading = made("h2", { id: "picture-heading", textContent: "A picture" });
  const form = made("form", { method: "dialog" });
  const file = made("input", { type: "file", id: "picture-file", accept: "image/png,image/jpeg,image/gif,image/webp,image/avif,image/svg+xml" });
  const alt = made("textarea", { id: "picture-alt", rows: 2, maxLength: 500, spellcheck: true });
  const decorative = made("input", { type: "checkbox", id: "picture-decorative" });
  const progress = made("progress", { max: 1, value: 0, hidden: true });
  progress.setAttribute("aria-label", "Upload");
  const told = made("p", { className: "help" });
  told.setAttribute("role", "status");
  const send = made("button", { type: "submit", className: "button default", textContent: "Upload and insert" });
  const close = made("button", { type: "button", className: "button", textContent: "Close" });
  const search = made("input", { type: "search", id: "picture-search" });
  const found = made("ul", { className: "admin-found-pictures" });
  if (place.dataset.upload) {
    form.append(
      row(made("label", { htmlFor: file.id, textContent: "File" }), file),
      row(made("label", { htmlFor: alt.id, textContent: "What it shows, for who cannot see it" }), alt),
      row(decorative, made("label", { htmlFor: decorative.id, textContent: "It is decorative: it says nothing that the text does not" })),
      progress,
      send,
    );
  }
  const choice = made("div");
  choice.append(
    row(made("label", { htmlFor: search.id, textContent: "Or one from the library" }), search),
    found,
  );
  dialog.append(heading, form, told, choice, close);
  document.body.append(dialog);

  const button = made("button", { type: "button", className: "admin-plain", textContent: "Picture" });
  const bar = document.querySelector(".admin-marks");
  if (bar) {
    button.tabIndex = -1; // arrows lead to it, as to the others
    bar.append(button);
  } else {
    place.before(button);
  }
  button.addEventListener("click", () => open());

  function open(chosen) {
    if (!dialog.open) caret = [answer.selectionStart, answer.selectionEnd];
    form.reset();
    told.textContent = chosen ? `${chosen.name || "The picture"}, ${Math.ceil(chosen.size / 1000)} kB` : "";
    dialog.chosen = chosen ?? null;
    file.closest("p")?.toggleAttribute("hidden", Boolean(chosen));
    choice.hidden = Boolean(chosen);
    if (!dialog.open) dialog.showModal();
    (chosen ? alt : place.dataset.upload ? file : search).focus();
    if (!chosen) find();
  }

  function next() {
    if (waiting.length) open(waiting.shift());
    else dialog.close();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = dialog.chosen ?? file.files[0];
    if (!chosen) return say("Choose a file.", file);
    if (!alt.value.trim() && !decorative.checked) return say("Say what the picture shows, or that it is decorative.", alt);
    return upload(chosen);
  });

  function say(text, field) {
    told.textContent = text;
    field?.focus();
  }

  // Not fetch, which tells nothing of an upload's progress.
  function upload(chosen) {
    const body = new FormData();
    body.append("file", chosen, chosen.name || "picture");
    body.append("alt", alt.value);
    if (decorative.checked) body.append("decorative", "on");
    const request = new XMLHttpRequest();
    request.open("POST", place.dataset.upload);
    request.setRequestHeader("X-CSRFToken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => {
      busy(false);
      if (request.status === 200 && request.response?.markdown) {
        dialog.close(); // beneath an open one nothing can be typed
        insert(request.response.markdown);
        if (waiting.length) next();
      } else {
        say(request.response?.error ?? "The picture could not be uploaded. What you write is safe; try again.");
      }
    });
    request.addEventListener("error", () => {
      busy(false);
      say("The site cannot be reached now. What you write is safe; try again.");
    });
    busy(true);
    say("Uploading…");
    request.send(body);
  }

  function busy(is) {
    progress.hidden = !is;
    progress.value = 0;
    send.disabled = is;
  }

  function insert(markdown) {
    const text = asBlock(markdown);
    answer.focus();
    answer.setSelectionRange(...caret);
    insertText(answer, text);
    caret = [caret[0] + text.length, caret[0] + text.length];
    answer.setSelectionRange(...caret);
  }

  // A picture alone in its paragraph becomes a figure.
  function asBlock(markdown) {
    const before = answer.value.slice(0, caret[0]);
    const after = answer.value.slice(caret[1]);
    const start = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const end = !after || after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
    return start + markdown + end;
  }

  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, 250);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });

  async function find() {
    try {
      const response = await fetch(`${place.dataset.find}?${new URLSearchParams({ q: search.value })}`);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const { pictures } = await response.json();
      found.replaceChildren(...pictures.map(offered));
      if (!pictures.length) found.replaceChildren(made("li", { textContent: "No picture has these words." }));
    } catch {
      found.replaceChildren(made("li", { textContent: "The library cannot be shown now." }));
    }
  }

  function offered(picture) {
    const item = made("li");
    const take = made("button", { type: "button", className: "admin-plain" });
    const image = made("img", { src: picture.url, alt: "", width: picture.width, height: picture.height, loading: "lazy", className: "admin-thumbnail" });
    take.append(image, made("span", { textContent: picture.alt || picture.name }));
    take.addEventListener("click", () => {
      dialog.close();
      insert(picture.markdown);
    });
    item.append(take);
    return item;
  }

  close.addEventListener("click", () => {
    waiting.length = 0;
    dialog.close();
  });
  dialog.addEventListener("close", () => answer.focus());

  // Around the field, so that an editor which stands in its place is heard, too; before it hears of them itself.
  const around = answer.closest(".form-row") ?? answer.parentElement;
  around.addEventListener("dragover", (event) => {
    if (place.dataset.upload && [...(event.dataTransfer?.items ?? [])].some((item) => item.kind === "file")) event.preventDefault();
  }, true);
  around.addEventListener("drop", (event) => take(event, event.dataTransfer), true);
  around.addEventListener("paste", (event) => {
    // A program that copies text often copies a picture of it as well: the text is meant, and paste.js takes it.
    if (!isToBeRead(event.clipboardData)) take(event, event.clipboardData);
  }, true);

  // A picture copied from a page comes with its address as text, and with HTML that holds nothing but the picture.
  function isToBeRead(data) {
    const html = data?.getData("text/html").replace(/<[^<>]*>/g, "").trim();
    return Boolean(html || (!data?.getData("text/html").includes("<img") && data?.getData("text/plain").trim()));
  }

  function take(event, data) {
    const pictures = [...(data?.files ?? [])].filter((one) => one.type.startsWith("image/"));
    if (!pictures.length || !place.dataset.upload) return;
    event.preventDefault();
    event.stopPropagation();
    waiting.push(...pictures);
    if (!dialog.open) next();
  }
}

function made(name, values = {}) {
  return Object.assign(document.createElement(name), values);
}

function row(...children) {
  const element = made("p");
  element.append(...children);
  return element;
}

// Types a text into a field in the place of what is selected in it, as its editor would: one undo takes it away again,
// and whoever listens to the field (preview, drafts, an editor that stands in its place) hears of it.
function insertText(field, text) {
  field.focus();
  // Deprecated, but the only way that keeps the browser's undo.
  if (document.activeElement === field && document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
