package web

import (
	"context"
	"crypto/ed25519"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/internal/auth"
	"shuixuan/app/internal/dossiers"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/sealkey"
	"shuixuan/app/survey"
	"shuixuan/ingest"
	"shuixuan/seeds"
)

// site is a server with the shipped campaign, loaded through the intake, and one person
// of each role.
type site struct {
	*Server
	t       testing.TB
	cookies map[string]string // by login
	log     *strings.Builder
}

const password = "river-and-lake-7"

// The people of the test campaign.
var people = []auth.Person{
	{Login: "chuang", Name: "王主任", Role: audit.RoleOffice, Campaign: "feicheng"},
	{Login: "zhujian", Name: "李办事员", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"},
	{Login: "jiaoyu", Name: "赵老师", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "jiaoyuju"},
	{Login: "fafang", Name: "陈调查员", Role: audit.RoleDistributor, Campaign: "feicheng", Unit: "laocheng"},
	{Login: "zhuanjia", Name: "周专家", Role: audit.RoleInspector, Campaign: "feicheng", Parts: []auth.Part{auth.PartCoverage, auth.PartPlacements, auth.PartPhotos}},
	{Login: "shenji", Name: "吴审计", Role: audit.RoleAuditor, Campaign: "feicheng"},
	{Login: "guanli", Name: "郑管理员", Role: audit.RoleAdmin},
	{Login: "cunzhi", Name: "另一个活动", Role: audit.RoleOffice, Campaign: "governance"},
}

func newSite(t testing.TB, limit int) *site {
	t.Helper()
	db := clickhousetest.Open(t)
	log := audit.NewLog(db)
	units := org.NewStore(db, log)
	campaigns := campaign.NewStore(db, log, units)
	surveys := survey.NewStore(db, log)
	originals, err := ingest.NewOriginals(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := ingest.New(ingest.Parts{DB: db, Log: log, Originals: originals, Units: units, Campaigns: campaigns, Surveys: surveys})
	t.Cleanup(func() {
		if err := in.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	loadSeeds(t, in)
	a := auth.New(db, log, nil)
	settings := auth.DefaultSettings()
	settings.Cost = auth.Cost{Memory: 1024, Passes: 1} // the true one took half of the time of these tests
	a.Apply(settings)
	lines := &strings.Builder{}
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	all := dossiers.New(dossiers.Parts{DB: db, Log: log, Ingest: in, Folder: t.TempDir(), Version: "test", Key: func() (ed25519.PrivateKey, error) { return key, nil }, Settling: -1,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	t.Cleanup(func() { _ = all.Close(context.Background()) })
	s, err := New(Config{Version: "test", BodyLimit: limit, Logger: slog.New(slog.NewTextHandler(lines, nil))}, Parts{
		DB: db, Campaigns: campaigns, Units: units, Placements: placement.NewStore(db), Surveys: surveys,
		Ingest: in, Reader: analytics.NewReader(db).KeepClosed("test"), Auth: a, Audit: log, Seal: sealkey.In(t.TempDir()), Dossiers: all,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.pages.slow, s.sinces.slow = time.Hour, time.Hour // a loaded machine draws slowly, and tests look for what they have just written
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	s.Dossiers.Printer = nil // PDFs are printed in the tests of the whole program
	return &site{Server: s, t: t, cookies: map[string]string{}, log: lines}
}

// loadSeeds loads the shipped campaigns as an installation does.
func loadSeeds(t testing.TB, in *ingest.Ingest) {
	t.Helper()
	for _, id := range seeds.Campaigns() {
		for _, file := range []struct {
			kind ingest.Kind
			name string
		}{{ingest.Units, "units.yaml"}, {ingest.Plan, "plan.yaml"}, {ingest.Questions, "questionnaire.yaml"}} {
			body, err := fs.ReadFile(seeds.FS, id+"/"+file.name)
			if err != nil {
				continue // not every campaign has every file
			}
			if _, err := in.Definitions(t.Context(), audit.System("test"), file.kind, id, "", file.name, body, false); err != nil {
				t.Fatalf("load %s/%s: %v", id, file.name, err)
			}
		}
	}
}

// as signs a person in once and gives their cookie. An account is made when it is first
// needed: a password costs its tenth of a second here too.
func (s *site) as(login string) string {
	s.t.Helper()
	if login == "" {
		return ""
	}
	if s.cookies[login] == "" {
		for _, p := range people {
			if p.Login != login {
				continue
			}
			if _, err := s.Auth.AddPerson(s.t.Context(), audit.System("test"), p, password); err != nil {
				s.t.Fatal(err)
			}
		}
		token, _, err := s.Auth.SignIn(s.t.Context(), login, password, auth.From{Address: "test", Device: "test"})
		if err != nil {
			s.t.Fatal(err)
		}
		s.cookies[login] = sessionCookie + "=" + token
	}
	return s.cookies[login]
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request as a person ("" for nobody).
func (s *site) do(login, method, address string, fields url.Values, header ...string) answer {
	s.t.Helper()
	var body io.Reader
	if fields != nil {
		body = strings.NewReader(fields.Encode())
	}
	r := httptest.NewRequest(method, address, body)
	if fields != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie := s.as(login); cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(r)
}

// send sends a request as our own pages do: with the token of its session, unless the
// test is about that.
func (s *site) send(r *http.Request) answer {
	s.t.Helper()
	if session, err := r.Cookie(sessionCookie); err == nil && r.Header.Get(formTokenHeader) == "" {
		r.Header.Set(formTokenHeader, newFormToken(session.Value))
	}
	response, err := s.App().Test(r, int(time.Minute.Milliseconds()))
	if err != nil {
		s.t.Fatal(err)
	}
	return read(s.t, response)
}

func read(t testing.TB, response *http.Response) answer {
	t.Helper()
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(all)}
}

// mustPlan gives the campaign's plan as it holds.
func mustPlan(t testing.TB, s *site) *campaign.Plan {
	t.Helper()
	plan, err := s.Campaigns.Plan(t.Context(), "feicheng")
	if err != nil {
		t.Fatal(err)
	}
	return plan
}
