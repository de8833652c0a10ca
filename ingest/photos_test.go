package ingest

import (
	"bytes"
	"errors"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse/clickhousetest"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/seeds/picture"
)

// photoBench has a clerk, a rule for banners, and a banner that stands at a gate.
type photoBench struct {
	*bench
	clerk audit.Actor
	today time.Time
	gate  placement.Position
}

func newPhotoBench(t testing.TB) *photoBench {
	t.Helper()
	b := &photoBench{bench: newBench(t), gate: placement.Position{Longitude: 116.7712, Latitude: 36.1803, Datum: placement.WGS84},
		clerk: audit.Actor{ID: "li", Name: "李办事员", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "zhujianju"},
		today: time.Date(2014, 9, 20, 2, 0, 0, 0, time.UTC)}
	for i, c := range b.plan.Carriers {
		if c.ID == "tiaofu" {
			b.plan.Carriers[i].Rule = campaign.Rule{Photos: campaign.Sourced[int]{Value: 1}, Near: campaign.Sourced[int]{Value: 300}, Interval: campaign.Sourced[int]{Value: 30}}
		}
	}
	b.Ingest = b.At(func() time.Time { return b.today })
	return b
}

func (b *photoBench) log(t testing.TB, id uuid.UUID, place string, bends ...func(*placement.Placement)) placement.Placement {
	t.Helper()
	gate := b.gate
	p := placement.Placement{ID: id, Task: "社会宣传1", Unit: "zhujianju", Carrier: "tiaofu", CarrierText: "宣传条幅", Place: place,
		Quantity: 3, Measure: "条", Start: time.Date(2014, 9, 5, 0, 0, 0, 0, time.UTC), Position: &gate}
	for _, bend := range bends {
		bend(&p)
	}
	held, _, err := b.Placement(t.Context(), b.clerk, b.plan, p)
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func (b *photoBench) add(t testing.TB, id uuid.UUID, file []byte, meta PhotoMeta) placement.Photo {
	t.Helper()
	b.today = b.today.Add(time.Second) // which of two came first is told by the clock
	p, created, err := b.Photo(t.Context(), b.clerk, b.plan, id, meta, bytes.NewReader(file))
	if err != nil || !created {
		t.Fatalf("add a photo: created %t, %v", created, err)
	}
	return p
}

// atGate is a fix of the browser, so many metres away.
func (b *photoBench) atGate(metres float64) PhotoMeta {
	accuracy := 15.0
	p := b.gate
	p.Latitude += metres / 111_195
	return PhotoMeta{Source: placement.FromCamera, Position: &p, Accuracy: &accuracy}
}

func scene(seed uint64, m *picture.Metadata) []byte {
	return picture.Picture(picture.Scene{Seed: seed}, 640, 480, m)
}

func TestAPhotoIsKeptCopiedGradedAndTold(t *testing.T) {
	b := newPhotoBench(t)
	held := b.log(t, uuid.New(), "康王河公园南门")
	file := scene(1, nil)
	p := b.add(t, held.ID, file, b.atGate(40))
	if p.Grade != placement.GradeA || !slices.Equal(p.Reasons, []string{placement.ReasonCamera, placement.ReasonNear}) || p.Distance == nil || *p.Distance != 40 {
		t.Errorf("grade %s because of %v, distance %v", p.Grade, p.Reasons, p.Distance)
	}
	stored, err := b.standing.Photo(t.Context(), "feicheng", p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if stored.Grade != p.Grade || !stored.TakenAt.Equal(b.today) || stored.DHash != p.DHash || stored.Width != 640 || !stored.ProvesOn.Equal(civil(b.today)) {
		t.Errorf("stored as %+v", stored)
	}
	original, err := b.Originals().Open(p.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer original.Close()
	whole, err := io.ReadAll(io.NewSectionReader(original, 0, original.Size))
	if err != nil || !bytes.Equal(whole, file) {
		t.Error("the original is not what was sent")
	}
	lines := []string{"市住建局 · 康王河公园南门", "2014-09-20 10:00"}
	for _, kind := range []Copy{Thumb, Screen, Marked} {
		first, err := b.PhotoCopy(t.Context(), p, kind, lines)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(b.photos.copies.dir()); err != nil {
			t.Fatal(err)
		}
		again, err := b.PhotoCopy(t.Context(), p, kind, lines)
		if err != nil || !bytes.Equal(first, again) {
			t.Errorf("%s: made again it is another copy, %v", kind, err)
		}
		if _, err := jpeg.Decode(bytes.NewReader(first)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if n := b.count(t, `SELECT count() FROM audit_events WHERE verb = 'photo.add' AND thing = ? AND actor = 'li' AND before = ''`, p.ID.String()); n != 1 {
		t.Errorf("%d events of the photo", n)
	}
}

func TestUploadsAreGradedByWhatTheyBring(t *testing.T) {
	b := newPhotoBench(t)
	held := b.log(t, uuid.New(), "康王河公园南门")
	seed := uint64(10)
	check := func(meta PhotoMeta, m *picture.Metadata, grade placement.Grade, reasons ...string) {
		t.Helper()
		seed++
		if p := b.add(t, held.ID, scene(seed, m), meta); p.Grade != grade || !slices.Equal(p.Reasons, reasons) {
			t.Errorf("grade %s because of %v, want %s because of %v", p.Grade, p.Reasons, grade, reasons)
		}
	}
	upload := PhotoMeta{Source: placement.FromUpload}
	day := func(d int) *picture.Metadata {
		return &picture.Metadata{Model: "P7", Taken: time.Date(2014, 9, d, 9, 0, 0, 0, shanghai)}
	}
	check(upload, nil, placement.GradeC, placement.ReasonNoMetadata)
	check(upload, day(18), placement.GradeB, placement.ReasonInFlight)
	check(upload, day(1), placement.GradeX, placement.ReasonOutside)
	check(upload, day(28), placement.GradeC, placement.ReasonFuture)
	far := day(18)
	far.Located, far.Longitude, far.Latitude = true, 117, 36
	check(upload, far, placement.GradeX, placement.ReasonInFlight, placement.ReasonFar)
	// A phone's picture that says it was taken in the page was not; its fix isn't believed.
	check(b.atGate(0), day(18), placement.GradeB, placement.ReasonInFlight, placement.ReasonNotCamera)
	// A browser's fix is of where somebody uploads, not of where the picture was taken.
	sitting := b.atGate(0)
	sitting.Source = placement.FromUpload
	check(sitting, nil, placement.GradeC, placement.ReasonNoMetadata)
	nowhere := b.atGate(0)
	nowhere.Position = &placement.Position{Datum: placement.WGS84}
	check(nowhere, nil, placement.GradeB, placement.ReasonCamera, placement.ReasonNoFix, placement.ReasonPositionUnset)
}

func TestTheSamePhotoAgainIsOnePhoto(t *testing.T) {
	b := newPhotoBench(t)
	held, other := b.log(t, uuid.New(), "南门"), b.log(t, uuid.New(), "北门")
	file := scene(1, nil)
	meta := b.atGate(0)
	meta.ID = uuid.New()
	first := b.add(t, held.ID, file, meta)
	send := func(id uuid.UUID, meta PhotoMeta, file []byte) (placement.Photo, bool, error) {
		return b.Photo(t.Context(), b.clerk, b.plan, id, meta, bytes.NewReader(file))
	}
	if p, created, err := send(held.ID, meta, file); err != nil || created || p.ID != first.ID || !p.RecordedAt.Equal(first.RecordedAt) {
		t.Errorf("the same id and content again: created %t, %v", created, err)
	}
	if p, created, err := send(held.ID, b.atGate(0), file); err != nil || created || p.ID != first.ID {
		t.Errorf("the same file under another id: created %t as %s, %v", created, p.ID, err)
	}
	if _, _, err := send(held.ID, meta, scene(2, nil)); kindOf(err) != problem.KindConflict {
		t.Errorf("another file under the same id: %v", err)
	}
	if _, _, err := send(other.ID, meta, file); kindOf(err) != problem.KindConflict {
		t.Errorf("the same id for another placement: %v", err)
	}
	if n := b.count(t, `SELECT count() FROM photos FINAL`); n != 1 {
		t.Errorf("%d photos", n)
	}
	if n := b.count(t, `SELECT count() FROM audit_events WHERE kind = 'photo'`); n != 1 {
		t.Errorf("%d events", n)
	}
}

// Two tabs, a nervous finger, a queue that doesn't know whether it was heard.
func TestOnePhotoUploadedByManyAtOnce(t *testing.T) {
	b := newPhotoBench(t)
	held := b.log(t, uuid.New(), "南门")
	file := scene(1, nil)
	id := uuid.New()
	var all sync.WaitGroup
	var mu sync.Mutex
	created, ids := 0, map[uuid.UUID]bool{}
	for i := range 8 {
		meta := b.atGate(0)
		if i%2 == 0 {
			meta.ID = id
		}
		all.Go(func() {
			p, fresh, err := b.Photo(t.Context(), b.clerk, b.plan, held.ID, meta, bytes.NewReader(file))
			if err != nil {
				t.Errorf("one of many: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[p.ID] = true
			if fresh {
				created++
			}
		})
	}
	all.Wait()
	if created != 1 || len(ids) != 1 {
		t.Errorf("%d of 8 are told theirs is new, under %d ids", created, len(ids))
	}
	if n := b.count(t, `SELECT count() FROM photos`); n != 1 {
		t.Errorf("%d rows", n)
	}
	if n := b.count(t, `SELECT count() FROM audit_events WHERE verb = 'photo.add'`); n != 1 {
		t.Errorf("%d events", n)
	}
}

// The token is what holds two servers on one cluster to one row; here the lock is passed by.
func TestTwoServersWriteOneRow(t *testing.T) {
	b := newPhotoBench(t)
	held := b.log(t, uuid.New(), "南门")
	p := placement.Photo{ID: uuid.New(), Campaign: "feicheng", Revision: 1, Placement: held.ID, Unit: "zhujianju", State: placement.PhotoKept,
		SHA256: strings.Repeat("ab", 32), Grade: placement.GradeC, Source: placement.FromUpload, ProvesOn: civil(b.today), RecordedAt: b.today}
	first, created, err := b.addPhoto(t.Context(), b.clerk, p, 0)
	if err != nil || !created {
		t.Fatalf("created %t, %v", created, err)
	}
	p.ID = uuid.New()
	second, created, err := b.addPhoto(t.Context(), b.clerk, p, 0)
	if err != nil || created || second.ID != first.ID {
		t.Errorf("the second server: created %t as %s, %v", created, second.ID, err)
	}
	// The engine knows the token and was killed before it had the row.
	for range 2 {
		clickhousetest.Lose(t, b.db, "photos", "1")
		p.ID = uuid.New()
		if _, created, err = b.addPhoto(t.Context(), b.clerk, p, 0); err != nil || !created {
			t.Errorf("after it was lost: created %t, %v", created, err)
		}
		if kept, err := b.standing.HasPhoto(t.Context(), "feicheng", p.ID); err != nil || !kept {
			t.Errorf("kept: %t, %v", kept, err)
		}
	}
	set, err := b.SetPhotoAside(t.Context(), b.clerk, b.plan, p.ID, "拍糊了")
	if err != nil || set.Revision != 2 {
		t.Fatalf("revision %d, %v", set.Revision, err)
	}
	clickhousetest.Lose(t, b.db, "photos", "revision = 2")
	p.Revision, p.State = 1, placement.PhotoKept
	if err := b.db.Insert(t.Context(), insertPhotos, func(batch driver.Batch) error { return appendPhoto(batch, p) }); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SetPhotoAside(t.Context(), b.clerk, b.plan, p.ID, "拍糊了"); err != nil {
		t.Fatal(err)
	}
	if now, err := b.standing.Photo(t.Context(), "feicheng", p.ID); err != nil || now.State != placement.PhotoSetAside {
		t.Errorf("set aside again: %+v, %v", now, err)
	}
}

func TestAPictureUsedElsewhereIsContradicted(t *testing.T) {
	b := newPhotoBench(t)
	mine, other := b.log(t, uuid.New(), "南门"), b.log(t, uuid.New(), "北门")
	first := b.add(t, mine.ID, scene(1, nil), b.atGate(0))
	if p := b.add(t, other.ID, scene(2, nil), b.atGate(0)); p.Grade != placement.GradeA || p.Twins != nil {
		t.Errorf("another picture: grade %s, twins %v", p.Grade, p.Twins)
	}
	same := b.add(t, other.ID, scene(1, nil), b.atGate(0))
	if same.Grade != placement.GradeX || same.Reasons[0] != placement.ReasonSame || !slices.Equal(same.Twins, []uuid.UUID{first.ID}) {
		t.Errorf("the same file: grade %s because of %v, twins %v", same.Grade, same.Reasons, same.Twins)
	}
	smaller := b.add(t, other.ID, picture.Picture(picture.Scene{Seed: 1}, 400, 300, nil), b.atGate(0))
	if smaller.Grade != placement.GradeX || !slices.Contains(smaller.Twins, first.ID) {
		t.Errorf("the same picture, smaller: grade %s because of %v", smaller.Grade, smaller.Reasons)
	}
	// Another size for one's own placement is no fraud.
	if p := b.add(t, mine.ID, picture.Picture(picture.Scene{Seed: 1}, 320, 240, nil), b.atGate(0)); slices.Contains(p.Twins, first.ID) {
		t.Errorf("a placement's own picture is its twin: %v", p.Twins)
	}
	// The first was a mistake: what was called a copy of it is one no more.
	if _, err := b.SetPhotoAside(t.Context(), b.clerk, b.plan, first.ID, "传错了地方"); err != nil {
		t.Fatal(err)
	}
	now, err := b.standing.Photo(t.Context(), "feicheng", same.ID)
	if err != nil || now.Grade != placement.GradeA || now.Revision != 2 || !now.RecordedAt.Equal(same.RecordedAt) {
		t.Errorf("after the first was set aside: grade %s because of %v, revision %d, %v", now.Grade, now.Reasons, now.Revision, err)
	}
}

// People log at the wrong task, withdraw, and log again with the same picture.
func TestAPictureMovesFromAWithdrawnEntry(t *testing.T) {
	b := newPhotoBench(t)
	wrong, right := b.log(t, uuid.New(), "南门"), b.log(t, uuid.New(), "北门")
	b.add(t, wrong.ID, scene(1, nil), b.atGate(0))
	p := b.add(t, right.ID, scene(1, nil), b.atGate(0))
	if p.Grade != placement.GradeX {
		t.Fatalf("grade %s while both stand", p.Grade)
	}
	withdraw := []placement.Verdict{{Placement: wrong.ID, Verb: placement.Withdraw, Note: "登记错了任务", Expected: 1}}
	if done, err := b.Review(t.Context(), b.clerk, b.plan, withdraw); err != nil || done[0].Err != nil {
		t.Fatal(done, err)
	}
	if now, err := b.standing.Photo(t.Context(), "feicheng", p.ID); err != nil || now.Grade != placement.GradeA {
		t.Errorf("grade %s because of %v once the first is withdrawn, %v", now.Grade, now.Reasons, err)
	}
	if _, _, err := b.Photo(t.Context(), b.clerk, b.plan, wrong.ID, b.atGate(0), bytes.NewReader(scene(3, nil))); kindOf(err) != problem.KindConflict {
		t.Errorf("a photo for a withdrawn placement: %v", err)
	}
}

func TestPhotosAreGradedAnewWithTheirPlacement(t *testing.T) {
	b := newPhotoBench(t)
	id := uuid.New()
	early := b.add(t, id, scene(1, nil), b.atGate(0)) // the form uploads while one types
	if early.Grade != placement.GradeB || !slices.Contains(early.Reasons, placement.ReasonNoPlacement) || early.Unit != "zhujianju" {
		t.Errorf("before the placement: grade %s because of %v, unit %s", early.Grade, early.Reasons, early.Unit)
	}
	now := func() placement.Photo {
		t.Helper()
		p, err := b.standing.Photo(t.Context(), "feicheng", early.ID)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	held := b.log(t, id, "南门")
	if p := now(); p.Grade != placement.GradeA || p.Revision != 2 {
		t.Errorf("with the placement: grade %s because of %v, revision %d", p.Grade, p.Reasons, p.Revision)
	}
	revise := func(bend func(*placement.Placement)) {
		t.Helper()
		bend(&held)
		var err error
		if held, err = b.RevisePlacement(t.Context(), b.clerk, b.plan, held, held.Revision); err != nil {
			t.Fatal(err)
		}
	}
	revise(func(p *placement.Placement) { p.Remark = "近路灯" })
	if p := now(); p.Revision != 2 {
		t.Errorf("a remark made revision %d of the photo", p.Revision)
	}
	revise(func(p *placement.Placement) {
		p.Position = &placement.Position{Longitude: 117, Latitude: 36, Datum: placement.GCJ02}
	})
	if p := now(); p.Grade != placement.GradeX || !slices.Contains(p.Reasons, placement.ReasonFar) {
		t.Errorf("the place moved away: grade %s because of %v", p.Grade, p.Reasons)
	}
	revise(func(p *placement.Placement) { p.Position, p.Start = nil, time.Date(2014, 10, 1, 0, 0, 0, 0, time.UTC) })
	if p := now(); p.Grade != placement.GradeX || !slices.Contains(p.Reasons, placement.ReasonOutside) {
		t.Errorf("the flight moved away: grade %s because of %v", p.Grade, p.Reasons)
	}
	// Grading has no event of its own: log, three revisions, one photo.
	if n := b.count(t, `SELECT count() FROM audit_events WHERE kind IN ('photo', 'placement')`); n != 5 {
		t.Errorf("%d events, want 5", n)
	}
}

func TestPhotosAreTheUnitsOwn(t *testing.T) {
	b := newPhotoBench(t)
	held := b.log(t, uuid.New(), "南门")
	p := b.add(t, held.ID, scene(1, nil), b.atGate(0))
	stranger := audit.Actor{ID: "zhao", Role: audit.RoleUnit, Campaign: "feicheng", Unit: "jiaoyuju"}
	if _, _, err := b.Photo(t.Context(), stranger, b.plan, held.ID, b.atGate(0), bytes.NewReader(scene(2, nil))); kindOf(err) != problem.KindNotFound {
		t.Errorf("another unit adds a photo: %v", err)
	}
	if _, err := b.SetPhotoAside(t.Context(), stranger, b.plan, p.ID, "不要"); kindOf(err) != problem.KindNotFound {
		t.Errorf("another unit sets a photo aside: %v", err)
	}
	// An id made from content can be guessed before its ledger is imported.
	if _, _, err := b.Photo(t.Context(), stranger, b.plan, held.ContentID(), b.atGate(0), bytes.NewReader(scene(2, nil))); kindOf(err) != problem.KindNotFound {
		t.Errorf("a photo for a ledger that is still to come: %v", err)
	}
	// Sent ahead to an id that another unit then logs under: it is none of theirs.
	id := uuid.New()
	ahead, _, err := b.Photo(t.Context(), stranger, b.plan, id, b.atGate(0), bytes.NewReader(scene(3, nil)))
	if err != nil {
		t.Fatal(err)
	}
	b.today = b.today.Add(time.Minute)
	b.log(t, id, "东门")
	if now, err := b.standing.Photo(t.Context(), "feicheng", ahead.ID); err != nil || now.State != placement.PhotoSetAside || now.Unit != "jiaoyuju" {
		t.Errorf("a stranger's photo is %s of %s, %v", now.State, now.Unit, err)
	}
	if _, err := b.SetPhotoAside(t.Context(), office, b.plan, p.ID, "  "); kindOf(err) != problem.KindInvalid {
		t.Errorf("set aside without a reason: %v", err)
	}
	aside, err := b.SetPhotoAside(t.Context(), office, b.plan, p.ID, "看不清")
	if err != nil || aside.State != placement.PhotoSetAside || aside.Note != "看不清" {
		t.Errorf("the office sets aside: %+v, %v", aside, err)
	}
	if _, err := b.SetPhotoAside(t.Context(), b.clerk, b.plan, p.ID, "看不清"); err != nil {
		t.Errorf("set aside twice: %v", err)
	}
	if n := b.count(t, `SELECT count() FROM audit_events WHERE verb = 'photo.set-aside'`); n != 1 {
		t.Errorf("%d events of setting aside", n)
	}
	// The same file may come again after that.
	if again := b.add(t, held.ID, scene(1, nil), b.atGate(0)); again.ID == p.ID || again.State != placement.PhotoKept {
		t.Errorf("again after it was set aside: %s %s", again.ID, again.State)
	}
}

func TestNoMorePhotosThanMakeSense(t *testing.T) {
	b := newPhotoBench(t)
	held := b.log(t, uuid.New(), "南门")
	small := func(i int) []byte { return picture.Picture(picture.Scene{Seed: uint64(i)}, 64, 48, nil) }
	for i := range 20 {
		b.add(t, held.ID, small(i), b.atGate(0))
	}
	if _, _, err := b.Photo(t.Context(), b.clerk, b.plan, held.ID, b.atGate(0), bytes.NewReader(small(20))); kindOf(err) != problem.KindConflict {
		t.Errorf("the 21st: %v", err)
	}
	if _, created, err := b.Photo(t.Context(), b.clerk, b.plan, held.ID, b.atGate(0), bytes.NewReader(small(3))); err != nil || created {
		t.Errorf("one that is there already: created %t, %v", created, err)
	}
	b.today = b.today.AddDate(0, 0, 31) // proof has grown old and is renewed
	b.add(t, held.ID, small(21), b.atGate(0))
}

// What can't be taken leaves nothing: no row, no event, no file.
func TestARefusedPhotoLeavesNothing(t *testing.T) {
	b := newPhotoBench(t)
	held := b.log(t, uuid.New(), "南门")
	good := scene(1, nil)
	for name, one := range map[string]struct {
		body io.Reader
		kind problem.Kind
	}{
		"an SVG":        {strings.NewReader("<svg xmlns='http://www.w3.org/2000/svg'/>"), problem.KindInvalid},
		"half a JPEG":   {bytes.NewReader(good[:len(good)/2]), problem.KindInvalid},
		"21 MB":         {io.MultiReader(bytes.NewReader(good), io.LimitReader(zeros{}, 21<<20)), problem.KindTooLarge},
		"a broken line": {io.MultiReader(bytes.NewReader(good[:100]), brokenLine{}), problem.KindInvalid},
		"nothing":       {strings.NewReader(""), problem.KindInvalid},
	} {
		if _, _, err := b.Photo(t.Context(), b.clerk, b.plan, held.ID, b.atGate(0), one.body); kindOf(err) != one.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := b.count(t, `SELECT count() FROM photos`) + b.count(t, `SELECT count() FROM audit_events WHERE kind = 'photo'`); n != 0 {
		t.Errorf("%d rows and events", n)
	}
	if files, _ := filepath.Glob(filepath.Join(b.Originals().dir, "*")); len(files) != 0 {
		t.Errorf("left in the folder of originals: %v", files)
	}
	b.add(t, held.ID, append(slices.Clone(good), make([]byte, 1<<20)...), b.atGate(0)) // something behind the end
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

type brokenLine struct{}

func (brokenLine) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

// resaved is a picture as a program writes it again: other bytes, the same view.
func resaved(t testing.TB, file []byte) []byte {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(file))
	var b bytes.Buffer
	if err := errors.Join(err, jpeg.Encode(&b, img, &jpeg.Options{Quality: 70})); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAPictureSentAgainProvesItsFirstDay: a picture of the first day, saved anew or with
// its first row set aside, doesn't prove the fiftieth; a new shot of the same board does.
func TestAPictureSentAgainProvesItsFirstDay(t *testing.T) {
	b := newPhotoBench(t)
	p := b.log(t, uuid.New(), "康王河公园东门")
	first := b.add(t, p.ID, scene(1, nil), PhotoMeta{Source: placement.FromUpload})
	day := first.ProvesOn
	b.today = b.today.AddDate(0, 0, 50)
	check := func(what string, file []byte, reused bool) {
		t.Helper()
		got := b.add(t, p.ID, file, PhotoMeta{Source: placement.FromUpload})
		if slices.Contains(got.Reasons, placement.ReasonReused) != reused || got.ProvesOn.Equal(day) != reused || got.Grade == placement.GradeX {
			t.Errorf("%s: grade %s for %v, proves %s", what, got.Grade, got.Reasons, got.ProvesOn.Format(time.DateOnly))
		}
	}
	check("saved anew", resaved(t, scene(1, nil)), true)
	check("another shot", scene(2, nil), false)
	check("the same view, taken later", scene(1, &picture.Metadata{Taken: b.today.Add(-time.Hour)}), false)
	if _, err := b.SetPhotoAside(t.Context(), b.clerk, b.plan, first.ID, "拍错了"); err != nil {
		t.Fatal(err)
	}
	check("the same file after its row was set aside", scene(1, nil), true)
}
