package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
)

// eager is how much of an answer is read before the response is given out.
// Up to here an error has a status of its own, and the connection is free
// before the caller reads the first row, so that a caller may ask again while
// reading. Pages and figures are kilobytes; only exports go beyond.
const eager = 4 << 20

// transport is the engine as the driver's http.RoundTripper.
type transport struct{ e *Engine }

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.e.begin(); err != nil {
		closeBody(req)
		return nil, err
	}
	type answer struct {
		res *http.Response
		err error
	}
	done := make(chan answer, 1)
	go func() {
		defer t.e.running.Done()
		defer closeBody(req)
		res, err := t.e.serve(req)
		done <- answer{res, err}
	}()
	select {
	case a := <-done:
		return a.res, a.err
	case <-req.Context().Done():
		// The statement is being killed and gives its connection back itself.
		// An answer that comes after all has nobody to close it.
		go func() {
			if a := <-done; a.res != nil {
				a.res.Body.Close()
			}
		}()
		return nil, req.Context().Err()
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// serve answers one request. A panic becomes an error of this request alone.
func (e *Engine) serve(req *http.Request) (res *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("embedded engine panicked", "panic", p, "stack", string(debug.Stack()))
			res, err = nil, fmt.Errorf("embedded engine: %v", p)
		}
	}()
	s, err := parse(req)
	if err == nil {
		res, err = e.run(req, s)
	}
	var failure *exception
	if errors.As(err, &failure) {
		return refusal(req, failure), nil
	}
	return res, err
}

func (e *Engine) run(req *http.Request, s *statement) (*http.Response, error) {
	if isHello(s.sql) {
		body, err := hello(e.Version(), s.revision)
		return success(req, body), err
	}
	if known, _ := e.tables.of(s.describes()); known != nil {
		return success(req, known), nil
	}
	from := e.connections(req.Context(), s)
	c, err := from.acquire(req.Context())
	if err != nil {
		return nil, err
	}
	l := e.lease(req.Context(), from, c)
	defer l.end()
	res, err := e.execute(req, s, l)
	// After an error the session may hold settings half applied, and the engine
	// keeps the tables of a failed statement in use until the next one on the
	// same connection: a DROP … SYNC elsewhere waited for ever. A new
	// connection takes 2 ms.
	c.spoilt = c.spoilt || err != nil || s.changesSession()
	return res, err
}

func (e *Engine) execute(req *http.Request, s *statement, l *lease) (*http.Response, error) {
	c := l.c
	if err := c.prepare(s.database, c.base(s.settings)); err != nil {
		return nil, err
	}
	if s.body != nil {
		if err := c.insert(req.Context(), s.sql, s.format, s.body); err != nil {
			return nil, err
		}
		return success(req, nil), nil
	}
	if key := s.describes(); key != "" {
		return e.describe(req, s, c, key)
	}
	readOnly, statements := c.class(s.sql)
	if statements > 1 {
		return nil, newException("Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed) (SYNTAX_ERROR)")
	}
	if !readOnly {
		e.tables.forget()
		defer e.tables.forget() // also what was asked while it ran
		return e.whole(req, s, c)
	}
	return e.read(req, s, c, l)
}

// whole runs a statement whose answer is small or none.
func (e *Engine) whole(req *http.Request, s *statement, c *connection) (*http.Response, error) {
	body, err := c.query(s.sql, s.format)
	if err != nil {
		return nil, err
	}
	return success(req, body), nil
}

// describe remembers the columns of a table.
func (e *Engine) describe(req *http.Request, s *statement, c *connection, key string) (*http.Response, error) {
	_, changes := e.tables.of(key)
	body, err := c.query(s.sql, s.format)
	if err != nil {
		return nil, err
	}
	e.tables.keep(key, body, changes)
	return success(req, body), nil
}

// unstreamable is true for DESCRIBE, SHOW, EXPLAIN and their kind: the engine
// streams only SELECT, and says so before it runs anything.
func unstreamable(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Streaming query is not supported")
}

// read streams a read. What is larger than eager keeps the connection until
// its body is read or closed.
func (e *Engine) read(req *http.Request, s *statement, c *connection, l *lease) (*http.Response, error) {
	rows, err := c.read(s.sql, s.format)
	if unstreamable(err) {
		return e.whole(req, s, c)
	}
	if err != nil {
		return nil, err
	}
	var head bytes.Buffer
	for head.Len() < eager {
		piece, err := rows.next()
		if err == io.EOF {
			rows.close()
			if head.Len() == 0 && s.format == nativeFormat {
				head.Write(c.header(s.sql))
			}
			return success(req, head.Bytes()), nil
		}
		if err != nil {
			rows.close()
			return nil, err
		}
		head.Write(piece)
	}
	e.running.Add(1)
	rest := &body{rows: rows, lease: l, piece: head.Bytes(), end: e.running.Done}
	l.handOver(rest)
	res := success(req, nil)
	res.ContentLength = -1
	res.Body = rest
	return res, nil
}
