package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"math/bits"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// parcel is something to be sent: one row, or a file of many. It can be sent again as it
// is, which is what a sender does who was not answered.
type parcel struct {
	kind  string
	marks []string // of its rows
	path  string
	media string
	body  []byte
	form  bool   // of the public page: the answer that keeps it is a redirect
	state string // of a verdict: that of its placement from then on
}

// told notes that it was acknowledged.
func (p *parcel) told(l *ledger) {
	if p.state != "" {
		l.reviewed(p.marks[0], p.state)
		return
	}
	l.told(p.marks...)
}

// draw gives the answers to the twenty questions, and to which content they amount.
func draw(random *rand.Rand) (map[string][]string, string) {
	choices := map[string][]string{}
	for n := 1; n <= questions; n++ {
		choices[fmt.Sprintf("q%02d", n)] = []string{options[random.IntN(len(options))]}
	}
	return choices, answers(choices)
}

// entry is a response that a program sends, with the number of its paper sheet or without.
func (l *ledger) entry(mark string, numbered bool, random *rand.Rand) *parcel {
	choices, content := draw(random)
	l.send(responses, mark, content, false)
	number := ""
	if numbered {
		number = mark
	}
	body, _ := json.Marshal(map[string]any{"id": uuid.New(), "number": number, "choices": choices, "texts": map[string]string{markField: mark}}) // plain words
	return &parcel{kind: "entry", marks: []string{mark}, path: api + "/waves/" + waveID + "/responses", media: "application/json", body: body}
}

// placing is a placement that a program logs.
func (l *ledger) placing(mark string, random *rand.Rand) *parcel {
	quantity := 1 + random.IntN(9)
	l.send(placements, mark, fmt.Sprint(quantity), false)
	body, _ := json.Marshal(map[string]any{"id": uuid.New(), "task": "社会宣传1", "unit": "市住建局", "carrier": "宣传条幅", "place": mark,
		"quantity": quantity, "measure": "条", "start": "2014-09-05"})
	return &parcel{kind: "placement", marks: []string{mark}, path: api + "/placements", media: "application/json", body: body}
}

// file is an import of so many responses; the rows are known again by their number and
// content when the same file comes twice.
func (l *ledger) file(mark string, rows int, random *rand.Rand) *parcel {
	p := &parcel{kind: "file", path: api + "/imports?kind=responses&wave=" + waveID}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("file", mark+".csv") // a buffer takes everything
	p.marks = l.sheet(part, mark, rows, random)
	form.Close()
	p.media, p.body = form.FormDataContentType(), body.Bytes()
	return p
}

// sheet writes a CSV of responses and gives the marks of its rows.
func (l *ledger) sheet(w io.Writer, mark string, rows int, random *rand.Rand) (marks []string) {
	var b strings.Builder
	b.WriteString("编号")
	for n := 1; n <= questions; n++ {
		fmt.Fprintf(&b, ",q%02d", n)
	}
	b.WriteString("," + markField + "\n")
	for i := range rows {
		own := fmt.Sprintf("%s/%d", mark, i)
		choices, content := draw(random)
		l.send(responses, own, content, true)
		marks = append(marks, own)
		b.WriteString(own)
		for n := 1; n <= questions; n++ {
			b.WriteString("," + choices[fmt.Sprintf("q%02d", n)][0])
		}
		b.WriteString("," + own + "\n")
	}
	io.WriteString(w, b.String())
	return marks
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	hidden     = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	proofText  = regexp.MustCompile(`data-proof="([^"]+)" data-bits="(\d+)"`)
)

// public opens a link as a phone does and fills in its one page. The page is fetched once:
// what is sent again is the form that stands on it.
func (s *sender) public(ctx context.Context, l *ledger, link, mark string, random *rand.Rand) (*parcel, error) {
	shown, err := s.show(ctx, link)
	if err != nil {
		return nil, err
	}
	action := formAction.FindStringSubmatch(shown)
	if action == nil {
		return nil, fmt.Errorf("no form at the address of a link: %.300s", shown)
	}
	fields := url.Values{"at": {"all"}, "go": {"next"}, "q." + markField: {mark}}
	for _, f := range hidden.FindAllStringSubmatch(shown, -1) {
		if f[1] == "csrf" {
			fields.Set("csrf", html.UnescapeString(f[2]))
		}
	}
	choices, content := draw(random)
	for name, codes := range choices {
		fields["q."+name] = codes
	}
	l.send(responses, mark, content, false)
	return &parcel{kind: "public", marks: []string{mark}, path: action[1], media: "application/x-www-form-urlencoded", body: []byte(fields.Encode()), form: true}, nil
}

// prove does the work that a page in a rush asks for, as its script would.
func (p *parcel) prove(shown string) bool {
	asked := proofText.FindStringSubmatch(shown)
	if asked == nil {
		return false
	}
	fields, err := url.ParseQuery(string(p.body))
	if err != nil {
		return false
	}
	for _, f := range hidden.FindAllStringSubmatch(shown, -1) {
		if f[1] == "stamp" {
			fields.Set("stamp", f[2])
		}
	}
	most, _ := strconv.Atoi(asked[2])
	for n := 0; ; n++ {
		work := strconv.Itoa(n)
		sum := sha256.Sum256([]byte(asked[1] + ":" + work))
		if bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:8])) >= most {
			fields.Set("work", work)
			p.body = []byte(fields.Encode())
			return true
		}
	}
}

// sender sends to the servers it knows, one after the other, without staying with one.
type sender struct {
	client *http.Client
	token  string
	next   func() string // address of the server for the next request
}

func newClient(connections int) *http.Client {
	return &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// show fetches a page of the public questionnaire.
func (s *sender) show(ctx context.Context, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.next()+path, nil)
	if err != nil {
		return "", err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return "", err
	}
	return page(response)
}

// Answers that are no acknowledgement.
var (
	errBusy  = errors.New("the server asks to come again")
	errProof = errors.New("the page asks for a proof of work")
)

// refusedError is an answer by which a parcel will never go in.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

// post sends a parcel once. Nil means that it was acknowledged. A slow line takes that long
// for the body.
func (s *sender) post(ctx context.Context, p *parcel, slow time.Duration) error {
	var body io.Reader = bytes.NewReader(p.body)
	if slow > 0 {
		body = &dawdler{left: p.body, piece: len(p.body)/pieces + 1, pause: slow / (pieces - 1)}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.next()+p.path, body)
	if err != nil {
		return err
	}
	request.ContentLength = int64(len(p.body))
	request.Header.Set("Content-Type", p.media)
	if !p.form {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	status := response.StatusCode
	switch {
	case p.form && p.prove(string(answer)): // while a link is in a rush
		return errProof
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		return errBusy
	case p.form && status == http.StatusSeeOther && response.Header.Get("Location") == p.path:
		return nil
	case p.kind == "file" && status == http.StatusOK:
		return p.took(answer)
	case !p.form && (status == http.StatusOK || status == http.StatusCreated || status == http.StatusAccepted):
		return nil
	}
	return &refusedError{fmt.Sprintf("%s %s answers %d %s: %.400s", p.kind, p.path, status, response.Header.Get("Location"), answer)}
}

// took reads the receipt of a file: every row is in, now or before.
func (p *parcel) took(answer []byte) error {
	var receipt struct {
		Accepted []struct{} `json:"accepted"`
		Known    int        `json:"already_known"`
	}
	if err := json.Unmarshal(answer, &receipt); err != nil {
		return &refusedError{fmt.Sprintf("a receipt that can't be read: %v", err)}
	}
	if len(receipt.Accepted)+receipt.Known != len(p.marks) {
		return &refusedError{fmt.Sprintf("a file of %d rows: %d accepted, %d known: %.600s", len(p.marks), len(receipt.Accepted), receipt.Known, answer)}
	}
	return nil
}

// pieces are how many a slow body comes in.
const pieces = 4

// dawdler gives its bytes in pieces with pauses between them, as a bad line does.
type dawdler struct {
	left  []byte
	piece int // bytes
	pause time.Duration
	begun bool
}

func (d *dawdler) Read(into []byte) (int, error) {
	if len(d.left) == 0 {
		return 0, io.EOF
	}
	if d.begun {
		time.Sleep(d.pause)
	}
	d.begun = true
	n := copy(into[:min(len(into), d.piece)], d.left)
	d.left = d.left[n:]
	return n, nil
}
