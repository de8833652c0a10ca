// A package may have gigabytes: what can't be taken is told before it is sent, and how far
// the upload has come while it is. The answer is the page itself.

function bind() {
  const form = document.querySelector("form[data-verify]");
  if (!form) return;
  const file = form.elements.namedItem("file"), button = form.querySelector("button[type=submit]"), cancel = form.querySelector("[data-verify-cancel]");
  const note = form.querySelector("[data-verify-note]"), progress = form.querySelector("[data-verify-progress]");
  const bar = progress.querySelector("progress"), words = progress.querySelector("p");
  const tell = text => { note.textContent = text; note.hidden = !text; };
  const size = n => n < 1 << 20 ? `${Math.ceil(n / 1024)}KB` : n < 1 << 30 ? `${(n / (1 << 20)).toFixed(1)}MB` : `${(n / (1 << 30)).toFixed(2)}GB`;

  const why = () => {
    const one = file.files[0];
    if (!one) return "";
    if (one.size === 0) return "这个文件是空的，请确认已经完整下载或复制。";
    if (one.size > Number(form.dataset.limit)) return `这个文件有${size(one.size)}，超过上限。请在装有水宣的电脑上用命令 shuixuan verify 核验。`;
    if (!/\.zip$/i.test(one.name)) return "请选择 .zip 文件：卷宗是一个压缩包，不要解开再选。";
    return "";
  };
  file.addEventListener("change", () => tell(why()));

  form.addEventListener("submit", event => {
    event.preventDefault();
    tell(why());
    if (!note.hidden) return;
    const request = new XMLHttpRequest();
    const busy = on => { button.disabled = on; cancel.hidden = !on; progress.hidden = !on; };
    const failed = text => { busy(false); tell(text); };
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = total ? 100 * loaded / total : 0;
      words.textContent = loaded < total ? `正在上传 ${Math.floor(100 * loaded / total)}%（${size(loaded)} / ${size(total)}）` : "已传完，正在逐个文件核对……";
    });
    request.upload.addEventListener("load", () => { bar.removeAttribute("value"); words.textContent = "已传完，正在逐个文件核对……"; });
    request.addEventListener("load", () => show(request.responseText) || failed("没有得到核验结果，请刷新页面再试一次。"));
    request.addEventListener("error", () => failed("没有传完：网络中断了，或者系统没有收下。请过一会儿再试；文件很大的，请用命令 shuixuan verify 核验。"));
    request.addEventListener("abort", () => failed("已取消，上传的部分已经清除。"));
    cancel.onclick = () => request.abort();
    words.textContent = "正在上传……";
    bar.value = 0;
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    const token = document.querySelector("meta[name=csrf]"); // who is signed in has one
    if (token) request.setRequestHeader("X-CSRF-Token", token.content);
    request.send(new FormData(form));
    busy(true);
  }, { capture: true }); // before forms.js, which leaves alone what was prevented
}

// show puts the page that was answered in place of this one.
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html"), main = page.querySelector("main");
  if (!main) return false;
  document.title = page.title;
  document.querySelector("main").replaceWith(document.adoptNode(main));
  scrollTo(0, 0);
  document.querySelector("#verdict, #problem")?.focus();
  bind();
  return true;
}

bind();
