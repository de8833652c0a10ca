package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/ingest/photo"
)

// photoDesk is what photos need beside the database.
type photoDesk struct {
	darkroom *photo.Darkroom
	copies   *copies
	// locks make looking up what is there and adding what is not one act, for the photos of
	// a placement. Two servers on one cluster are told apart by the deduplication token.
	locks [64]sync.Mutex
}

func newPhotoDesk(o *Originals) *photoDesk {
	return &photoDesk{darkroom: photo.NewDarkroom(), copies: &copies{o}}
}

func (d *photoDesk) lock(id uuid.UUID) *sync.Mutex {
	h := fnv.New32a()
	h.Write(id[:])
	return &d.locks[h.Sum32()%uint32(len(d.locks))]
}

// near is what is asked of ClickHouse as a twin.
var near = placement.Nearness{D: photo.AlikeD, P: photo.AlikeP}

// PhotoMeta is what comes with the bytes of a photo. ID was made by the client. Position
// and Accuracy (metres) are the browser's fix and count for the camera only: where a
// picture from the album is uploaded says nothing about where it was taken.
type PhotoMeta struct {
	ID       uuid.UUID
	File     string
	Source   placement.PhotoSource
	Position *placement.Position
	Accuracy *float64
}

// errKnown ends the intake of a photo that is here already.
var errKnown = errors.New("photo is known")

// Photo takes one photo of a placement. The original is kept durable, the copies are made,
// the row and its event are written; then it answers. The same id and content again, or
// the same file again for one placement, answers what was kept the first time, and created
// is false.
//
// A photo may come before its placement is logged, since people take pictures first and
// type afterwards: it is then of the sender's unit, and graded when the placement comes.
func (in *Ingest) Photo(ctx context.Context, actor audit.Actor, plan *campaign.Plan, placementID uuid.UUID, meta PhotoMeta, r io.Reader) (p placement.Photo, created bool, err error) {
	if meta.ID == uuid.Nil {
		meta.ID = uuid.New()
	}
	held, err := in.photographed(ctx, actor, plan, placementID)
	if err != nil {
		return p, false, err
	}
	p = placement.Photo{ID: meta.ID, Campaign: plan.Campaign.ID, Revision: 1, Placement: placementID, Unit: org.UnitID(actor.Unit),
		State: placement.PhotoKept, File: fileName(meta.File), Source: meta.Source}
	if held != nil {
		p.Unit = held.Unit
	}
	var lock *sync.Mutex
	var developed *photo.Picture
	var again int // how often the same file was set aside here
	var earlier []placement.Photo
	defer func() {
		if lock != nil {
			lock.Unlock()
		}
	}()
	file, err := in.originals.keepChecked(ctx, p.File, line{r}, photo.MaxBytes, func(f File) error {
		lock = in.photos.lock(placementID)
		lock.Lock()
		p.SHA256, p.Bytes = f.SHA256, f.Size
		known, times, before, err := in.knownPhoto(ctx, p, ruleOf(plan, held))
		if err != nil {
			return err
		}
		if again, earlier = times, before; known != nil {
			p = *known
			return errKnown
		}
		developed, err = in.photos.darkroom.Develop(ctx, f, f.Size)
		return err
	})
	switch {
	case errors.Is(err, errKnown):
		return p, false, nil
	case errors.Is(err, errOverLimit):
		return p, false, problem.TooLarge(fmt.Sprintf("照片超过%dMB，没有收下", photo.MaxBytes>>20), "请把相机的照片尺寸调小一档后重新拍摄，或在手机上压缩后再上传。")
	case errors.As(err, new(lineError)):
		return p, false, problem.Invalid("照片没有传完", "可能网络中断了，请再上传一次，不会重复计数。").Because(err)
	case err != nil:
		return p, false, err
	}
	defer file.Close()
	if err := errors.Join(in.photos.copies.write(p.SHA256, string(Thumb), developed.Thumb), in.photos.copies.write(p.SHA256, string(Screen), developed.Screen)); err != nil {
		return p, false, err
	}
	p.RecordedAt, p.RecordedBy = in.clock().UTC().Truncate(time.Millisecond), recorder(ctx, actor)
	note(&p, meta, developed)
	if err := in.grade(ctx, plan, held, &p, earlier); err != nil {
		return p, false, err
	}
	p, created, err = in.addPhoto(ctx, actor, p, again)
	if err != nil || held != nil {
		return p, created, err
	}
	return p, created, in.regradeLogged(ctx, plan, placementID)
}

// regradeLogged judges the photos of a placement that was logged while one of them came in:
// whoever logs looks for photos after the row is there, whoever sends a photo looks for the
// row after the photo is, so one of them sees the other.
func (in *Ingest) regradeLogged(ctx context.Context, plan *campaign.Plan, id uuid.UUID) error {
	held, err := in.standing.Placement(ctx, plan.Campaign.ID, id)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return in.regrade(ctx, plan, nil, held)
}

// PhotosFirst tells whether photos of this placement may come before it is logged: its id
// is one by chance, as forms make it. One made from content can be guessed.
func PhotosFirst(id uuid.UUID) bool { return id.Version() == 4 }

// photographed gives the placement that a photo is for, nil where it isn't logged yet.
// Another unit's answers like none.
func (in *Ingest) photographed(ctx context.Context, actor audit.Actor, plan *campaign.Plan, id uuid.UUID) (*placement.Placement, error) {
	held, err := in.standing.Placement(ctx, plan.Campaign.ID, id)
	if p, ok := problem.As(err); ok && p.Kind == problem.KindNotFound && PhotosFirst(id) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if actor.Role == audit.RoleUnit && held.Unit != org.UnitID(actor.Unit) {
		return nil, problem.NotFound("这条台账")
	}
	if held.State == placement.Withdrawn {
		return nil, problem.Conflict("这条台账已撤回，不能再加照片", "撤回的台账不计入任何统计。请把照片加到重新登记的那一条。")
	}
	return &held, nil
}

// knownPhoto finds the photo that this one is, by its id or by its file, and tells how
// often the same file was set aside here: added again it is a new photo. Earlier are the
// photos of the placement so far.
func (in *Ingest) knownPhoto(ctx context.Context, p placement.Photo, rule campaign.Rule) (known *placement.Photo, setAside int, earlier []placement.Photo, err error) {
	about, err := in.standing.PhotosAbout(ctx, p.Campaign, p.Placement, p.ID)
	if err != nil {
		return nil, 0, nil, err
	}
	for _, one := range about {
		if one.ID == p.ID {
			if one.Placement != p.Placement || one.SHA256 != p.SHA256 || one.Unit != p.Unit {
				return nil, 0, nil, takenID("照片")
			}
			return &one, 0, nil, nil
		}
		if one.Placement == p.Placement {
			earlier = append(earlier, one)
		}
	}
	for _, one := range earlier {
		switch {
		case one.SHA256 == p.SHA256 && one.State == placement.PhotoKept && one.Unit == p.Unit:
			return &one, 0, nil, nil
		case one.SHA256 == p.SHA256:
			setAside++
		}
	}
	if placement.Full(earlier, rule.Interval.Value, in.clock()) {
		return nil, 0, nil, problem.Conflict("这条台账的照片已经够多了，没有再收", "证明张贴用不了这么多照片。拍得不好的可以先“不用这张”，再上传新的；别处的照片请登记成另一条台账。")
	}
	return nil, setAside, earlier, nil
}

// ruleOf is the rule of a placement's carrier; none where there is no placement yet.
func ruleOf(plan *campaign.Plan, p *placement.Placement) campaign.Rule {
	if p != nil {
		for _, c := range plan.Carriers {
			if c.ID == p.Carrier {
				return c.Rule
			}
		}
	}
	return campaign.Rule{}
}

// note takes over what the picture says of itself. A photo that says it was taken in the
// page has no metadata: a canvas writes none. One with a phone's comes from the album.
func note(p *placement.Photo, meta PhotoMeta, developed *photo.Picture) {
	m := developed.Metadata
	p.Format, p.Width, p.Height = string(developed.Format), developed.Width, developed.Height
	p.DHash, p.PHash, p.Device = developed.DHash, developed.PHash, m.Device
	fromAlbum := m.Device != "" || !m.Taken.IsZero() || m.Located
	if p.Source == placement.FromCamera && !fromAlbum {
		p.TakenAt = p.RecordedAt
		if meta.Position != nil && meta.Position.Valid() {
			p.Position, p.Accuracy = meta.Position, meta.Accuracy
		} else if meta.Position != nil {
			p.Reasons = []string{placement.ReasonPositionUnset}
		}
		return
	}
	p.Reasons = m.Codes
	if p.Source == placement.FromCamera {
		p.Reasons = append(p.Reasons, placement.ReasonNotCamera)
	}
	p.Source, p.TakenAt = placement.FromUpload, m.Taken
	if m.Located {
		p.Position, p.Accuracy = &placement.Position{Longitude: m.Longitude, Latitude: m.Latitude, Datum: placement.WGS84}, m.Accuracy
	}
}

// fileName is the name that the sender gave, fit to be shown.
func fileName(name string) string {
	name = strings.ToValidUTF8(name[strings.LastIndexAny(name, `/\`)+1:], "")
	for utf8.RuneCountInString(name) > 100 {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	return name
}

// grade asks for earlier pictures like this one and judges it. Siblings are the photos of
// its placement, the oldest first.
func (in *Ingest) grade(ctx context.Context, plan *campaign.Plan, held *placement.Placement, p *placement.Photo, siblings []placement.Photo) error {
	twins, err := in.standing.Twins(ctx, *p, near)
	if err != nil {
		return err
	}
	c := placement.Circumstances{Placement: held, Rule: ruleOf(plan, held), MaxAccuracy: float64(plan.Campaign.Settings.FixAccuracy.Value), Received: civil(p.RecordedAt)}
	p.Twins = nil
	for _, t := range twins {
		p.Twins = append(p.Twins, t.ID)
		if t.SHA256 == p.SHA256 || photo.Same(p.DHash, p.PHash, t.DHash, t.PHash) {
			c.Same = true
		} else {
			c.Alike = true
		}
	}
	c.Reused = firstSent(*p, siblings)
	p.Judge(c).Apply(p)
	return nil
}

// firstSent gives the civil date on which the picture of an upload first came in for the
// same placement, zero where it is a picture of its own. Two shots of one board from one
// spot can look alike; they are told apart by when they were taken. Those set aside count:
// a picture isn't newer for having been sent twice.
func firstSent(p placement.Photo, siblings []placement.Photo) time.Time {
	if p.Source == placement.FromCamera {
		return time.Time{}
	}
	for _, other := range siblings {
		shot := p.TakenAt.IsZero() || p.TakenAt.Equal(other.TakenAt)
		if other.ID != p.ID && other.RecordedAt.Before(p.RecordedAt) && (other.SHA256 == p.SHA256 || shot && photo.Same(p.DHash, p.PHash, other.DHash, other.PHash)) {
			return civil(other.RecordedAt)
		}
	}
	return time.Time{}
}

// addPhoto writes the row and its event. Two servers that add the same file to a placement
// write with one token: the engine keeps one row, and who finds the other's answers that.
func (in *Ingest) addPhoto(ctx context.Context, actor audit.Actor, p placement.Photo, again int) (placement.Photo, bool, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "photo/%s/%s/%s/%s/%d", p.Campaign, p.Placement, p.Unit, p.SHA256, again))
	kept := p
	err := in.insertPhoto(ctx, hex.EncodeToString(sum[:]), p, func(ctx context.Context) (bool, error) {
		mine, err := in.standing.HasPhoto(ctx, p.Campaign, p.ID)
		if err != nil || mine {
			return mine, err
		}
		all, err := in.standing.Photos(ctx, p.Campaign, []uuid.UUID{p.Placement})
		if err != nil {
			return false, err
		}
		for _, one := range all[p.Placement] {
			if one.SHA256 == p.SHA256 && one.State == placement.PhotoKept {
				kept = one
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil || kept.ID != p.ID {
		return kept, false, err
	}
	return p, true, in.recordPhoto(ctx, actor, "photo.add", nil, p)
}

func (in *Ingest) recordPhoto(ctx context.Context, actor audit.Actor, verb string, before *placement.Photo, p placement.Photo) error {
	e := audit.Event{Actor: actor, Verb: verb, Campaign: p.Campaign, Kind: "photo", Thing: p.ID.String()}
	var err error
	if e.After, err = json.Marshal(p); err != nil {
		return fmt.Errorf("record %s: %w", verb, err)
	}
	if before != nil {
		if e.Before, err = json.Marshal(before); err != nil {
			return fmt.Errorf("record %s: %w", verb, err)
		}
	}
	return in.log.Record(ctx, waited(ctx, e))
}

const insertPhotos = `INSERT INTO photos
	(campaign, id, revision, placement, unit, state, note, sha256, dhash, phash, format, width, height, bytes, file, source, taken_at,
	 longitude, latitude, datum, accuracy_m, distance_m, device, grade, reasons, twins, proves_on, recorded_on, recorded_at, recorded_by)`

func (in *Ingest) insertPhoto(ctx context.Context, token string, p placement.Photo, there func(context.Context) (bool, error)) error {
	err := in.db.InsertOnce(ctx, token, insertPhotos, func(b driver.Batch) error { return appendPhoto(b, p) }, there)
	if err != nil {
		return fmt.Errorf("write photo: %w", err)
	}
	return nil
}

// revisePhoto writes a later revision of a photo. Of two writers of one the first is let through.
func (in *Ingest) revisePhoto(ctx context.Context, p placement.Photo) error {
	token := fmt.Sprintf("photo/%s/%s/%d", p.Campaign, p.ID, p.Revision)
	return in.insertPhoto(ctx, token, p, func(ctx context.Context) (bool, error) {
		var n uint64
		err := in.db.QueryRow(ctx, `SELECT count() FROM photos WHERE campaign = ? AND placement = toUUID(?) AND id = toUUID(?) AND revision >= ?`,
			p.Campaign, p.Placement.String(), p.ID.String(), p.Revision).Scan(&n)
		return n > 0, err
	})
}

func appendPhoto(b driver.Batch, p placement.Photo) error {
	var taken *time.Time
	if !p.TakenAt.IsZero() {
		at := p.TakenAt.UTC()
		taken = &at
	}
	var longitude, latitude *float64
	datum := ""
	if p.Position != nil {
		longitude, latitude, datum = &p.Position.Longitude, &p.Position.Latitude, string(p.Position.Datum)
	}
	return b.Append(p.Campaign, p.ID, p.Revision, p.Placement, string(p.Unit), string(p.State), p.Note, p.SHA256, p.DHash, p.PHash, p.Format,
		uint32(p.Width), uint32(p.Height), uint64(p.Bytes), p.File, string(p.Source), taken, longitude, latitude, datum, p.Accuracy, p.Distance,
		p.Device, string(p.Grade), nonNil(p.Reasons), nonNil(p.Twins), p.ProvesOn, civil(p.RecordedAt), p.RecordedAt, p.RecordedBy)
}

// SetPhotoAside says that a photo is of no use, and why: it proves nothing from then on,
// and stays readable. RecordedAt and RecordedBy stay those of its receipt; the event says
// who set it aside, and when.
func (in *Ingest) SetPhotoAside(ctx context.Context, actor audit.Actor, plan *campaign.Plan, id uuid.UUID, reason string) (placement.Photo, error) {
	before, err := in.standing.Photo(ctx, plan.Campaign.ID, id)
	if err != nil {
		return before, err
	}
	if actor.Role == audit.RoleUnit && before.Unit != org.UnitID(actor.Unit) {
		return before, problem.NotFound("这张照片")
	}
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > 200 {
		return before, problem.Invalid("请写明为什么不用这张照片", "写一句200字以内的原因，例如“拍糊了”“传错了地方”。")
	}
	lock := in.photos.lock(before.Placement)
	lock.Lock()
	defer lock.Unlock()
	if before, err = in.standing.Photo(ctx, plan.Campaign.ID, id); err != nil {
		return before, err
	}
	if before.State == placement.PhotoSetAside {
		return before, nil // twice pressed
	}
	p := before
	p.Revision, p.State, p.Note = p.Revision+1, placement.PhotoSetAside, reason
	if err := in.revisePhoto(ctx, p); err != nil {
		return p, err
	}
	if err := in.recordPhoto(ctx, actor, "photo.set-aside", &before, p); err != nil {
		return p, err
	}
	return p, in.regradeDependents(ctx, plan, []placement.Photo{p})
}

// moved tells whether a revision changes what photos are judged by.
func moved(before, after placement.Placement) bool {
	return before.Unit != after.Unit || before.Carrier != after.Carrier || !before.Start.Equal(after.Start) || !before.End.Equal(after.End) ||
		(before.State == placement.Withdrawn) != (after.State == placement.Withdrawn) || !reflect.DeepEqual(before.Position, after.Position)
}

// regrade judges the photos of a placement again, after it was logged or revised. They get
// a new revision where the grade or its reasons changed, and no event of their own: the
// placement's says why.
func (in *Ingest) regrade(ctx context.Context, plan *campaign.Plan, before *placement.Placement, held placement.Placement) error {
	if before != nil && !moved(*before, held) {
		return nil
	}
	all, err := in.standing.Photos(ctx, held.Campaign, []uuid.UUID{held.ID})
	if err != nil {
		return err
	}
	photos := all[held.ID]
	if err := in.regradeAll(ctx, plan, &held, photos); err != nil {
		return err
	}
	if held.State != placement.Withdrawn {
		return nil
	}
	return in.regradeDependents(ctx, plan, photos)
}

func (in *Ingest) regradeAll(ctx context.Context, plan *campaign.Plan, held *placement.Placement, photos []placement.Photo) error {
	for _, before := range photos {
		if before.State != placement.PhotoKept {
			continue
		}
		p := before
		if held != nil && p.Unit != held.Unit {
			if p.RecordedAt.After(held.RecordedAt) || p.Unit == "" || held.Revision > 1 {
				p.Unit = held.Unit // the placement went to another unit, and its proof with it
			} else {
				// Sent before there was a placement, by another unit: it is none of theirs.
				p.State, p.Note = placement.PhotoSetAside, "照片先于台账上传，而台账属于别的单位"
			}
		}
		if err := in.grade(ctx, plan, held, &p, photos); err != nil {
			return err
		}
		if sameGrading(before, p) {
			continue
		}
		p.Revision++
		if err := in.revisePhoto(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func sameGrading(a, b placement.Photo) bool {
	return a.Grade == b.Grade && a.Unit == b.Unit && a.State == b.State && a.ProvesOn.Equal(b.ProvesOn) && slices.Equal(a.Reasons, b.Reasons) &&
		slices.Equal(a.Twins, b.Twins) && reflect.DeepEqual(a.Distance, b.Distance)
}

// regradeDependents judges those photos again that were called twins of these, which now
// speak for nothing.
func (in *Ingest) regradeDependents(ctx context.Context, plan *campaign.Plan, photos []placement.Photo) error {
	ids := make([]uuid.UUID, len(photos))
	for i, p := range photos {
		ids[i] = p.ID
	}
	dependents, err := in.standing.Dependents(ctx, plan.Campaign.ID, ids)
	if err != nil {
		return err
	}
	for _, p := range dependents {
		held, err := in.standing.Placement(ctx, plan.Campaign.ID, p.Placement)
		if gone, ok := problem.As(err); err != nil && (!ok || gone.Kind != problem.KindNotFound) {
			return err
		}
		var of *placement.Placement
		if err == nil {
			of = &held
		}
		if err := in.regradeAll(ctx, plan, of, []placement.Photo{p}); err != nil {
			return err
		}
	}
	return nil
}

// Copy is one of what is made of a photo.
type Copy string

// The closed list of copies.
const (
	Thumb  Copy = "thumb"
	Screen Copy = "screen"
	Marked Copy = "marked"
)

// PhotoCopy gives a copy of a photo as JPEG, made again where it is missing. Lines are for
// a marked one; other words make another copy.
func (in *Ingest) PhotoCopy(ctx context.Context, p placement.Photo, kind Copy, lines []string) ([]byte, error) {
	name := string(kind)
	if kind == Marked {
		sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
		name += "-" + hex.EncodeToString(sum[:6])
	}
	body, err := in.photos.copies.read(p.SHA256, name)
	if err != nil || body != nil {
		return body, err
	}
	if kind == Marked {
		screen, err := in.PhotoCopy(ctx, p, Screen, nil)
		if err != nil {
			return nil, err
		}
		if body, err = photo.Mark(screen, lines); err != nil {
			return nil, err
		}
		return body, in.photos.copies.write(p.SHA256, name, body)
	}
	file, err := in.originals.Open(p.SHA256)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	developed, err := in.photos.darkroom.Develop(ctx, file, file.Size)
	if err != nil {
		return nil, err
	}
	err = errors.Join(in.photos.copies.write(p.SHA256, string(Thumb), developed.Thumb), in.photos.copies.write(p.SHA256, string(Screen), developed.Screen))
	if kind == Thumb {
		return developed.Thumb, err
	}
	return developed.Screen, err
}
