// One point of a spot check: where the phone is, only when its owner asks for it. The form is
// an ordinary one, so that it works without this; forms.js keeps what was typed.

const form = document.querySelector("form[data-point]");
const locate = form?.querySelector("[data-locate]"), note = form?.querySelector("[data-locate-note]");
if (form && "geolocation" in navigator && isSecureContext) locate.hidden = false;
locate?.addEventListener("click", () => {
  note.textContent = "正在定位…";
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    form.elements.namedItem("longitude").value = coords.longitude.toFixed(6);
    form.elements.namedItem("latitude").value = coords.latitude.toFixed(6);
    note.textContent = `已定位，误差约${Math.round(coords.accuracy)}米，随结果一起保存。`;
  }, error => {
    note.textContent = error.code === error.PERMISSION_DENIED ? "浏览器没有允许定位，可以不记。" : "暂时定不了位，可以不记。";
  }, { enableHighAccuracy: true, timeout: 15000 });
});
