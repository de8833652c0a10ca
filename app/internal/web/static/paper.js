// The button that prints; without scripts the browser's own menu does.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
for (const choice of document.querySelectorAll(".bar input:not([name=numbers])")) choice.addEventListener("change", () => choice.form.requestSubmit());
