package ingest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/seeds"
)

// demonstration is an intake with both shipped campaigns, and what it answered to the
// files of the demonstration.
type demonstration struct {
	*bench
	plans map[string]*campaign.Plan
	files []seeds.File
}

func newDemonstration(t *testing.T) *demonstration {
	t.Helper()
	files, err := seeds.Demo(time.Date(2014, time.November, 27, 0, 0, 0, 0, time.UTC)) // the dates of the shipped wave
	if err != nil {
		t.Fatal(err)
	}
	d := &demonstration{bench: newBench(t), files: files}
	d.seed(t, "governance")
	d.plans = map[string]*campaign.Plan{"feicheng": d.plan}
	if d.plans["governance"], err = d.campaigns.Plan(t.Context(), "governance"); err != nil {
		t.Fatal(err)
	}
	for id := range d.plans {
		body, err := seeds.FS.ReadFile(id + "/questionnaire.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Definitions(t.Context(), audit.System("test"), Questions, id, "", "questionnaire.yaml", body, false); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// demoTotals sums receipts.
type demoTotals struct{ files, accepted, rejected, skipped, known int }

// send sends every file of one kind as its unit would, and sums the receipts by
// campaign and wave.
func (d *demonstration) send(t *testing.T, kind string) map[string]demoTotals {
	t.Helper()
	sums := map[string]demoTotals{}
	for _, f := range d.files {
		if f.Kind != kind {
			continue
		}
		r := d.take(t, f)
		for _, rejection := range r.Rejected {
			t.Logf("%s row %d %s: %s", f.Name, rejection.Row, rejection.Heading, rejection.Why) // read with -v: would a clerk understand?
		}
		for _, a := range r.Accepted {
			if a.Warning != "" && !strings.Contains(a.Warning, "部分完成") { // people leave a question out on paper
				t.Errorf("%s row %d: warning %s", f.Name, a.Row, a.Warning)
			}
		}
		if len(r.ColumnsNotStored) > 0 {
			t.Errorf("%s: columns not stored %q", f.Name, r.ColumnsNotStored)
		}
		s := sums[f.Campaign+f.Wave]
		sums[f.Campaign+f.Wave] = demoTotals{s.files + 1, s.accepted + len(r.Accepted), s.rejected + r.RejectedRows(), s.skipped + len(r.Skipped), s.known + r.AlreadyKnown}
	}
	return sums
}

func (d *demonstration) take(t *testing.T, f seeds.File) *Receipt {
	t.Helper()
	kept, err := d.Originals().Keep(t.Context(), f.Name, bytes.NewReader(f.Body), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	actor := audit.Actor{ID: "demo", Role: audit.RoleOffice, Campaign: f.Campaign}
	if f.Unit != "" {
		actor = audit.Actor{ID: "demo-" + f.Unit, Role: audit.RoleUnit, Campaign: f.Campaign, Unit: f.Unit}
	}
	var r *Receipt
	if f.Kind == seeds.Placements {
		r, err = d.PlacementsFile(t.Context(), actor, d.plans[f.Campaign], kept, Options{})
	} else {
		actor.Role = audit.RoleDistributor
		r, err = d.answers(t, actor, f, kept)
	}
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return r
}

func (d *demonstration) answers(t *testing.T, actor audit.Actor, f seeds.File, kept File) (*Receipt, error) {
	t.Helper()
	wave, err := d.surveys.Wave(t.Context(), f.Campaign, "w1")
	if f.Wave != "w1" {
		wave, err = d.surveys.Wave(t.Context(), f.Campaign, "w2")
	}
	if err != nil {
		return nil, err
	}
	q, err := d.surveys.Questionnaire(t.Context(), f.Campaign, wave.Thing.Questionnaire, wave.Thing.Version)
	if err != nil {
		return nil, err
	}
	return d.ResponsesFile(t.Context(), actor, d.plans[f.Campaign], wave.Thing, q, kept, Options{})
}

// TestDemonstrationLedgers: the numbers are the sums of the streams and faults of
// seeds/demo_ledgers.go.
func TestDemonstrationLedgers(t *testing.T) {
	d := newDemonstration(t)
	got := d.send(t, seeds.Placements)
	t.Logf("%+v", got)
	if f := got["feicheng"]; f.accepted != 600 || f.rejected != 20 || f.known != 0 {
		t.Errorf("feicheng: 600 placements and 20 faulty rows were made, got %+v", f)
	}
	if g := got["governance"]; g.accepted != 40 || g.rejected != 2 || g.known != 0 {
		t.Errorf("governance: 40 placements and 2 faulty rows were made, got %+v", g)
	}
	if n := d.count(t, `SELECT count() FROM placements FINAL WHERE unit = 'gaoxinqu'`); n != 0 {
		t.Errorf("高新区政府 sends nothing in the demonstration, %d rows found", n)
	}
	// Coverage decays: some of what was put up has come down, most stands to acceptance.
	if n := d.count(t, `SELECT countIf(end IS NOT NULL) FROM placements FINAL WHERE campaign = 'feicheng'`); n < 120 || n > 250 {
		t.Errorf("%d flights have an end, expected a quarter to two fifths of 600", n)
	}
	if f := d.send(t, seeds.Placements)["feicheng"]; f.accepted != 0 || f.known != 600 {
		t.Errorf("the same files again add nothing, got %+v", f)
	}
}

// TestDemonstrationAnswers: the numbers are the sums of the lots and faults of
// seeds/demo_fieldwork.go, and what people answer has the shape described there.
func TestDemonstrationAnswers(t *testing.T) {
	d := newDemonstration(t)
	got := d.send(t, seeds.Responses)
	t.Logf("%+v", got)
	for key, want := range map[string][2]int{"feichengw1": {700, 9}, "feichengw2": {800, 8}, "governancew1": {60, 2}} {
		if g := got[key]; g.accepted != want[0] || g.rejected != want[1] || g.known != 0 {
			t.Errorf("%s: %d sheets and %d faulty rows were made, got %+v", key, want[0], want[1], g)
		}
	}
	percent := func(wave, of, among string) int {
		return d.count(t, `SELECT toUInt64(round(100 * countIf(`+of+`) / count())) FROM responses FINAL WHERE campaign = 'feicheng' AND wave = ? AND `+among, wave)
	}
	between := func(what string, got, low, high int) {
		t.Logf("%s: %d %%", what, got)
		if got < low || got > high {
			t.Errorf("%s is %d %%, expected %d to %d", what, got, low, high)
		}
	}
	const knows = `choices['aware'] = ['knows']`
	between("who knows in the first wave", percent("w1", knows, "1"), 44, 52)
	between("who knows in the second", percent("w2", knows, "1"), 62, 70)
	between("people passing through who know", percent("w1", knows, "stratum = 'window'"), 12, 32)
	for _, item := range []string{"river", "waterside", "drinking", "saving", "publicity", "government", "overall"} {
		between("satisfied with "+item, percent("w1", `choices['sat_`+item+`'][1] IN ('very', 'fairly')`, "1"), 70, 92)
		between("no opinion on "+item, percent("w1", `choices['sat_`+item+`'] = ['unsure']`, "1"), 2, 9)
	}
	between("satisfied with drainage", percent("w1", `choices['sat_drainage'][1] IN ('very', 'fairly')`, "1"), 60, 74)
	between("who saw nothing", percent("w1", `choices['carriers'] = ['none']`, "1"), 3, 20)
	between("sheets with an open question", percent("w1", `disposition = 'partial'`, "1"), 0, 4)
	between("who suggest something", percent("w2", `texts['suggestion'] != ''`, "1"), 15, 30)
	if n := d.count(t, `SELECT count() FROM responses FINAL WHERE length(choices['activities']) > 0 AND choices['took_part'] != ['yes']`); n != 0 {
		t.Errorf("%d sheets tell activities of people who took part in none", n)
	}
	if n := d.count(t, `SELECT count() FROM responses FINAL WHERE texts['carriers.other'] != ''`); n < 5 {
		t.Errorf("only %d sheets have words beside 其他", n)
	}
}
