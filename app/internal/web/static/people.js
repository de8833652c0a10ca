// Invitations and tokens: print the slips, copy a text with one click.

for (const b of document.querySelectorAll("[data-print]")) {
  b.hidden = false;
  b.addEventListener("click", () => print());
}

for (const field of document.querySelectorAll("[data-copy]")) {
  const b = document.createElement("button");
  b.type = "button";
  b.className = "btn btn-sm";
  b.textContent = "复制";
  b.addEventListener("click", async () => {
    field.select();
    try {
      // The clipboard needs https or localhost; an office server often has neither.
      if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
      else document.execCommand("copy");
      b.textContent = "已复制";
    } catch {
      b.textContent = "请按 Ctrl+C 复制";
    }
  });
  field.after(b);
}
