package web

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/problem"
)

// Every form that a signed-in browser sends carries a token of its session; our scripts
// send it as a header, from the page's meta tag. It is the second lock beside sameOrigin,
// for browsers that say nothing of where a request comes from.
//
// The token is made of the session's own token, which only this browser and the server
// know: nothing has to be kept, and a new sign-in has another one. It is masked anew on
// every page, since pages are compressed and could else be made to tell it byte by byte.

const (
	formToken       = "csrf"
	formTokenHeader = "X-CSRF-Token"
	formTokenSize   = 16

	localStream = "stream"
	localToken  = "token"
)

// formSecret is the token of a session, before it is masked.
func formSecret(session string) []byte {
	mac := hmac.New(sha256.New, []byte(session))
	mac.Write([]byte("form"))
	return mac.Sum(nil)[:formTokenSize]
}

// newFormToken gives the token of a session as it stands on a page; none without one.
func newFormToken(session string) string {
	if session == "" {
		return ""
	}
	masked := make([]byte, 2*formTokenSize)
	rand.Read(masked[:formTokenSize])
	subtle.XORBytes(masked[formTokenSize:], masked[:formTokenSize], formSecret(session))
	return base64.RawURLEncoding.EncodeToString(masked)
}

func isFormToken(session, token string) bool {
	masked, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(masked) != 2*formTokenSize {
		return false
	}
	plain := make([]byte, formTokenSize)
	subtle.XORBytes(plain, masked[:formTokenSize], masked[formTokenSize:])
	return hmac.Equal(plain, formSecret(session))
}

// csrf is the field that every form with method post begins with: {{csrf $p}}.
func csrf(p *page) template.HTML {
	return template.HTML(`<input type="hidden" name="` + formToken + `" value="` + template.HTMLEscapeString(p.FormToken) + `">`)
}

// changes tells a method that may change something.
func changes(method string) bool {
	return method != fiber.MethodGet && method != fiber.MethodHead && method != fiber.MethodOptions
}

// checkForm refuses a write of a signed-in browser without the token of its session. The
// sign-in itself is free: whoever shows a password proves more than a token does.
func checkForm(c *fiber.Ctx, v *visit) error {
	if v.session == "" || !changes(c.Method()) || c.Path() == "/login" {
		return nil
	}
	if isFormToken(v.session, sentFormToken(c)) {
		return nil
	}
	return &problem.Problem{Kind: problem.KindNotAllowed, Title: "这一页打开得太久，刚才的内容没有提交",
		Detail: "可能您在别处重新登录过。请点“返回上一页”，填的内容还在；刷新那一页（有“接着填”时请点它），再提交一次。"}
}

// sentFormToken finds the token where a form or a script puts it.
func sentFormToken(c *fiber.Ctx) string {
	if token := c.Get(formTokenHeader); token != "" {
		return token
	}
	if token, ok := c.Locals(localToken).(string); ok {
		return token
	}
	if isMultipart(c) {
		return ""
	}
	fields, err := url.ParseQuery(string(c.Body()))
	if err != nil {
		return ""
	}
	return fields.Get(formToken)
}

// peekSize is how much of an upload is looked at: the first field with its head.
const peekSize = 1 << 10

// peeked looks for the token in the first field of an upload, before any of it is kept,
// and gives the whole stream. With the header there is nothing to look for.
func peeked(c *fiber.Ctx, stream io.Reader) io.Reader {
	if c.Get(formTokenHeader) != "" || bearer(c) != "" {
		return stream
	}
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil {
		return stream
	}
	whole := bufio.NewReaderSize(stream, peekSize)
	start, _ := whole.Peek(peekSize) // a short body gives what there is
	part, err := multipart.NewReader(bytes.NewReader(start), params["boundary"]).NextPart()
	if err != nil || part.FormName() != formToken || part.FileName() != "" {
		return whole
	}
	token, err := io.ReadAll(io.LimitReader(part, 4*formTokenSize))
	if err == nil {
		c.Locals(localToken, string(token))
	}
	return whole
}
