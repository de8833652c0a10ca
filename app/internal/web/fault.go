package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/problem"
)

// statuses is the one place where a kind of problem becomes a status.
var statuses = map[problem.Kind]int{
	problem.KindInvalid:         fiber.StatusUnprocessableEntity,
	problem.KindUnauthenticated: fiber.StatusUnauthorized,
	problem.KindNotAllowed:      fiber.StatusForbidden,
	problem.KindNotFound:        fiber.StatusNotFound,
	problem.KindConflict:        fiber.StatusConflict,
	problem.KindTooLarge:        fiber.StatusRequestEntityTooLarge,
	problem.KindTooMany:         fiber.StatusTooManyRequests,
	problem.KindUnavailable:     fiber.StatusServiceUnavailable,
}

// fault is the one place where an error becomes an answer: a page for people,
// problem+json for programs and our own scripts. What isn't a Problem is a reference
// number for the person and a full line for the operator.
func (s *Server) fault(c *fiber.Ctx, err error) error {
	var change *mustChange
	if errors.As(err, &change) && !wantsJSON(c) {
		return c.Redirect("/me?done=first", fiber.StatusSeeOther)
	}
	if reference(c) == "" {
		return s.unread(c, err)
	}
	p := s.problemOf(c, err)
	status := statuses[p.Kind]
	if status == 0 {
		status = fiber.StatusInternalServerError
		s.log.Error("request failed", "reference", reference(c), "method", c.Method(), "path", loggedPath(c), "error", audit.Masked(err.Error()))
	} else if p.Cause != nil {
		s.log.Warn("request refused", "reference", reference(c), "method", c.Method(), "path", loggedPath(c), "kind", string(p.Kind), "error", audit.Masked(p.Title+": "+p.Cause.Error())) // no faults: they quote answers
	}
	c.Status(status)
	c.Set(fiber.HeaderCacheControl, "no-store")
	retryAfter(c, p)
	if wantsJSON(c) {
		return s.problemJSON(c, p, status)
	}
	if isPublic(c) {
		return s.publicFault(c, p)
	}
	if p.Kind == problem.KindUnauthenticated && c.Path() != "/login" {
		return c.Redirect("/login?next="+url.QueryEscape(nextOf(c)), fiber.StatusSeeOther)
	}
	v, _ := c.Locals(localVisit).(*visit)
	if v == nil {
		v = &visit{}
	}
	if renderErr := s.render(c, v, "problem", "出错了", problemPage{Problem: p, Status: status, Reference: reference(c)}); renderErr != nil {
		s.log.Error("render problem page", "reference", reference(c), "error", renderErr.Error())
		return c.SendString(p.Title + "。" + p.Detail)
	}
	return nil
}

// retryAfter tells a program when it is worth trying again; a person reads it in words.
func retryAfter(c *fiber.Ctx, p *problem.Problem) {
	if p.Wait > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int((p.Wait+time.Second-1)/time.Second)))
	}
}

type problemPage struct {
	Problem   *problem.Problem
	Status    int
	Reference string
}

// problemOf finds the words for any error.
func (s *Server) problemOf(c *fiber.Ctx, err error) *problem.Problem {
	if p, ok := problem.As(err); ok {
		return p
	}
	var change *mustChange
	if errors.As(err, &change) {
		return &problem.Problem{Kind: problem.KindNotAllowed, Title: "请先修改密码", Detail: "现在的密码是别人设的。请在“我的账号”页换成只有自己知道的密码，再继续。"}
	}
	var full *clickhouse.ErrDiskFull
	if errors.As(err, &full) || errors.Is(err, syscall.ENOSPC) { // of the engine, or of the originals
		return problem.Unavailable("系统的磁盘已满，刚才的内容没有收下", "请告诉系统管理员清理磁盘，然后再提交一次，不会重复计数。已经收下的数据不受影响。").Because(err)
	}
	var own *fiber.Error
	if errors.As(err, &own) {
		switch own.Code {
		case fiber.StatusNotFound:
			return problem.NotFound("这个页面")
		case fiber.StatusMethodNotAllowed:
			return &problem.Problem{Kind: problem.KindNotAllowed, Title: "这个地址不接受这样的操作", Detail: "请从页面上的按钮操作。"}
		case fiber.StatusRequestEntityTooLarge:
			p, _ := problem.As(s.tooLarge())
			return p
		}
	}
	return &problem.Problem{
		Title:  fmt.Sprintf("出错了，编号 %s", reference(c)),
		Detail: "这不是您操作的问题，刚才的内容没有收下。请稍后再试；还不行时，请把这个编号告诉系统管理员。",
		Cause:  err,
	}
}

// wantsJSON tells programs and our own scripts from people.
func wantsJSON(c *fiber.Ctx) bool {
	return strings.HasPrefix(c.Path(), "/api/") || strings.Contains(c.Get(fiber.HeaderAccept), "application/json")
}

// problemJSON answers as RFC 9457 asks for.
func (s *Server) problemJSON(c *fiber.Ctx, p *problem.Problem, status int) error {
	kind := string(p.Kind)
	if kind == "" {
		kind = "internal"
	}
	faults := p.Faults
	if faults == nil {
		faults = []problem.Fault{}
	}
	body, err := json.Marshal(map[string]any{
		"type": "urn:shuixuan:problem:" + kind, "title": p.Title, "status": status, "detail": p.Detail,
		"reference": reference(c), "faults": faults,
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json; charset=utf-8")
	return c.Send(body)
}

// nextOf is where one wanted to go: the page itself, or for a form the page it was on.
func nextOf(c *fiber.Ctx) string {
	if c.Method() == fiber.MethodGet {
		return c.OriginalURL()
	}
	if back, err := url.Parse(c.Get(fiber.HeaderReferer)); err == nil && back.Host == c.Get(fiber.HeaderHost) {
		return back.RequestURI()
	}
	return "/"
}

// ownAddress lets a redirect lead nowhere but into this site.
func ownAddress(next string) string {
	parsed, err := url.Parse(next)
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
