// In an answer: shows at which edge of a wide formula, table or piece of code more lies, lets the keyboard reach those
// that scroll and no others, and gives each heading a link to itself.
const SLACK = 2; // pixels that rounding may hide

function look(box) {
  const after = box.scrollWidth - box.clientWidth - box.scrollLeft;
  box.classList.toggle("more-before", box.scrollLeft > SLACK);
  box.classList.toggle("more-after", after > SLACK);
  if (box.scrollWidth - box.clientWidth > SLACK) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => look(target)));

function watch(box) {
  box.addEventListener("scroll", () => look(box), { passive: true });
  sizes.observe(box);
}

document.querySelectorAll(".math-scroll, .table-scroll, .code pre").forEach(watch);

// Where letters are twice as large a formula of the text may be wider than a phone: it scrolls by itself then.
const root = document.documentElement;

function contain() {
  if (root.scrollWidth <= root.clientWidth) return;
  for (const formula of document.querySelectorAll("main math")) {
    // The formula of a line of its own is as wide as the page: what stands in it says more.
    const { right } = formula.firstElementChild.getBoundingClientRect();
    if (right <= root.clientWidth || formula.closest(".math-scroll")) continue;
    const isBlock = formula.getAttribute("display") === "block";
    const box = document.createElement(isBlock ? "div" : "span");
    box.className = isBlock ? "math-scroll" : "math-scroll math-inline";
    formula.replaceWith(box);
    box.append(formula);
    watch(box);
  }
}

new ResizeObserver(contain).observe(document.querySelector(".answer"));

// Letters that arrive later make what is inside wider, not the box itself.
document.fonts.ready.then(() => document.querySelectorAll(".math-scroll").forEach(look));

const status = document.querySelector("[data-status]");
const page = document.querySelector("link[rel=canonical]")?.href ?? location.href.split("#")[0];

for (const heading of document.querySelectorAll(".answer :is(h3, h4, h5, h6)[id]")) {
  const link = document.createElement("a");
  link.className = "section";
  link.href = `#${heading.id}`;
  link.ariaLabel = "Link to this section";
  link.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(`${page}#${heading.id}`);
    } catch {
      return; // not allowed, or no HTTPS: the address bar has it
    }
    link.classList.add("copied");
    status.textContent = "Link copied to the clipboard";
    setTimeout(() => {
      link.classList.remove("copied");
      status.textContent = "";
    }, 2000);
  });
  heading.append(" ", link);
}
