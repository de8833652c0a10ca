// Tells a file that is too large or of another kind before it is sent: a slow line
// should not be kept busy for a refusal.

for (const form of document.querySelectorAll("form[data-upload]")) {
  const file = form.elements.namedItem("file"), note = form.querySelector("[data-upload-note]");
  const limit = Number(form.dataset.limit);
  const why = () => {
    const one = file.files[0];
    if (!one) return "";
    if (one.size === 0) return "这个文件是空的，请打开看看里面有没有内容。";
    if (one.size > limit << 20) return `这个文件有${(one.size / (1 << 20)).toFixed(1)}MB，超过${limit}MB。请拆成几个文件，或删去里面的图片。`;
    if (/\.xls$/i.test(one.name)) return "这是旧格式（.xls）。请在Excel里“另存为”.xlsx，再上传。";
    if (!/\.(xlsx|xlsm|csv)$/i.test(one.name)) return "只能上传Excel（.xlsx）或CSV文件。";
    return "";
  };
  const show = () => { note.textContent = why(); note.hidden = !note.textContent; };
  file.addEventListener("change", show);
  form.addEventListener("submit", event => {
    show();
    if (!note.hidden) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, { capture: true });
}
