package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/problem"
	"shuixuan/ingest"
)

// drainLimit is how much of a refused body is read and thrown away. A browser shows an
// answer only after it has sent its body: without draining it shows a broken connection
// instead of our sentence. Beyond this the connection is cut.
const drainLimit = 1 << 30

// receive reads the body of an ordinary request into memory, within formLimit. Uploads
// (multipart) stay a stream for upload to read. Whatever a handler left unread is
// drained, since the connection's next request begins behind it.
func (s *Server) receive(c *fiber.Ctx) error {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return c.Next()
	}
	if packed := c.Get(fiber.HeaderContentEncoding); packed != "" && !strings.EqualFold(packed, "identity") {
		// The framework would unpack it where the body is asked for: 200 KB that become 200 MB.
		drain(c, stream)
		return problem.Invalid("提交的内容是压缩过的，没有收下", "请不要压缩请求（不写 Content-Encoding），原样再提交一次。")
	}
	if isMultipart(c) {
		limit, over := s.config.BodyLimit, s.tooLarge
		switch {
		case isPhotoUpload(c):
			limit = photoLimit
		case isVerify(c.Path()):
			limit, over = verifyLimit, packageTooLarge
		}
		if c.Request().Header.ContentLength() > limit+formLimit {
			drain(c, stream)
			return over()
		}
		c.Locals(localStream, peeked(c, stream))
		err := c.Next()
		drain(c, stream)
		return err
	}
	body, err := io.ReadAll(io.LimitReader(stream, formLimit+1))
	if err != nil {
		c.Response().SetConnectionClose()
		return problem.Invalid("提交的内容没有传完", "可能网络中断了，请再提交一次，不会重复计数。").Because(err)
	}
	if len(body) > formLimit {
		drain(c, stream)
		return problem.TooLarge(fmt.Sprintf("提交的内容超过%dMB", formLimit>>20), "请缩短填写的文字；成批的数据请用“批量导入”上传文件。")
	}
	c.Request().SetBody(body)
	return c.Next()
}

func (s *Server) tooLarge() error {
	return problem.TooLarge(fmt.Sprintf("文件超过%dMB，没有收下", s.config.BodyLimit>>20), "请把台账拆成几个文件，或删去其中的图片后再上传。")
}

// bodyStream gives the body of an upload. Its beginning may have been looked at for the
// token of the form, so nobody reads the connection's own stream.
func bodyStream(c *fiber.Ctx) io.Reader {
	if stream, ok := c.Locals(localStream).(io.Reader); ok {
		return stream
	}
	if stream := c.Context().RequestBodyStream(); stream != nil {
		return stream
	}
	return bytes.NewReader(c.Body()) // a small body may have been read already
}

// drain reads what is left of a body. When there is too much of it the connection is
// closed after the answer.
func drain(c *fiber.Ctx, stream io.Reader) {
	n, err := io.Copy(io.Discard, io.LimitReader(stream, drainLimit))
	if err != nil || n == drainLimit {
		c.Response().SetConnectionClose()
	}
}

func isMultipart(c *fiber.Ctx) bool {
	kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	return err == nil && kind == fiber.MIMEMultipartForm
}

// form gives the fields of a posted form; those of the address are not among them.
func form(c *fiber.Ctx) (url.Values, error) {
	values, err := url.ParseQuery(string(c.Body()))
	if err != nil {
		return nil, problem.Invalid("提交的内容读不出来", "请刷新页面后再填写一次。").Because(err)
	}
	return values, nil
}

// upload is a multipart form with one file, which is kept before anything else is done.
type upload struct {
	file   ingest.File
	fields url.Values
	parts  partLimit
}

// partLimit bounds what the fields beside the files of a form take of memory: an upload
// may be long, and one without a length has no end.
type partLimit struct{ count, bytes int }

// field reads a part that is no file; most is of its value alone.
func (l *partLimit) field(part *multipart.Part, most int) (string, error) {
	value, err := io.ReadAll(io.LimitReader(part, int64(most)+1))
	if err != nil {
		return "", problem.Invalid("提交的内容没有传完", "可能网络中断了，请再提交一次，不会重复计数。").Because(err)
	}
	l.count, l.bytes = l.count+1, l.bytes+len(part.FormName())+len(value)
	if len(value) > most || l.count > mostParts || l.bytes > formLimit {
		return "", problem.TooLarge("提交的内容太多，没有收下", "请刷新页面后再提交一次。")
	}
	return string(value), nil
}

// mostParts is more than any form of ours has beside its files: thirty photos with seven
// fields each.
const mostParts = 500

// upload streams the file of a form to the originals and gathers the other fields.
// The file is not held in memory.
func (s *Server) upload(c *fiber.Ctx) (upload, error) {
	u := upload{fields: url.Values{}}
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || params["boundary"] == "" {
		return u, noFile(err)
	}
	stream := bodyStream(c)
	reader := multipart.NewReader(stream, params["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return u, problem.Invalid("文件没有传完", "可能网络中断了，请再上传一次，不会重复计数。").Because(err)
		}
		if err := s.takePart(c, part, &u); err != nil {
			return u, err
		}
	}
	if u.file.SHA256 == "" {
		return u, noFile(nil)
	}
	return u, nil
}

func (s *Server) takePart(c *fiber.Ctx, part *multipart.Part, u *upload) error {
	defer part.Close()
	if part.FileName() == "" {
		value, err := u.parts.field(part, formLimit)
		if err != nil {
			return err
		}
		u.fields.Add(part.FormName(), value)
		return nil
	}
	if part.FormName() != "file" || u.file.SHA256 != "" {
		return nil
	}
	kept, err := s.Ingest.Originals().Keep(c.UserContext(), part.FileName(), part, int64(s.config.BodyLimit))
	if err != nil {
		return err
	}
	if kept.Size == 0 {
		kept.Close()
		return problem.Invalid(fmt.Sprintf("文件“%s”是空的", part.FileName()), "请打开文件看看里面有没有内容，保存后再上传。")
	}
	u.file = kept
	return nil
}

func noFile(cause error) error {
	return problem.Invalid("没有收到文件", "请先选择要上传的文件，再点上传。").Because(cause)
}
