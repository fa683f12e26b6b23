// A session of questions: those that are due, then new ones. What was known comes back later, by SM-2:
// https://super-memory.com/english/ol/sm2.htm
const DAY = 86_400_000; // milliseconds
const LOWEST_EASE = 1.3;
const FIRST_EASE = 2.5;
const NEW_ONES = 12; // of the saved list in one session
const KNOWN = 4; // grades of SM-2: after a hesitation; 3 with serious difficulty, 2 not known
const HARD = 3;
const NOT_KNOWN = 2;

/** A card after an answer: `days` between repetitions, `times` known in a row, `ease` as SM-2's E-Factor. */
export function graded(card, grade, now) {
  let { ease, days, times } = { ease: FIRST_EASE, days: 0, times: 0, ...card };
  if (grade < HARD) return { ease, days: 0, times: 0, due: now };
  times += 1;
  if (times === 1) days = 1;
  else if (times === 2) days = 6;
  else days = Math.ceil(days * ease);
  ease = Math.max(LOWEST_EASE, ease + 0.1 - (5 - grade) * (0.08 + (5 - grade) * 0.02));
  return { ease: Math.round(ease * 1e4) / 1e4, days, times, due: now + days * DAY };
}

const session = document.querySelector("[data-session]");
if (session) await begin();

// The paths of a topic's questions, of which this page shows some; none without a network.
async function listed(address) {
  try {
    const response = await fetch(address);
    const { articles } = response.ok ? await response.json() : { articles: [] };
    return new Set(articles.map((article) => new URL(article.url).pathname));
  } catch {
    return new Set();
  }
}

async function begin() {
  const store = await import(session.dataset.saved);
  const part = (name) => session.querySelector(`[data-${name}]`);
  const [question, answer, show, not, knew, open, told] = ["question", "answer", "show", "not", "knew", "open", "progress"].map(part);
  const onPage = new Map([...document.querySelectorAll(".sheet li[data-path]")].map((item) => [item.dataset.path, item]));
  const subject = location.pathname.match(/^\/learn\/([^/]+)\/practise$/)?.[1];
  const isOnPages = subject || session.dataset.list;
  const titles = new Map(store.list().map((entry) => [entry.path, entry.question]));
  const known = store.progress();
  const inTopic = session.dataset.list && Object.keys(known).some((path) => !onPage.has(path)) ? await listed(session.dataset.list) : new Set();
  const isOurs = (path) => {
    if (subject) return path.startsWith(`/learn/${subject}/`);
    return session.dataset.list ? onPage.has(path) || inTopic.has(path) : titles.has(path);
  };
  const started = Date.now();
  const due = Object.keys(known).filter((path) => isOurs(path) && known[path].due <= started);
  due.sort((a, b) => known[a].due - known[b].due);
  const fresh = [...(isOnPages ? onPage.keys() : titles.keys())].filter((path) => !known[path]).slice(0, NEW_ONES);
  const queue = [...due, ...fresh];
  const failed = new Set();
  let done = 0;
  let current;

  document.querySelector("[data-print]")?.addEventListener("click", () => print());
  const printButton = document.querySelector("[data-print]");
  if (printButton) printButton.hidden = false;

  // The question and answer of a page: of this one, or fetched, which works without a network where it is saved.
  async function card(path) {
    const item = onPage.get(path);
    if (item) return { question: item.querySelector("summary").innerHTML, answer: item.querySelector(".answer").innerHTML };
    const response = await fetch(path);
    if (response.status === 404 || response.status === 410) return null;
    if (!response.ok) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = page.querySelector("article .answer");
    return found && { question: page.querySelector("h1").innerHTML, answer: found.innerHTML };
  }

  async function next() {
    current = queue.shift();
    const left = queue.length + (current ? 1 : 0);
    told.textContent = current ? `${done} done, ${left} to go` : summary();
    for (const control of [not, knew, open, answer]) control.hidden = true;
    show.hidden = false; // keeps its place while a question is fetched
    show.disabled = true;
    question.replaceChildren();
    if (!current) {
      if (done || failed.size) told.focus();
      part("card").hidden = true;
      part("controls").hidden = true;
      part("keys").hidden = true;
      return;
    }
    let found;
    try {
      found = await card(current);
    } catch {
      found = { question: titles.get(current) ?? "This question", answer: "<p>It cannot be read without a network.</p>" };
    }
    if (!found) return next(); // it is no longer on the site
    // Our own page's HTML, which the site has sanitised.
    question.innerHTML = found.question;
    answer.innerHTML = found.answer;
    for (const each of answer.querySelectorAll("[id]")) each.removeAttribute("id"); // they stand in the list below, too
    for (const link of answer.querySelectorAll("a[href^='#']")) link.removeAttribute("href");
    open.href = current;
    show.disabled = false;
    if (done || failed.size) question.focus();
  }

  function summary() {
    if (done) return `Done: ${done} question${done === 1 ? "" : "s"}. Come back tomorrow.`;
    return isOnPages || titles.size ? "Nothing is due. Come back tomorrow, or look at more questions below." : "Nothing is saved yet.";
  }

  function reveal() {
    answer.hidden = not.hidden = knew.hidden = open.hidden = false;
    show.hidden = true;
    knew.focus({ preventScroll: true }); // the answer begins here, the buttons stand below it
  }

  function grade(isKnown) {
    const found = store.progress();
    const mark = isKnown ? (failed.has(current) ? HARD : KNOWN) : NOT_KNOWN;
    found[current] = graded(found[current], mark, Date.now());
    try {
      store.keepProgress(found);
    } catch {
      // Storage is forbidden: the session goes on, and is not remembered.
    }
    if (isKnown) done += 1;
    else {
      failed.add(current);
      queue.push(current); // until it is known
    }
    return next();
  }

  show.addEventListener("click", reveal);
  not.addEventListener("click", () => grade(false));
  knew.addEventListener("click", () => grade(true));
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !current) return;
    if (event.target.closest("input, textarea, select, summary")) return;
    if (event.key === " " && !event.target.closest("a") && !show.hidden && !show.disabled && event.target !== show) reveal();
    else if (event.key === "1" && show.hidden) grade(false);
    else if (event.key === "2" && show.hidden) grade(true);
    else return;
    event.preventDefault();
  });

  told.tabIndex = -1; // what is said at the end is where the focus goes, whose button is gone
  session.hidden = false;
  await next();
}
