package embedded

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

func success(req *http.Request, body []byte) *http.Response {
	return response(req, http.StatusOK, body)
}

// refusal is an exception as a server sends one before it has sent any rows.
func refusal(req *http.Request, e *exception) *http.Response {
	res := response(req, http.StatusInternalServerError, []byte(e.text+"\n"))
	res.Header.Set("X-ClickHouse-Exception-Code", e.code)
	res.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	return res
}

func response(req *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/octet-stream"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}

// body is the rest of an answer too large to be held. An error in the middle
// is appended in the frame that servers use for it.
type body struct {
	mu    sync.Mutex
	rows  *cursor
	lease *lease
	piece []byte
	over  bool
	once  sync.Once
	end   func()
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.piece) == 0 {
		if b.over {
			return 0, io.EOF
		}
		piece, err := b.rows.next()
		if err != nil {
			b.lease.c.spoilt = err != io.EOF
			b.finish()
			if err == io.EOF {
				return 0, io.EOF
			}
			piece = frame(err)
		}
		b.piece = piece
	}
	n := copy(p, b.piece)
	b.piece = b.piece[n:]
	return n, nil
}

func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.piece = nil
	if !b.over {
		b.lease.c.spoilt = true // read half-way
	}
	b.finish()
	return nil
}

// finish gives the connection back, once.
func (b *body) finish() {
	b.once.Do(func() {
		b.over = true
		b.rows.close()
		b.lease.release()
		b.end()
	})
}

// tag stands where a server puts random letters. The driver recognises the
// marker by the line break after it.
const tag = "shuixuanembedded"

func frame(err error) []byte {
	text := err.Error()
	return fmt.Appendf(nil, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", tag, text, len(text)+1, tag)
}
