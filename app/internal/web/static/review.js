// The gallery from the keyboard: A accepts, R opens the reasons, J and K (or the arrows) go
// to the next card and back, the space bar selects. Without scripts every button works as
// a plain form.

let at = 0;
const gallery = () => document.querySelector("[data-gallery]");
const cards = () => [...document.querySelectorAll("[data-card]")];

function go(i, scroll = true) {
  const all = cards();
  if (!all.length) return;
  at = Math.max(0, Math.min(i, all.length - 1));
  for (const card of all) card.classList.toggle("current", card === all[at]);
  all[at].focus({ preventScroll: true });
  if (scroll) all[at].scrollIntoView({ block: "nearest" });
}

function count() {
  const picked = document.querySelectorAll("[data-card] [name=pick]:checked").length;
  const words = document.querySelector("[data-picked]");
  if (words) words.textContent = picked ? ` ${picked} 条` : "";
  const all = document.querySelector("[data-pick-all]");
  if (all) { all.hidden = false; all.textContent = picked === cards().length && picked ? "全不选" : "全选本页"; }
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  const card = cards()[at];
  if (!card) return;
  const onControl = event.target.closest("button, a, summary, input");
  switch (event.key.toLowerCase()) {
    case "j": case "arrowdown": go(at + 1); break;
    case "k": case "arrowup": go(at - 1); break;
    case "a": card.querySelector("[name=accept]").click(); break;
    case "r": {
      const details = card.querySelector(".rcard-acts details");
      details.open = true;
      details.querySelector("select").focus();
      break;
    }
    case " ": {
      if (onControl) return;
      const pick = card.querySelector("[name=pick]");
      pick.checked = !pick.checked;
      count();
      break;
    }
    default: return;
  }
  event.preventDefault();
});

document.addEventListener("focusin", event => {
  const i = cards().indexOf(event.target.closest("[data-card]"));
  if (i >= 0 && i !== at) { at = i; for (const [n, card] of cards().entries()) card.classList.toggle("current", n === i); }
});
document.addEventListener("change", event => { if (event.target.name === "pick") count(); });
document.addEventListener("click", event => {
  if (!event.target.closest("[data-pick-all]")) return;
  const boxes = [...document.querySelectorAll("[data-card] [name=pick]")];
  const all = boxes.every(b => b.checked);
  for (const b of boxes) b.checked = !all;
  count();
});
// What didn't go through is told on the same page, whatever its status.
document.addEventListener("htmx:beforeSwap", event => {
  if ([409, 422, 404, 403].includes(event.detail.xhr.status) && event.detail.xhr.responseText.includes("data-gallery")) event.detail.shouldSwap = true;
});
// The card that was judged is gone: the next one has its place.
document.addEventListener("htmx:afterSwap", () => {
  count();
  if (gallery().querySelector(".notice-bad")) gallery().scrollIntoView({ block: "start" });
  else go(at);
});
document.addEventListener("htmx:responseError", () => {
  // A page of another kind (signed out, out of reach): the plain way shows it.
  gallery().removeAttribute("hx-post");
});

count();
go(0, false);
