package ingest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"shuixuan/app/survey"
)

// quotaWave is a wave with a capped stratum of three and an open one of one.
func (b *bench) quotaWave(t *testing.T) (survey.Wave, survey.Questionnaire) {
	t.Helper()
	q := survey.Questionnaire{ID: "q", Title: "问卷", Stratum: "grp", Questions: []survey.Question{
		{Name: "grp", Type: survey.Single, Label: "哪一组", Required: true, Options: []survey.Option{{Code: "a", Label: "甲"}, {Code: "b", Label: "乙"}}},
		{Name: "river", Type: survey.Single, Label: "河水", Required: true, Options: []survey.Option{{Code: "1", Label: "好"}, {Code: "2", Label: "差"}}},
	}}
	store := survey.NewStore(b.db, b.log)
	if _, err := store.PutQuestionnaire(t.Context(), office, "feicheng", q, 0); err != nil {
		t.Fatal(err)
	}
	w := survey.Wave{ID: "w9", Name: "一轮", Questionnaire: "q", Areas: []survey.Area{{Code: "east", Label: "东"}, {Code: "west", Label: "西"}},
		Strata: []survey.Stratum{{Code: "a", Quota: 3, Capped: true}, {Code: "b", Quota: 1}}, Quotas: []survey.Quota{{Stratum: "a", Area: "east", Count: 1}, {Stratum: "b", Area: "east", Count: 1}}}
	if _, err := store.PutWave(t.Context(), office, "feicheng", w, 0); err != nil {
		t.Fatal(err)
	}
	held, err := store.Wave(t.Context(), "feicheng", "w9")
	if err != nil {
		t.Fatal(err)
	}
	if q, err = store.Questionnaire(t.Context(), "feicheng", "q", 0); err != nil {
		t.Fatal(err)
	}
	return held.Thing, q
}

func answer(group, river, area string) survey.Response {
	r := survey.Response{ID: uuid.New(), Mode: survey.Link, Area: area, Choices: map[string][]string{"grp": {group}}}
	if river != "" {
		r.Choices["river"] = []string{river}
	}
	return r
}

// TestTheLastPlaceOfAQuota: a hundred at once for three places, one of them in the east.
// What comes after is kept as screened out; an open quota takes everybody.
func TestTheLastPlaceOfAQuota(t *testing.T) {
	b := newBench(t)
	wave, q := b.quotaWave(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	ended := map[string]int{}
	for i := range 100 {
		all.Go(func() {
			r := answer("a", "1", []string{"east", "west"}[i%2])
			if i%5 == 0 {
				r = answer("b", "1", "east")
			}
			held, created, err := b.Response(t.Context(), office, b.plan, wave, q, r)
			if err != nil || !created {
				t.Errorf("%v, created %v", err, created)
			}
			again, created, err := b.Response(t.Context(), office, b.plan, wave, q, r)
			if err != nil || created || again.Disposition != held.Disposition || again.Reason != held.Reason {
				t.Errorf("sent again: %s %q, first %s %q, created %v: %v", again.Disposition, again.Reason, held.Disposition, held.Reason, created, err)
			}
			mu.Lock()
			defer mu.Unlock()
			ended[fmt.Sprint(held.Stratum, " ", held.Disposition, " ", held.Reason)]++
		})
	}
	all.Wait()
	if ended["a complete "] != 3 || ended["a ineligible quota-full"] != 77 || ended["b complete "] != 20 || len(ended) != 3 {
		t.Errorf("they ended as %v", ended)
	}
	if n := b.count(t, "SELECT count() FROM responses FINAL WHERE stratum = 'a' AND area = 'east' AND disposition = 'complete'"); n > 1 {
		t.Errorf("%d of the east, whose quota is 1", n)
	}
	if n := b.count(t, "SELECT count() FROM responses FINAL"); n != 100 {
		t.Errorf("%d are kept, want all 100", n)
	}
}

// TestAPlaceIsKeptAndGivenBack: a revision of who is in stays in, and a sheet that is
// taken out leaves its place to the next.
func TestAPlaceIsKeptAndGivenBack(t *testing.T) {
	b := newBench(t)
	wave, q := b.quotaWave(t)
	first, _, err := b.Response(t.Context(), office, b.plan, wave, q, answer("a", "", "east"))
	if err != nil || first.Disposition != survey.Partial {
		t.Fatalf("a first page: %s, %v", first.Disposition, err)
	}
	next := first
	next.Choices = map[string][]string{"grp": {"a"}, "river": {"1"}}
	next.Disposition = ""
	second, err := b.ReviseResponse(t.Context(), office, b.plan, wave, q, next, 1, "response.revise")
	if err != nil || second.Disposition != survey.Complete || second.Revision != 2 {
		t.Fatalf("the second page: %s %d, %v", second.Disposition, second.Revision, err)
	}
	if again, err := b.ReviseResponse(t.Context(), office, b.plan, wave, q, next, 1, "response.revise"); err != nil || again.Revision != 2 {
		t.Errorf("the second page again: %d, %v", again.Revision, err)
	}
	other := next
	other.Choices = map[string][]string{"grp": {"a"}, "river": {"2"}}
	var overtaken *ResponseOvertaken
	if _, err := b.ReviseResponse(t.Context(), office, b.plan, wave, q, other, 1, "response.revise"); !errors.As(err, &overtaken) {
		t.Errorf("another second page: %v", err)
	}
	if held, err := b.ReviseResponse(t.Context(), office, b.plan, wave, q, other, 2, "response.revise"); err != nil || held.Disposition != survey.Complete {
		t.Errorf("a revision of who is in: %s, %v", held.Disposition, err)
	}
	if late, _, err := b.Response(t.Context(), office, b.plan, wave, q, answer("a", "1", "east")); err != nil || late.Reason != survey.QuotaFull {
		t.Errorf("another of the east: %s, %v", late.Disposition, err)
	}
	out := other
	out.Disposition, out.Reason = survey.Void, "字迹不清"
	if held, err := b.ReviseResponse(t.Context(), office, b.plan, wave, q, out, 3, "response.void"); err != nil || held.Disposition != survey.Void {
		t.Errorf("taken out: %s, %v", held.Disposition, err)
	}
	if next, _, err := b.Response(t.Context(), office, b.plan, wave, q, answer("a", "1", "east")); err != nil || next.Disposition != survey.Complete {
		t.Errorf("the next of the east: %s, %v", next.Disposition, err)
	}
}

// TestTheWaveIsClosedMeanwhile: what comes by the public page is kept and marked, what is
// entered by hand is not taken.
func TestTheWaveIsClosedMeanwhile(t *testing.T) {
	b := newBench(t)
	wave, q := b.quotaWave(t)
	wave.Closed = true
	held, created, err := b.Response(t.Context(), office, b.plan, wave, q, answer("b", "1", ""))
	if err != nil || !created || !held.Late {
		t.Errorf("by the page: created %v, late %v, %v", created, held.Late, err)
	}
	paper := answer("b", "1", "")
	paper.Mode = survey.Paper
	if _, _, err := b.Response(t.Context(), office, b.plan, wave, q, paper); err == nil {
		t.Error("a sheet was taken after the end")
	}
}
