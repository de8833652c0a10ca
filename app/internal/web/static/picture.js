// Saves a picture that the server has made as an SVG as a PNG, for those whose word
// processor takes no SVG.

for (const button of document.querySelectorAll("[data-picture]")) {
  button.hidden = false;
  button.addEventListener("click", () => save(button));
}

async function save(button) {
  const picture = new Image();
  picture.src = button.dataset.picture;
  try {
    await picture.decode();
  } catch {
    button.textContent = "没有取到，请重试";
    return;
  }
  const ratio = 2; // sharp in print
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth * ratio;
  canvas.height = picture.naturalHeight * ratio;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.toBlob(blob => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = button.dataset.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}
