// A document (.docx or .html) as the beginning of an answer: the server makes HTML of a .docx, paste.js Markdown of HTML.
const form = document.querySelector("[data-admin-form]");
const answer = document.getElementById("id_answer");
const bar = document.querySelector(".admin-marks");
const MOST = 20 * 1024 * 1024; // bytes

if (form && answer && bar && !answer.readOnly) {
  const file = document.createElement("input");
  file.type = "file";
  file.accept = ".docx,.html,.htm";
  file.hidden = true;
  file.setAttribute("aria-label", "A document to begin with");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "admin-plain";
  button.textContent = "Document";
  button.title = "Put in the text of a .docx or .html file";
  button.tabIndex = -1; // arrows lead to it, as to the others
  bar.append(button);
  bar.after(file);
  const told = document.createElement("p");
  told.className = "quiet admin-document-told";
  told.setAttribute("role", "status");
  told.hidden = true;
  file.after(told);

  function say(text) {
    told.textContent = text;
    told.hidden = !text;
  }

  button.addEventListener("click", () => file.click());

  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    button.disabled = true;
    say(`Reading ${chosen.name}…`);
    try {
      const html = /\.html?$/i.test(chosen.name) ? await textOf(chosen) : await converted(chosen);
      say("");
      answer.focus();
      answer.dispatchEvent(new CustomEvent("learn:document", { bubbles: true, detail: { html, name: chosen.name } }));
    } catch (error) {
      say(error.message);
    } finally {
      button.disabled = false;
      file.value = ""; // the same one may be chosen again
    }
  });

  function checkSize(chosen) {
    if (chosen.size > MOST) throw new Error(`${chosen.name} is larger than 20 MB.`);
  }

  // A page says at its beginning how it is encoded; most are UTF-8.
  async function textOf(chosen) {
    checkSize(chosen);
    const bytes = await chosen.arrayBuffer();
    const start = new TextDecoder("latin1").decode(bytes.slice(0, 2048));
    const [, label] = /<meta[^>]*?charset\s*=\s*["']?\s*([\w-]+)/i.exec(start) ?? [];
    try {
      return new TextDecoder(label ?? "utf-8").decode(bytes);
    } catch {
      return new TextDecoder().decode(bytes);
    }
  }

  async function converted(chosen) {
    if (!/\.docx$/i.test(chosen.name)) throw new Error("Choose a .docx or .html file; others have to be saved as one of these.");
    checkSize(chosen);
    const body = new FormData();
    body.append("file", chosen, chosen.name);
    let response;
    try {
      const headers = { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };
      response = await fetch(form.dataset.documents, { method: "POST", body, headers });
    } catch {
      throw new Error("The site cannot be reached now. What you write is safe; try again.");
    }
    if (!response.ok || response.redirected) throw new Error("The document could not be read now. What you write is safe; try again.");
    const { html, error } = await response.json();
    if (error) throw new Error(error);
    return html;
  }
}
