package opendata

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/compress"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
)

// answer takes one statement from the question to the last byte, and writes its line.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	began := s.config.Clock()
	actor, f := s.caller(r)
	if f != nil {
		if f.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="ClickHouse server HTTP API"`)
		}
		s.refuse(w, f)
		return
	}
	a, f := s.read(w, r)
	var body []byte
	if f == nil {
		a.Campaign = actor.Campaign
		body, f = s.ask(r.Context(), a)
	}
	if held := int64(len(body)); f == nil {
		if s.held.TryAcquire(held) {
			defer s.held.Release(held)
		} else {
			body, f = nil, busy("Too many large answers are still being sent")
		}
	}
	code := "0"
	if f != nil {
		code = f.code
	}
	s.log(r, actor, a, code, len(body), s.config.Clock().Sub(began))
	if a != nil {
		w.Header().Set("X-ClickHouse-Query-Id", a.id)
	}
	if f != nil {
		s.refuse(w, f)
		return
	}
	s.send(w, a, body, s.config.Clock().Sub(began))
}

// ask waits for a turn and puts the question.
func (s *Server) ask(ctx context.Context, a *asked) ([]byte, *fault) {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	default:
		return nil, busy("Too many simultaneous queries")
	}
	ctx, cancel := context.WithTimeout(ctx, waitTime+clickhouse.QuestionTime)
	defer cancel()
	body, err := s.db.Ask(ctx, a.Question)
	if err == nil {
		return body, nil
	}
	if code, text, ok := clickhouse.Exception(err); ok {
		return nil, &fault{status: statusOf(code), code: code, text: text}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, &fault{status: http.StatusRequestTimeout, code: "159", text: "Code: 159. DB::Exception: Timeout exceeded. (TIMEOUT_EXCEEDED)"}
	}
	if ctx.Err() == nil {
		s.config.Logger.Error("open data: ask", "reference", a.id, "error", err.Error())
	}
	return nil, internal()
}

func busy(why string) *fault {
	return &fault{status: http.StatusServiceUnavailable, code: "202", text: "Code: 202. DB::Exception: " + why + ", ask again in a moment. (TOO_MANY_SIMULTANEOUS_QUERIES)"}
}

// statusOf is the status under which a server sends an exception.
func statusOf(code string) int {
	switch code {
	case "62", "6", "27", "36", "38", "41", "43", "53", "70", "72": // what is written can't be read
		return http.StatusBadRequest
	case "16", "46", "47", "50", "60", "81", "115": // names nothing
		return http.StatusNotFound
	case "159":
		return http.StatusRequestTimeout
	case "48":
		return http.StatusNotImplemented
	case "202":
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// types are what a server calls its formats by.
func typeOf(format string) string {
	switch lower := strings.ToLower(format); {
	case strings.HasPrefix(lower, "jsoneachrow"), strings.HasPrefix(lower, "jsoncompacteachrow"), strings.HasPrefix(lower, "jsoncompactstringseachrow"), strings.HasPrefix(lower, "jsonstringseachrow"), lower == "ndjson", lower == "jsonlines":
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(lower, "json"):
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(lower, "tabseparated"), strings.HasPrefix(lower, "tsv"):
		return "text/tab-separated-values; charset=UTF-8"
	case strings.HasPrefix(lower, "csv"):
		return "text/csv; charset=UTF-8"
	case strings.HasPrefix(lower, "rowbinary"), lower == "native", lower == "parquet", strings.HasPrefix(lower, "arrow"), lower == "orc", lower == "avro":
		return "application/octet-stream"
	}
	return "text/plain; charset=UTF-8"
}

// send writes an answer, packed as it was asked for and while it is written: a second copy of
// each would double what is held. A caller who has left is no fault of ours.
func (s *Server) send(w http.ResponseWriter, a *asked, body []byte, took time.Duration) {
	h := w.Header()
	h.Set("Content-Type", typeOf(a.format))
	h.Set("X-ClickHouse-Format", a.format)
	h.Set("X-ClickHouse-Summary", fmt.Sprintf(`{"result_bytes":"%d","elapsed_ns":"%d"}`, len(body), took.Nanoseconds()))
	switch {
	case a.silence:
	case a.gzip:
		h.Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		if _, err := z.Write(body); err == nil {
			_ = z.Close()
		}
	case a.blocks:
		if err := writeBlocks(w, body); err != nil {
			panic(http.ErrAbortHandler) // the status is out: what is cut off must not look whole
		}
	default:
		h.Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
}

// blockBytes is how much a compressed block holds, as a server fills them.
const blockBytes = 1 << 20

// writeBlocks packs an answer as drivers ask by compress=1.
func writeBlocks(w io.Writer, body []byte) error {
	writer := compress.NewWriter(compress.LevelZero, compress.LZ4)
	for len(body) > 0 {
		n := min(blockBytes, len(body))
		if err := writer.Compress(body[:n]); err != nil {
			return err
		}
		if _, err := w.Write(writer.Data); err != nil {
			return err
		}
		body = body[n:]
	}
	return nil
}

// refuse sends an exception.
func (s *Server) refuse(w http.ResponseWriter, f *fault) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", f.code)
	if f.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "2")
	}
	w.WriteHeader(f.status)
	fmt.Fprintf(w, "%s (version %s)\n", f.text, s.version)
}

// longestLogged is how much of a statement stands in the log.
const longestLogged = 2000

// log writes the line of a statement: what it says, since that is what an operator is asked
// for. It holds no answer.
func (s *Server) log(r *http.Request, actor audit.Actor, a *asked, code string, size int, took time.Duration) {
	var id, sql string
	if a != nil {
		id, sql = a.id, audit.Masked(shortened(strings.Join(strings.Fields(strings.ToValidUTF8(a.SQL, "\ufffd")), " "), longestLogged))
	}
	s.config.Logger.Info("open data", "reference", id, "token", actor.ID, "name", actor.Name, "campaign", actor.Campaign, "address", actor.Address, "client", shortened(r.UserAgent(), 100),
		"code", code, "bytes", size, "ms", took.Milliseconds(), "sql", sql)
}

// shortened cuts a text to so many characters.
func shortened(text string, most int) string {
	if all := []rune(text); len(all) > most {
		return string(all[:most]) + "…"
	}
	return text
}
