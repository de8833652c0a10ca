// Buttons that copy the text of a field: data-copy names the field.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  const words = button.textContent;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    let copied = false;
    try { await navigator.clipboard.writeText(field.value); copied = true; } catch {
      copied = document.execCommand("copy"); // a page without https has no clipboard
    }
    button.textContent = copied ? "已复制，可以粘贴了" : "请按住文字自行复制";
    setTimeout(() => { button.textContent = words; }, 3000);
  });
}
