package opendata

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
)

// asked is a request as the HTTP interface means it.
type asked struct {
	clickhouse.Question
	id      string // query_id
	gzip    bool   // the answer, as HTTP knows it
	blocks  bool   // the answer, in the engine's own compressed blocks
	format  string // of the answer, also where the text names it
	silence bool   // HEAD
}

// endsInFormat finds the format that a text names, for the headers of the answer.
var endsInFormat = regexp.MustCompile(`(?i)\sFORMAT\s+([A-Za-z]\w*)\s*;?\s*$`)

// idForm is what a caller may call a statement.
var idForm = regexp.MustCompile(`^[\w.:-]{1,100}$`)

// ours are the databases that a caller may stand in, all of which mean the open one: drivers
// stand in default unless they are told.
func (s *Server) ours(name string) bool {
	return name == "" || name == "default" || name == clickhouse.OpenDatabase(s.db.Database())
}

// read takes a request apart.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (*asked, *fault) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, bad("36", "The address can't be read", "BAD_ARGUMENTS")
	}
	a := &asked{id: uuid.NewString(), silence: r.Method == http.MethodHead}
	a.Format = first(values.Get("default_format"), r.Header.Get("X-ClickHouse-Format"), "TabSeparated")
	a.Revision, _ = strconv.Atoi(values.Get("client_protocol_version"))
	if id := values.Get("query_id"); idForm.MatchString(id) {
		a.id = id
	}
	if database := first(values.Get("database"), r.Header.Get("X-ClickHouse-Database")); !s.ours(database) {
		return a, bad("81", fmt.Sprintf("Database %.100s does not exist. The open one is %s", database, clickhouse.OpenDatabase(s.db.Database())), "UNKNOWN_DATABASE")
	}
	var f *fault
	if a.Settings, f = settings(values); f != nil {
		return a, f
	}
	a.blocks = on(values.Get("compress"))
	a.gzip = !a.blocks && on(values.Get("enable_http_compression")) && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	body, err := text(w, r, on(values.Get("decompress")))
	switch {
	case errors.Is(err, errTooLarge):
		return a, &fault{status: http.StatusRequestEntityTooLarge, code: "62", text: "Code: 62. DB::Exception: Max query size exceeded. (SYNTAX_ERROR)"}
	case err != nil:
		return a, bad("36", "The body can't be read", "BAD_ARGUMENTS")
	}
	a.SQL = values.Get("query")
	if a.SQL != "" && body != "" {
		a.SQL += "\n"
	}
	a.SQL += body
	a.format = a.Format
	if named := endsInFormat.FindStringSubmatch(a.SQL); named != nil {
		a.format = named[1]
	}
	return a, nil
}

// text reads the body, whichever way it is packed. The limit holds for what comes out too.
func text(w http.ResponseWriter, r *http.Request, blocks bool) (string, error) {
	var body io.Reader = http.MaxBytesReader(w, r.Body, bodyBytes)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return "", err
		}
		body = unpacked
	default:
		return "", fmt.Errorf("content encoding %q", encoding)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return "", errors.New("multipart body")
	}
	all, err := whole(body)
	if err != nil || !blocks {
		return string(all), err
	}
	if err := sizesOf(all); err != nil {
		return "", err
	}
	all, err = whole(compress.NewReader(bytes.NewReader(all)))
	if err != nil && !errors.Is(err, io.EOF) { // its reader wraps the end between two blocks
		return "", err
	}
	return string(all), nil
}

// whole reads what may be bodyBytes at most.
func whole(body io.Reader) ([]byte, error) {
	all, err := io.ReadAll(io.LimitReader(body, bodyBytes+1))
	var over *http.MaxBytesError
	if len(all) > bodyBytes || errors.As(err, &over) {
		return nil, errTooLarge
	}
	return all, err
}

// A compressed block: checksum, method, and two sizes, of which the first counts its own nine
// bytes and what follows, and the second what comes out.
const (
	blockSum  = 16
	blockHead = blockSum + 9
)

// sizesOf looks at the heads of blocks. Their reader takes room for what a head says, up to
// 128 MB twice, before it looks at anything else.
func sizesOf(packed []byte) error {
	out := uint64(0)
	for len(packed) > 0 {
		if len(packed) < blockHead {
			return errors.New("a block is cut off")
		}
		in := uint64(binary.LittleEndian.Uint32(packed[blockSum+1:]))
		out += uint64(binary.LittleEndian.Uint32(packed[blockSum+5:]))
		switch {
		case in < blockHead-blockSum, in > uint64(len(packed)-blockSum):
			return errors.New("a block is cut off")
		case out > bodyBytes:
			return errTooLarge
		}
		packed = packed[blockSum+in:]
	}
	return nil
}

func bad(code, why, name string) *fault {
	status := http.StatusBadRequest
	if code == "81" || code == "115" {
		status = http.StatusNotFound
	}
	return &fault{status: status, code: code, text: fmt.Sprintf("Code: %s. DB::Exception: %s. (%s)", code, why, name)}
}

func first(list ...string) string {
	for _, one := range list {
		if one != "" {
			return one
		}
	}
	return ""
}

func on(value string) bool { return value == "1" || value == "true" }
