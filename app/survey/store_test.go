package survey_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/keyset"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

func small(title string) survey.Questionnaire {
	return survey.Questionnaire{ID: "small", Title: title, Stratum: "group", Questions: []survey.Question{
		{Name: "group", Type: survey.Single, Label: "人群", Required: true, Options: []survey.Option{{Code: "a", Label: "甲"}, {Code: "b", Label: "乙"}}},
		{Name: "words", Type: survey.Text, Label: "建议"},
	}}
}

func kind(t *testing.T, err error) problem.Kind {
	t.Helper()
	p, ok := problem.As(err)
	if !ok {
		t.Fatalf("not a problem: %v", err)
	}
	return p.Kind
}

// TestStoreVersions: a wave keeps the version it was made with when the questionnaire
// goes on, and takes another one only while nobody has answered.
func TestStoreVersions(t *testing.T) {
	ctx, db := t.Context(), clickhousetest.Open(t)
	s := survey.NewStore(db, audit.NewLog(db))
	actor := audit.System("test")
	if v, err := s.PutQuestionnaire(ctx, actor, "c", small("第一版"), 0); err != nil || v != 1 {
		t.Fatal(v, err)
	}
	if v, err := s.PutQuestionnaire(ctx, actor, "c", small("第一版"), 0); err != nil || v != 1 {
		t.Errorf("the same again: version %d, %v", v, err)
	}
	wave := survey.Wave{ID: "w1", Name: "一", Questionnaire: "small", Strata: []survey.Stratum{{Code: "a", Quota: 3}}}
	if rev, err := s.PutWave(ctx, actor, "c", wave, 0); err != nil || rev != 1 {
		t.Fatal(rev, err)
	}
	if v, err := s.PutQuestionnaire(ctx, actor, "c", small("第二版"), 1); err != nil || v != 2 {
		t.Fatal(v, err)
	}
	if _, err := s.PutQuestionnaire(ctx, actor, "c", small("别人的"), 1); kind(t, err) != problem.KindConflict {
		t.Errorf("a lost race: %v", err)
	}
	for version, title := range map[uint32]string{0: "第二版", 1: "第一版", 2: "第二版"} {
		q, err := s.Questionnaire(ctx, "c", "small", version)
		if err != nil || q.Title != title || (version != 0 && q.Version != version) {
			t.Errorf("version %d: %q %d, %v", version, q.Title, q.Version, err)
		}
	}
	wave.Closed = true
	if _, err := s.PutWave(ctx, actor, "c", wave, 1); err != nil {
		t.Fatal(err)
	}
	held, err := s.Wave(ctx, "c", "w1")
	if err != nil || held.Thing.Version != 1 || !held.Thing.Closed || held.Revision != 2 || held.Thing.Strata[0].Label != "甲" {
		t.Errorf("wave %+v, %v", held, err)
	}
	wave.Version = 2 // nobody has answered yet
	if _, err := s.PutWave(ctx, actor, "c", wave, 2); err != nil {
		t.Errorf("another version before the first answer: %v", err)
	}
	put(t, db, response(1))
	wave.Version = 1
	if _, err := s.PutWave(ctx, actor, "c", wave, 3); kind(t, err) != problem.KindConflict {
		t.Errorf("another version after the first answer: %v", err)
	}
	for what, err := range map[string]error{
		"questionnaire": second(s.Questionnaire(ctx, "c", "none", 0)),
		"version":       second(s.Questionnaire(ctx, "c", "small", 9)),
		"campaign":      second(s.Questionnaire(ctx, "other", "small", 0)),
		"wave":          second(s.Wave(ctx, "c", "none")),
		"response":      second(s.Response(ctx, "c", "w1", uuid.New())),
	} {
		if kind(t, err) != problem.KindNotFound {
			t.Errorf("no such %s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

var start = time.Date(2014, 9, 10, 1, 0, 0, 0, time.UTC)

// response gives the n-th response; three of them came in the same millisecond.
func response(n int) survey.Response {
	return survey.Response{
		ID: uuid.NewSHA1(uuid.Nil, []byte{byte(n), byte(n >> 8)}), Campaign: "c", Wave: "w1", Revision: 1, Questionnaire: "small", Version: 1,
		Stratum: "a", Unit: "u", Distributor: "李某", Number: fmt.Sprint("N", n), Mode: survey.Import, Disposition: survey.Complete,
		Choices: map[string][]string{"group": {"a"}}, Numbers: map[string]float64{"years": 3.5},
		Texts:      map[string]string{"words": "a'b\\c\n“😀”; {x:String} ? 　"},
		AnsweredOn: time.Date(2014, 9, 9, 0, 0, 0, 0, time.UTC),
		Origin:     placement.Origin{Batch: uuid.NewSHA1(uuid.Nil, []byte("batch")), File: "a.xlsx", Sheet: "答卷", Row: n},
		RecordedAt: start.Add(time.Duration(n/3) * time.Millisecond), RecordedBy: "p",
	}
}

func put(t *testing.T, db *clickhouse.DB, list ...survey.Response) {
	t.Helper()
	err := db.Insert(t.Context(), `INSERT INTO response_revisions (campaign, wave, id, revision, questionnaire, version, stratum, unit, distributor, number,
		mode, disposition, choices, numbers, texts, fingerprint, batch, file, sheet, row, answered_on, recorded_on, recorded_at, recorded_by)`, func(b driver.Batch) error {
		for _, r := range list {
			var answered *time.Time
			if !r.AnsweredOn.IsZero() {
				answered = &r.AnsweredOn
			}
			if err := b.Append(r.Campaign, string(r.Wave), r.ID, r.Revision, string(r.Questionnaire), r.Version, r.Stratum, r.Unit, r.Distributor, r.Number,
				string(r.Mode), string(r.Disposition), r.Choices, r.Numbers, r.Texts, strings.Repeat("0", 32), r.Origin.Batch, r.Origin.File, r.Origin.Sheet,
				uint32(r.Origin.Row), answered, r.RecordedAt, r.RecordedAt, r.RecordedBy); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStoreResponses pages through 100 responses of which three share each instant:
// every one is listed once, newest first, whatever the page size.
func TestStoreResponses(t *testing.T) {
	ctx, db := t.Context(), clickhousetest.Open(t)
	s := survey.NewStore(db, audit.NewLog(db))
	var all []survey.Response
	for n := range 100 {
		all = append(all, response(n))
	}
	mended := response(7)
	mended.Revision, mended.Disposition, mended.AnsweredOn = 2, survey.Void, time.Time{}
	other := response(101)
	other.Wave = "w2"
	put(t, db, all...)
	put(t, db, mended, other)
	for _, size := range []int{1, 7, 100, 1000} {
		seen := map[uuid.UUID]bool{}
		var after keyset.Cursor
		last := start.AddDate(1, 0, 0)
		for {
			list, next, err := s.Responses(ctx, "c", "w1", survey.Filter{}, after, size)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				if seen[r.ID] || r.RecordedAt.After(last) {
					t.Fatalf("page size %d: %s again or out of order", size, r.Number)
				}
				seen[r.ID], last = true, r.RecordedAt
			}
			if next.IsZero() {
				break
			}
			after = next
		}
		if len(seen) != 100 {
			t.Errorf("page size %d: %d responses, want 100", size, len(seen))
		}
	}
	got, err := s.Response(ctx, "c", "w1", all[5].ID)
	if err != nil || !reflect.DeepEqual(got, all[5]) {
		t.Errorf("came back changed, %v:\n%+v\n%+v", err, got, all[5])
	}
	if got, err := s.Response(ctx, "c", "w1", mended.ID); err != nil || got.Revision != 2 || !got.AnsweredOn.IsZero() {
		t.Errorf("the second revision: %+v, %v", got, err)
	}
	var first string
	if err := db.QueryRow(ctx, `SELECT disposition FROM response_revisions WHERE id = toUUID(?) AND revision = 1`, mended.ID.String()).Scan(&first); err != nil || first != string(survey.Complete) {
		t.Errorf("the first revision isn't kept: %q, %v", first, err)
	}
	// "p" recorded all 100 of the wave, nobody else any.
	for recordedBy, want := range map[string]int{"": 100, "p": 100, "q": 0, "' OR 1=1 --": 0} {
		f := survey.Filter{RecordedBy: recordedBy}
		n := 0
		row := 0
		err := s.EachResponse(ctx, "c", "w1", f, func(r survey.Response) error {
			if r.Origin.Row < row {
				t.Errorf("row %d after %d", r.Origin.Row, row)
			}
			row = r.Origin.Row
			n++
			return nil
		})
		if err != nil || n != want {
			t.Errorf("%+v: %d, want %d, %v", f, n, want, err)
		}
	}
	stop := errors.New("stop")
	if err := s.EachResponse(ctx, "c", "w1", survey.Filter{}, func(survey.Response) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the reader's own error is lost: %v", err)
	}
}
