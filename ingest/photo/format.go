package photo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"shuixuan/app/problem"
)

// Format is what a file really is, by its first bytes.
type Format string

// The closed list of formats, as phones send them.
const (
	JPEG Format = "jpeg"
	PNG  Format = "png"
	WebP Format = "webp"
	HEIC Format = "heic"
)

// ContentType is the media type of a format.
func (f Format) ContentType() string { return "image/" + string(f) }

// head is how many bytes tell the format.
const head = 512

// Sniff tells the format of a file, or in words why it is no photo.
//
// A file that begins as a picture and goes on as something else (a ZIP, a page, a PDF
// behind the end of a JPEG) is taken: phones themselves write second pictures and videos
// there. It does no harm since people are shown our own copies, and the original is only
// ever sent as an attachment that a browser may not interpret.
func Sniff(r io.ReaderAt, size int64) (Format, error) {
	begin := make([]byte, min(size, head))
	if n, err := r.ReadAt(begin, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the beginning of a photo: %w", err)
	} else if n == 0 {
		return "", problem.Invalid("照片文件是空的", "请重新选择照片，或重新拍摄。")
	}
	return sniff(begin)
}

func sniff(b []byte) (Format, error) {
	switch {
	case bytes.HasPrefix(b, []byte("\xFF\xD8\xFF")):
		return JPEG, nil
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1A\n")):
		return PNG, nil
	case len(b) >= 16 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return WebP, nil
	case len(b) >= 12 && string(b[4:8]) == "ftyp" && slices.Contains([]string{"heic", "heix", "heim", "heis", "mif1"}, string(b[8:12])) && !bytes.Contains(b, []byte("avif")):
		return HEIC, nil
	}
	return "", problem.Invalid("这不是可以收下的照片："+kindOf(b), "能收下的照片格式是JPEG、PNG、WebP和HEIC。改文件名不能改变格式，请用手机相机拍摄，或用看图软件另存为JPEG后再上传。")
}

// kindOf says in words what a file is instead.
func kindOf(b []byte) string {
	text := strings.ToLower(string(b))
	switch {
	case strings.Contains(text, "<svg"):
		return "它是SVG矢量图"
	case bytes.HasPrefix(b, []byte("%PDF")):
		return "它是PDF文档"
	case bytes.HasPrefix(b, []byte("PK")):
		return "它是压缩包或Office文档"
	case bytes.HasPrefix(b, []byte("GIF8")):
		return "它是GIF动图"
	case bytes.HasPrefix(b, []byte("BM")):
		return "它是BMP位图"
	case bytes.HasPrefix(b, []byte("II*\x00")), bytes.HasPrefix(b, []byte("MM\x00*")):
		return "它是TIFF或相机原始格式"
	case len(b) > 12 && string(b[4:8]) == "ftyp":
		return "它是视频，或AVIF等新格式"
	case strings.HasPrefix(http.DetectContentType(b), "text/"):
		return "它是网页或文字"
	}
	return "认不出它的格式"
}
