package doctor

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Browser looks for the Chromium that makes PDFs; path is empty where there is none.
func Browser(path string) Finding {
	if path == "" {
		return Found("Chromium", Watch, "没有，不能直接下载 PDF；打印页可以用浏览器自己的打印", "需要 PDF 时请安装，例如 apt-get install chromium")
	}
	return Found("Chromium", Good, path, "")
}

// typeface is a face that our documents ask for, and what the files that hold it are called.
type typeface struct {
	name  string
	files []string
}

var (
	anyChinese = typeface{"中文字体", []string{"notosanscjk", "notoserifcjk", "sourcehan", "wqy", "uming", "ukai", "simsun", "simhei", "msyh", "droidsansfallback", "simfang", "simkai"}}
	official   = []typeface{{"仿宋", []string{"simfang", "fangsong", "stfangso"}}, {"楷体", []string{"simkai", "kaiti", "stkaiti"}}, {"小标宋", []string{"fzxbs", "xiaobiaosong", "fzxbsjw"}}}
)

// FontFolders are where a system keeps its fonts.
func FontFolders() []string {
	home, _ := os.UserHomeDir()
	return []string{"/usr/share/fonts", "/usr/local/share/fonts", filepath.Join(home, ".fonts"), filepath.Join(home, ".local/share/fonts")}
}

// Fonts looks for Chinese fonts by the names of their files: to print needs one, and official
// letters ask for three.
func Fonts(folders []string) Finding {
	const what = "字体"
	var names strings.Builder
	for _, folder := range folders {
		filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				names.WriteString(strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(entry.Name())) + "\n")
			}
			return nil
		})
	}
	has := func(face typeface) bool {
		for _, file := range face.files {
			if strings.Contains(names.String(), file) {
				return true
			}
		}
		return strings.Contains(names.String(), face.name)
	}
	var missing []string
	for _, face := range official {
		if !has(face) {
			missing = append(missing, face.name)
		}
	}
	switch {
	case len(missing) == len(official) && !has(anyChinese):
		return Found(what, Watch, "没有中文字体，PDF 里的中文会是方框", "请安装，例如 apt-get install fonts-noto-cjk fonts-arphic-ukai")
	case len(missing) > 0:
		return Found(what, Good, "有中文字体；公文用的"+strings.Join(missing, "、")+"没有，PDF 里用相近的字体代替（Word 文件不受影响）", "")
	}
	return Found(what, Good, "中文字体和公文用的仿宋、楷体、小标宋都有", "")
}

// Synced tells whether the system keeps its clock by another one, as the kernel knows it.
func Synced() bool {
	const unsynced = 0x40
	var t syscall.Timex
	state, err := syscall.Adjtimex(&t)
	return err == nil && state != 5 && t.Status&unsynced == 0
}
