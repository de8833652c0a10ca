package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The campaign is the shipped one; the questionnaire is our own, since its wave has to be
// open today: twenty questions with five options each and a field for text.
const (
	campaignID = "feicheng"
	waveID     = "load"
	questions  = 20
	markField  = "remark" // holds the mark by which a response is found again
	office     = "/c/" + campaignID
	api        = "/api/v1/campaigns/" + campaignID
)

// options of every question; the groups of the first are the strata.
var options = []string{"a", "b", "c", "d", "e"}

// questionnaire writes the definition file.
func questionnaire(today time.Time) []byte {
	var b strings.Builder
	b.WriteString("id: load\ntitle: 压力测试问卷\nsource: 测试\nstratum: q01\nquestions:\n")
	for n := 1; n <= questions; n++ {
		fmt.Fprintf(&b, "  - {name: q%02d, type: single, label: 第%d题, short: 题%d, required: true, options: [", n, n, n)
		for _, o := range options {
			fmt.Fprintf(&b, "{code: %s, label: 选项%s}, ", o, strings.ToUpper(o))
		}
		b.WriteString("]}\n")
	}
	fmt.Fprintf(&b, "  - {name: %s, type: text, label: 还有什么要说, short: 备注}\n", markField)
	b.WriteString("indicators:\n  - {name: first, label: 选A的, kind: share, question: q02, positive: [a], base: answered, headline: true, source: 测试}\n")
	fmt.Fprintf(&b, "waves:\n  - id: %s\n    name: 压力测试\n    start: %s\n    end: %s\n    population: 测试\n    sampling: {kind: convenience}\n    strata:\n",
		waveID, today.AddDate(0, 0, -10).Format(time.DateOnly), today.AddDate(0, 0, 30).Format(time.DateOnly))
	for _, o := range options {
		fmt.Fprintf(&b, "      - {code: %s, label: 选项%s, quota: 100}\n", o, strings.ToUpper(o))
	}
	return []byte(b.String())
}

// site is a database with the campaign in it, and who may ask it.
type site struct {
	*ground
	token  string // of a program of the office
	invite string // by which the office sets its password
	links  []string
}

// load puts the campaign into the database by the commands of an operator.
func (g *ground) load(ctx context.Context) (*site, error) {
	if err := os.MkdirAll(g.data(), 0o750); err != nil {
		return nil, err
	}
	own := filepath.Join(g.folder, "questionnaire.yaml")
	if err := os.WriteFile(own, questionnaire(time.Now()), 0o600); err != nil {
		return nil, err
	}
	seeds := filepath.Join(g.root, "seeds", campaignID)
	for _, kind := range []struct{ name, file string }{{"units", filepath.Join(seeds, "units.yaml")}, {"plan", filepath.Join(seeds, "plan.yaml")}, {"questionnaire", own}} {
		if err := g.do(ctx, nil, "import", kind.name, kind.file, "--campaign", campaignID); err != nil {
			return nil, err
		}
	}
	var token struct{ Token string }
	if err := g.do(ctx, &token, "token", "add", "--role", "office"); err != nil {
		return nil, err
	}
	var person struct{ Invitation string }
	if err := g.do(ctx, &person, "user", "add", "office", "--role", "office"); err != nil {
		return nil, err
	}
	return &site{ground: g, token: token.Token, invite: person.Invitation}, nil
}

const password = "river-and-lake-7"

// person is somebody with a browser.
type person struct{ client *http.Client }

func newPerson() *person {
	jar, _ := cookiejar.New(nil) // fails never
	return &person{&http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{}}}
}

// accept sets the password of the office by its invitation, which signs it in.
func (s *site) accept(address string) (*person, error) {
	p := newPerson()
	body, err := p.post(address+s.invite, url.Values{"password": {password}, "again": {password}})
	if err == nil && !strings.Contains(body, office) {
		err = errors.New("the invitation signs nobody in")
	}
	return p, err
}

// signIn is the usual way in.
func signIn(address string) (*person, error) {
	p := newPerson()
	body, err := p.post(address+"/login", url.Values{"login": {"office"}, "password": {password}})
	if err == nil && !strings.Contains(body, office) {
		err = errors.New("the office can't sign in")
	}
	return p, err
}

// get reads a page to its end; anything but 200 is an error.
func (p *person) get(address string) (string, error) {
	response, err := p.client.Get(address)
	if err != nil {
		return "", err
	}
	return page(response)
}

func (p *person) post(address string, fields url.Values) (string, error) {
	response, err := p.client.PostForm(address, fields)
	if err != nil {
		return "", err
	}
	return page(response)
}

func page(response *http.Response) (string, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s answers %s: %.300s", response.Request.Method, response.Request.URL.Path, response.Status, body)
	}
	return string(body), err
}

var (
	tokenField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)
	printed    = regexp.MustCompile(`/s/(?:[0-9a-z]{4}-){3}[0-9a-z]{4}`)
)

// openLinks lets the office make so many open links, all questions on one page or one on
// each.
func (s *site) openLinks(address string, p *person, n int, onePage bool) error {
	form, err := p.get(address + office + "/links")
	if err != nil {
		return err
	}
	token := tokenField.FindStringSubmatch(form)
	if token == nil {
		return errors.New("no form on the page of links")
	}
	for i := range n {
		fields := url.Values{"csrf": {html.UnescapeString(token[1])}, "name": {fmt.Sprintf("链接%d", i)}, "wave": {waveID}, "kind": {"open"}, "per_device": {"0"}}
		if onePage {
			fields.Set("one_page", "1")
		}
		shown, err := p.post(address+office+"/links", fields)
		if err != nil {
			return err
		}
		found := printed.FindString(shown)
		if found == "" {
			return errors.New("a link without an address")
		}
		if s.links = append(s.links, found); slices.Contains(s.links[:len(s.links)-1], found) {
			return errors.New("two links with one address")
		}
	}
	return nil
}

// ask asks the API and decodes the answer.
func (s *site) ask(ctx context.Context, address, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	body, err := page(response)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(body), into)
}

var (
	anyInput    = regexp.MustCompile(`<input [^>]*>`)
	anySelect   = regexp.MustCompile(`(?s)<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>`)
	anyText     = regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>`)
	anyOption   = regexp.MustCompile(`<option value="([^"]*)" selected`)
	ofInput     = regexp.MustCompile(` (name|value|type)="([^"]*)"`)
	endOfAction = "</form>"
)

// formFields reads what stands in the form that leads to an address, as a browser would send
// it.
func formFields(shown, action string) url.Values {
	_, form, _ := strings.Cut(shown, `action="`+action+`"`)
	form, _, _ = strings.Cut(form, endOfAction)
	fields := url.Values{}
	for _, input := range anyInput.FindAllString(form, -1) {
		held := map[string]string{}
		for _, a := range ofInput.FindAllStringSubmatch(input, -1) {
			held[a[1]] = html.UnescapeString(a[2])
		}
		ticked := held["type"] != "checkbox" && held["type"] != "radio" || strings.Contains(input, " checked")
		if held["name"] != "" && ticked {
			fields.Add(held["name"], held["value"])
		}
	}
	for _, s := range anySelect.FindAllStringSubmatch(form, -1) {
		if chosen := anyOption.FindStringSubmatch(s[2]); chosen != nil {
			fields.Set(s[1], html.UnescapeString(chosen[1]))
		}
	}
	for _, t := range anyText.FindAllStringSubmatch(form, -1) {
		fields.Set(t[1], html.UnescapeString(t[2]))
	}
	return fields
}
