// What a search engine and a social network would show of the page, with the length of title and description told in
// numbers and words. The limits are soft: a number says more than a colour, and nothing is refused here.
const form = document.querySelector("[data-admin-form]");
const question = document.getElementById("id_question");
const description = document.getElementById("id_description");
const slug = document.getElementById("id_slug");
const subject = document.getElementById("id_subject");

if (form && question && description) {
  const box = document.createElement("div");
  box.className = "admin-snippet";
  box.innerHTML = `
    <h3>As a search result</h3>
    <div class="admin-result">
      <p class="admin-result-place" data-place></p>
      <p class="admin-result-title" data-title></p>
      <p class="admin-result-text" data-text></p>
    </div>
    <h3>As a card</h3>
    <img class="admin-card" alt="The picture that social networks show" width="600" height="338" data-card>`;
  document.querySelector(".admin-found").append(box);
  const [place, title, text, card] = ["place", "title", "text", "card"].map((name) => box.querySelector(`[data-${name}]`));
  let excerpt = "";
  let timer = 0;

  // Where an editor may not move the page, the subject stands there as text.
  const fixedSubject = document.querySelector(".field-subject .readonly")?.textContent.trim() ?? "";
  const subjectTitle = () => {
    if (!subject) return fixedSubject;
    return subject.selectedOptions[0]?.value ? subject.selectedOptions[0].text : "";
  };

  function show() {
    place.textContent = `${location.host} › learn › ${subjectTitle()}`;
    title.textContent = shortened(question.value, 60) || "The question";
    text.textContent = shortened(description.value.trim() || excerpt, 155) || "The description";
  }

  function drawCard() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const wanted = new URLSearchParams({ question: question.value, subject: subjectTitle() });
      if (question.value.trim()) card.src = `${form.dataset.card}?${wanted}`;
    }, 800);
  }

  for (const field of [question, description]) {
    const meter = document.createElement("p");
    meter.className = "admin-meter";
    field.after(meter);
    const measure = () => {
      const [from, to] = [Number(field.dataset.meterFrom), Number(field.dataset.meterTo)];
      const length = [...field.value.trim()].length;
      const verdict = length === 0 ? "nothing yet" : length < from ? "short" : length > to ? "will be cut" : "good";
      meter.textContent = `${length} of about ${to} characters: ${verdict}`;
      meter.dataset.verdict = verdict;
    };
    field.addEventListener("input", () => {
      measure();
      show();
    });
    field.addEventListener("learn:set", measure);
    measure();
  }
  question.addEventListener("input", drawCard);
  subject?.addEventListener("change", () => {
    show();
    drawCard();
  });
  document.addEventListener("learn:rendered", (event) => {
    excerpt = event.detail.excerpt;
    show();
  });
  show();
  drawCard();
  warnOfMove();
}

// A changed slug or subject moves the page; its old address leads on, but search engines need time to learn the new.
function warnOfMove() {
  if (!form.dataset.version || !slug || !subject) return;
  const before = [slug.value, subject.value];
  const warning = document.createElement("p");
  warning.className = "admin-note";
  warning.setAttribute("role", "status");
  document.querySelector(".admin-address").append(warning);
  const check = () => {
    const moves = slug.value !== before[0] || subject.value !== before[1];
    warning.textContent = moves ? "This moves the page. Its old address will lead to the new one (301)." : "";
    warning.hidden = !moves;
  };
  slug.addEventListener("input", check);
  subject.addEventListener("change", check);
  check();
}

function shortened(value, length) {
  const characters = [...value.trim()];
  if (characters.length <= length) return characters.join("");
  return `${characters.slice(0, length).join("").replace(/\s+\S*$/, "")} …`;
}
