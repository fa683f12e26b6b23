// The button beside each citation. Pasted into a text it keeps its italics, elsewhere it is plain.
const status = document.querySelector("[data-status]");

// Without HTTPS there is no clipboard.
for (const cited of navigator.clipboard ? document.querySelectorAll("[data-cite]") : []) {
  const button = cited.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const item = (text, type) => new Blob([text], { type });
    const forms = { "text/plain": item(cited.textContent, "text/plain") };
    if (cited.tagName === "P") forms["text/html"] = item(cited.outerHTML, "text/html");
    try {
      await navigator.clipboard.write([new ClipboardItem(forms)]);
      button.textContent = "Copied";
      status.textContent = `${cited.dataset.cite} copied to the clipboard`;
    } catch {
      button.textContent = "Not allowed";
      status.textContent = "The browser does not let this page copy";
    }
    setTimeout(() => {
      button.textContent = "Copy";
      status.textContent = "";
    }, 2000);
  });
}
