package dossiers

import (
	"archive/zip"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/chromium"
	"shuixuan/app/clickhouse"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/dossier"
	"shuixuan/app/job"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	content "shuixuan/dashboards/dossier"
	"shuixuan/dashboards/seal"
	"shuixuan/ingest"
	"shuixuan/seeds"
	"shuixuan/seeds/picture"
)

// office is a campaign with its intake and its dossiers.
type office struct {
	*Dossiers
	t     *testing.T
	db    *clickhouse.DB
	in    *ingest.Ingest
	plan  *campaign.Plan
	wave  survey.Wave
	q     survey.Questionnaire
	actor audit.Actor
	key   ed25519.PrivateKey
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db := clickhousetest.Open(t)
	log := audit.NewLog(db)
	units := org.NewStore(db, log)
	campaigns, surveys := campaign.NewStore(db, log, units), survey.NewStore(db, log)
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
	o := &office{t: t, db: db, in: in, actor: audit.System("test"), key: ed25519.NewKeyFromSeed([]byte("a seed of thirty-two bytes, known"[:32]))}
	for name, kind := range map[string]ingest.Kind{"units.yaml": ingest.Units} {
		o.define(name, kind)
	}
	o.define("plan.yaml", ingest.Plan)
	o.define("questionnaire.yaml", ingest.Questions)
	if o.plan, err = campaigns.Plan(t.Context(), "feicheng"); err != nil {
		t.Fatal(err)
	}
	held, err := surveys.Wave(t.Context(), "feicheng", "w1")
	if err != nil {
		t.Fatal(err)
	}
	o.wave = held.Thing
	if o.q, err = surveys.Questionnaire(t.Context(), "feicheng", o.wave.Questionnaire, o.wave.Version); err != nil {
		t.Fatal(err)
	}
	o.Dossiers = New(Parts{DB: db, Log: log, Ingest: in, Folder: filepath.Join(t.TempDir(), "dossiers"), Version: "v1", Key: func() (ed25519.PrivateKey, error) { return o.key, nil },
		Settling: -1}) // nothing is on its way when a test asks
	return o
}

func (o *office) define(name string, kind ingest.Kind) {
	o.t.Helper()
	body, err := fs.ReadFile(seeds.FS, "feicheng/"+name)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.in.Definitions(o.t.Context(), o.actor, kind, "feicheng", "", name, body, false); err != nil {
		o.t.Fatal(err)
	}
}

// log logs a placement with a photo.
func (o *office) log(place string, seed uint64) placement.Placement {
	o.t.Helper()
	day := time.Now().UTC().Truncate(24 * time.Hour)
	p, _, err := o.in.Placement(o.t.Context(), o.actor, o.plan, placement.Placement{ID: uuid.New(), Campaign: "feicheng", Task: "社会宣传1", Unit: "zhujianju", Carrier: "hengfu", CarrierText: "宣传横幅",
		Place: place, Quantity: 3, Measure: "条", Start: day.AddDate(0, 0, -3)})
	if err != nil {
		o.t.Fatal(err)
	}
	if _, _, err := o.in.Photo(o.t.Context(), o.actor, o.plan, p.ID, ingest.PhotoMeta{ID: uuid.New(), File: "牌.jpg", Source: placement.FromUpload}, strings.NewReader(string(picture.Picture(picture.Scene{Seed: seed}, 320, 240, nil)))); err != nil {
		o.t.Fatal(err)
	}
	return p
}

// answer enters a response; codes go round the options.
func (o *office) answer(n int) {
	o.t.Helper()
	r := survey.Response{ID: uuid.New(), Campaign: "feicheng", Wave: o.wave.ID, Mode: survey.API, Choices: map[string][]string{}}
	for i, q := range o.q.Items() {
		if q.Choice() && q.ShowIf == nil && q.SkipIf == nil {
			r.Choices[q.Name] = []string{q.Options[(n+i)%len(q.Options)].Code}
		}
	}
	if _, _, err := o.in.Response(o.t.Context(), o.actor, o.plan, o.wave, o.q, r); err != nil {
		o.t.Fatal(err)
	}
}

// sealed waits for a dossier to be no longer on its way.
func (o *office) ended(id string) dossier.Dossier {
	o.t.Helper()
	for range 1200 {
		held, err := o.Dossier(o.t.Context(), "feicheng", id)
		if err != nil {
			o.t.Fatal(err)
		}
		if _, going := o.Pace(o.t.Context(), held.Thing); held.Thing.State != dossier.Sealing && !going {
			return held.Thing
		}
		time.Sleep(50 * time.Millisecond)
	}
	o.t.Fatal("the sealing doesn't end")
	return dossier.Dossier{}
}

func (o *office) begin() dossier.Dossier {
	o.t.Helper()
	one, err := o.Begin(o.t.Context(), o.actor, "feicheng")
	if err != nil {
		o.t.Fatal(err)
	}
	return one
}

func (o *office) seal(id string) error {
	o.t.Helper()
	held, err := o.Dossier(o.t.Context(), "feicheng", id)
	if err != nil {
		o.t.Fatal(err)
	}
	return o.Seal(o.t.Context(), o.actor, held, held.Revision)
}

// files are the hashes of the files of a sealed dossier, by name.
func (o *office) files(one dossier.Dossier) map[string]string {
	o.t.Helper()
	file, err := o.Open(one)
	if err != nil {
		o.t.Fatal(err)
	}
	defer file.Close()
	archive, err := zip.NewReader(file, one.Bytes)
	if err != nil {
		o.t.Fatal(err)
	}
	opened, err := archive.Open(seal.ManifestName)
	if err != nil {
		o.t.Fatal(err)
	}
	var m seal.Manifest
	if err := json.NewDecoder(opened).Decode(&m); err != nil {
		o.t.Fatal(err)
	}
	all := map[string]string{"the head of the trail": m.Audit.Hash}
	for _, f := range m.Files {
		all[f.Name] = f.SHA256
	}
	return all
}

// hostile is what a place may be called.
const hostile = "一个名字写得特别长的地方，长到六十个字，谁也不知道为什么要这样写，可是表格里就是这样写的，😀]]><script>&amp;"

// TestADossierIsMadeAgain: the same cut-off gives the same bytes, whatever has come since; the
// file verifies, and says which passages the office wrote.
func TestADossierIsMadeAgain(t *testing.T) {
	o := newOffice(t)
	if chromium.Path() != "" { // with its PDFs
		o.Printer = chromium.New(nil)
		t.Cleanup(o.Printer.Close)
	}
	o.log(hostile, 1)
	second := o.log("龙山河桥头", 2)
	for n := range 12 {
		o.answer(n)
	}
	one := o.begin()
	held, err := o.Dossier(t.Context(), "feicheng", one.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Write(t.Context(), o.actor, held, map[string]string{"remedies": "由市住建局在月底前补齐。"}, held.Revision); err != nil {
		t.Fatal(err)
	}
	if err := o.Write(t.Context(), o.actor, held, map[string]string{"remedies": "另一个人的改动"}, held.Revision); err == nil {
		t.Error("who wrote first was overwritten")
	}
	if err := o.seal(one.ID); err != nil {
		t.Fatal(err)
	}
	first := o.ended(one.ID)
	if first.State != dossier.Sealed {
		t.Fatalf("%+v", first)
	}

	before := o.files(first)
	// Everything goes on.
	o.log("范蠡公园", 3)
	if _, err := o.in.Review(t.Context(), o.actor, o.plan, []placement.Verdict{{Placement: second.ID, Expected: second.Revision, Verb: placement.Accept}}); err != nil {
		t.Fatal(err)
	}
	o.answer(40)
	again, err := o.make(t.Context(), first, func(int64, int64, string) {})
	if err != nil || again.SHA256 != first.SHA256 {
		t.Errorf("made again it is %s, %v; it was %s", again.SHA256, err, first.SHA256)
		for name, sum := range o.files(again) {
			if before[name] != sum {
				t.Errorf("another content: %s", name)
			}
		}
		return
	}

	file, err := o.Open(first)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil || hex.EncodeToString(sum.Sum(nil)) != first.SHA256 {
		t.Error("the file isn't what the dossier says of it", err)
	}
	found, err := seal.Verify(file, size, o.key.Public().(ed25519.PublicKey))
	if err != nil || !found.Sound || len(found.Sealed.Edited) != 1 || found.Sealed.Edited[0].Is != "由市住建局在月底前补齐。" {
		t.Errorf("%+v %v", found, err)
	}
	archive, err := zip.NewReader(file, size)
	if err != nil {
		t.Fatal(err)
	}
	var index []content.IndexEntry
	opened, err := archive.Open(content.IndexName)
	if err == nil {
		err = json.NewDecoder(opened).Decode(&index)
	}
	if err != nil || len(index) != 2 || len(index[0].Photos) != 1 {
		t.Fatalf("%+v %v", index, err)
	}
	for _, e := range index { // the photo lies there untouched
		photo, err := archive.Open(e.Photos[0].Path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, photo); err != nil || hex.EncodeToString(sum.Sum(nil)) != e.Photos[0].SHA256 {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
	if err := o.seal(one.ID); err == nil {
		t.Error("it was sealed twice")
	}
}

// TestAnEmptyCampaign can be sealed too, and says that there is nothing.
func TestAnEmptyCampaign(t *testing.T) {
	o := newOffice(t)
	one := o.begin()
	if err := o.seal(one.ID); err != nil {
		t.Fatal(err)
	}
	if got := o.ended(one.ID); got.State != dossier.Sealed {
		t.Errorf("%+v", got)
	}
}

// TestASealingThatIsBroken: cancelled it is a draft again; a stop of the program doesn't end
// it; what can't be written is told in words, and nothing is left of it.
func TestASealingThatIsBroken(t *testing.T) {
	o := newOffice(t)
	o.log("龙山河桥头", 2)
	one := o.begin()
	release := o.Hold()
	if err := o.seal(one.ID); err != nil {
		t.Fatal(err)
	}
	held, err := o.Dossier(t.Context(), "feicheng", one.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Cancel(t.Context(), o.actor, held); err != nil {
		t.Fatal(err)
	}
	if got := o.ended(one.ID); got.State != dossier.Draft || !strings.Contains(got.Reason, "取消") {
		t.Errorf("%+v", got)
	}

	// The program stops while it waits, and begins again.
	if err := o.seal(one.ID); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	release()
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(o.Folder, temporary+"x")
	if err := os.WriteFile(torn, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	back := New(o.Parts)
	if err := back.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.Dossiers = back
	if got := o.ended(one.ID); got.State != dossier.Sealed {
		t.Errorf("after the stop: %+v", got)
	}
	if _, err := os.Stat(torn); !errors.Is(err, fs.ErrNotExist) {
		t.Error("half a file of before is still there")
	}

	another := o.begin()
	o.Folder = filepath.Join(torn, "no folder") // below what is no folder
	if err := os.WriteFile(torn, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.seal(another.ID); err != nil {
		t.Fatal(err)
	}
	if got := o.ended(another.ID); got.State != dossier.Draft || got.Reason == "" {
		t.Errorf("without a folder: %+v", got)
	}
	o.Key = func() (ed25519.PrivateKey, error) {
		return nil, problem.Unavailable("没有签名的密钥", "请系统管理员处理。")
	}
	if err := o.seal(another.ID); err == nil {
		t.Error("it was sealed without a key")
	}
}

// TestTwoAtOnce wait for each other.
func TestTwoAtOnce(t *testing.T) {
	o := newOffice(t)
	o.log("龙山河桥头", 2)
	a, b := o.begin(), o.begin()
	for _, id := range []string{a.ID, b.ID} {
		if err := o.seal(id); err != nil {
			t.Fatal(err)
		}
	}
	if x, y := o.ended(a.ID), o.ended(b.ID); x.State != dossier.Sealed || y.State != dossier.Sealed || x.SHA256 == y.SHA256 {
		t.Errorf("%+v\n%+v", x, y)
	}
	if _, err := o.Now(t.Context(), o.actor, "feicheng", []string{"no such wave"}, func(int64, int64, string) {}); err == nil {
		t.Error("a wave that isn't there was sealed")
	}
	if _, err := o.Now(t.Context(), o.actor, "feicheng", []string{"w1"}, job.Step(func(int64, int64, string) {})); err != nil {
		t.Error(err)
	}
}
