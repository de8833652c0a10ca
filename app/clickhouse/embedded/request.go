package embedded

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const nativeFormat = "Native"

// longestText bounds the SQL of one request. Data of an insert is not text and
// not bounded.
const longestText = 64 << 20

// statement is what a request asks for.
type statement struct {
	sql      string
	format   string
	database string
	settings map[string]string
	body     io.Reader // rows of an insert; nil when there are none
	revision int
}

// notSettings are the parameters of the HTTP interface that aren't settings of
// the query, or that mean nothing within one process.
var notSettings = map[string]bool{
	"query": true, "database": true, "default_format": true, "client_protocol_version": true,
	"query_id": true, "quota_key": true, "user": true, "password": true, "role": true,
	"session_id": true, "session_timeout": true, "session_check": true,
	"wait_end_of_query": true, "buffer_size": true, "stacktrace": true,
	"compress": true, "decompress": true, "log_comment": true,
}

// insertFormat is the end of an INSERT whose rows follow in the body.
var insertFormat = regexp.MustCompile(`(?is)^\s*INSERT\s.*\sFORMAT\s+(\w+)\s*;?\s*$`)

// settingName keeps anything but a name out of the SET statement.
var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func parse(req *http.Request) (*statement, error) {
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("parse request: %w", err)
	}
	s := &statement{format: nativeFormat, database: values.Get("database"), settings: map[string]string{}}
	if f := values.Get("default_format"); f != "" {
		s.format = f
	}
	s.revision, _ = strconv.Atoi(values.Get("client_protocol_version"))
	for name := range values {
		switch {
		case name == "compress" || name == "decompress":
			if v := values.Get(name); v != "" && v != "0" {
				return nil, newException("Code: 36. DB::Exception: the embedded engine takes no compressed blocks (BAD_ARGUMENTS)")
			}
		case notSettings[name]:
		case strings.HasPrefix(name, "param_"):
			return nil, newException("Code: 456. DB::Exception: the embedded engine takes no query parameters, bind values with ? (UNKNOWN_QUERY_PARAMETER)")
		case !settingName.MatchString(name):
			return nil, newException("Code: 115. DB::Exception: Setting " + quote(name) + " is not a name (UNKNOWN_SETTING)")
		default:
			s.settings[name] = values.Get(name)
		}
	}
	if encoding := req.Header.Get("Content-Encoding"); encoding != "" {
		return nil, newException("Code: 36. DB::Exception: the embedded engine takes no body in " + encoding + " (BAD_ARGUMENTS)")
	}
	s.limit(req)
	return s, s.text(values.Get("query"), req.Body)
}

// text finds the SQL, in the address, in the body or in both.
func (s *statement) text(query string, body io.Reader) error {
	if m := insertFormat.FindStringSubmatchIndex(query); m != nil {
		s.sql, s.format, s.body = query[:m[2]], query[m[2]:m[3]], body
		s.sql = strings.TrimSpace(s.sql)
		s.sql = strings.TrimSpace(s.sql[:len(s.sql)-len("FORMAT")])
		return nil
	}
	s.sql = query
	if body == nil {
		body = http.NoBody
	}
	text, err := io.ReadAll(io.LimitReader(body, longestText+1))
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	if len(text) > longestText {
		return newException("Code: 62. DB::Exception: Max query size exceeded (SYNTAX_ERROR)")
	}
	if s.sql != "" && len(text) > 0 {
		s.sql += "\n"
	}
	s.sql += string(text)
	if strings.TrimSpace(s.sql) == "" {
		return newException("Code: 62. DB::Exception: Syntax error: Empty query (SYNTAX_ERROR)")
	}
	return nil
}

// limit bounds the statement by the deadline of its caller, in case nobody is
// left to kill it. The driver adds five seconds of grace and leaves out
// deadlines under a second; here the clock is the same, so whole seconds do.
func (s *statement) limit(req *http.Request) {
	deadline, ok := req.Context().Deadline()
	if !ok {
		return
	}
	seconds := max(1, math.Ceil(time.Until(deadline).Seconds()))
	asked, err := strconv.ParseFloat(s.settings["max_execution_time"], 64)
	if err != nil || asked <= 0 || asked > seconds {
		s.settings["max_execution_time"] = strconv.FormatFloat(seconds, 'f', -1, 64)
	}
}

var sessionChange = regexp.MustCompile(`(?is)^\s*(SET|USE)\s`)

// changesSession is true for statements whose effect stays on the connection.
func (s *statement) changesSession() bool { return sessionChange.MatchString(s.sql) }

var lightQuery = regexp.MustCompile(`(?is)^\s*(DESCRIBE\s+TABLE\s+[^(]+|SELECT 1|ALTER\s+TABLE\s+\S+\s+FREEZE\s.*)$`)

// light is true for what the driver asks before an insert, to see whether anybody
// is there, and for the links of a backup, during which inserts stand still. None
// of them may wait behind heavy reads.
func (s *statement) light() bool { return lightQuery.MatchString(s.sql) }
