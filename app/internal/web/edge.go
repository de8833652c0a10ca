package web

import (
	"errors"
	"strconv"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	// headTime is how long a sender may take for the head of a request, from its first byte on:
	// a head is one packet, and who sends it byte by byte wants the connection and no page.
	headTime = 20 * time.Second
	// formTime is how long it may take for a body that fits into formLimit.
	formTime = time.Minute
)

// mostConnections bounds the memory of those that are open: about 20 KB each, and 60 while one
// is asked for something.
const mostConnections = 20_000

// connections is how many may be open at once. Each is a descriptor, and so is each file that
// the engine reads and writes: a flood of connections must not take theirs.
func connections() int {
	var most syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most); err != nil {
		return mostConnections
	}
	return int(min(mostConnections, max(most.Cur/2, 256)))
}

// unread answers what could not be read as a request, so that no route and no middleware has
// seen it. The bytes are nobody's and stand in no log; they are counted.
func (s *Server) unread(c *fiber.Ctx, err error) error {
	status, words := fiber.StatusBadRequest, "请求没有传完，或者读不出来。可能网络不稳，请再试一次，不会重复计数。"
	var own *fiber.Error
	if errors.As(err, &own) {
		switch own.Code {
		case fiber.StatusRequestHeaderFieldsTooLarge:
			status, words = own.Code, "网址或浏览器信息太长。请清除本网站的浏览数据，再重新登录。"
		case fiber.StatusRequestTimeout:
			status, words = own.Code, "请求没有传完，等得太久。可能网络不稳，请再试一次，不会重复计数。"
		}
	}
	s.metrics.unread.WithLabelValues(strconv.Itoa(status)).Inc()
	secureHeaders(c)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Context().SetConnectionClose()
	c.Type("txt", "utf-8")
	return c.Status(status).SendString(words + "编号 " + refer(c) + "\n")
}
