// Copies the address of the page, and the code of each block.
const status = document.querySelector("[data-status]");

function copies(button, text) {
  const label = button.textContent;
  let timer;
  button.addEventListener("click", async () => {
    clearTimeout(timer);
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
      status.textContent = "Copied to the clipboard";
    } catch {
      button.textContent = "Not allowed";
      status.textContent = "The browser does not let this page copy";
    }
    timer = setTimeout(() => {
      button.textContent = label;
      status.textContent = "";
    }, 2000);
  });
}

// Without HTTPS there is no clipboard.
if (navigator.clipboard) {
  for (const link of document.querySelectorAll("[data-copy-link]")) {
    copies(link, () => document.querySelector("link[rel=canonical]")?.href ?? location.href);
    link.hidden = false;
  }
  for (const block of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${block.dataset.language ?? ""} code`.replace("  ", " "));
    copies(button, () => block.querySelector("pre").textContent);
    block.append(button);
  }
}
