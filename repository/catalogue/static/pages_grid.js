// The grid by keyboard: arrows move from card to card, digits number this page and those after it, letters choose the
// type by its name, Enter goes to the number to be typed freely, Escape back. Without this file it is a plain form.

const grid = document.getElementById("pages-grid");
const cards = [...grid.querySelectorAll(".card")];
const said = document.getElementById("pages-said");
const PATIENCE = 1200;
let typed = "";
let typedAt = 0;

const label = (card) => card.querySelector("input");
const type = (card) => card.querySelector("select");

function mark(card) {
  const other = [...card.querySelectorAll("select")].some((each) => [...each.options].some((one) => one.selected !== one.defaultSelected && one.selected));
  card.classList.toggle("changed", other || label(card).value !== label(card).dataset.before);
}

function go(card) {
  for (const each of cards) each.tabIndex = each === card ? 0 : -1;
  card.focus();
  card.scrollIntoView({ block: "nearest" });
}

function columns() {
  const top = cards[0].getBoundingClientRect().top;
  const first = cards.findIndex((each) => each.getBoundingClientRect().top > top + 1);
  return first < 1 ? cards.length : first;
}

function number(from, digits) {
  let next = parseInt(digits, 10);
  for (const card of cards.slice(from)) {
    const old = label(card).value;
    label(card).value = /^\[.*\]$/.test(old) ? `[${next}]` : String(next);
    next += 1;
    mark(card);
  }
  said.textContent = `${digits} – ${next - 1}`;
}

function choose(card, letter) {
  const options = [...type(card).options];
  const fits = (option) => option.text.trim().toLowerCase().startsWith(letter);
  const now = type(card).selectedIndex;
  const found = options.findIndex((option, at) => at > now && fits(option));
  const chosen = found >= 0 ? found : options.findIndex(fits);
  if (chosen < 0) return;
  type(card).selectedIndex = chosen;
  mark(card);
  said.textContent = options[chosen].text;
}

function press(event, card, at) {
  const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns(), Home: -at, End: cards.length - 1 - at };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in moves) {
    const to = cards[at + moves[event.key]];
    if (to) go(to);
  } else if (event.key === "Enter") {
    label(card).focus();
    label(card).select();
  } else if (/^[0-9]$/.test(event.key)) {
    const now = Date.now();
    typed = now - typedAt < PATIENCE ? typed + event.key : event.key;
    typedAt = now;
    number(at, typed.slice(-5));
  } else if (event.key.length === 1 && /\p{L}/u.test(event.key)) {
    choose(card, event.key.toLowerCase());
  } else {
    return;
  }
  event.preventDefault();
}

cards.forEach((card, at) => {
  card.tabIndex = at ? -1 : 0;
  mark(card);
  card.addEventListener("input", () => mark(card));
  card.addEventListener("keydown", (event) => {
    if (event.target === card) press(event, card, at);
    else if (event.key === "Escape") go(card);
  });
});
document.getElementById("keys").hidden = false;
