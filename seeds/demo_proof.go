package seeds

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/placement"
	"shuixuan/seeds/picture"
)

// Act is one thing that happens to a placement of the demonstration after its ledger came
// in; exactly one of Photo, Inspection and Verdict is there.
type Act struct {
	At         time.Time // when it reaches us
	Placement  uuid.UUID
	Photo      *Photo
	Inspection *placement.Inspection // by the office
	Verdict    *placement.Verdict    // by the office
}

// Photo is a made-up picture as a phone sends it. One that was copied has to come after
// the one it was copied from.
type Photo struct {
	File   string
	Copied bool
	body   func() []byte
}

// Body makes the JPEG.
func (p *Photo) Body() []byte { return p.body() }

// How people of the demonstration go about proof, as chances. Most do what they should;
// what is missing is what the pages are for.
const (
	neverPhotographed = 0.36
	withoutMetadata   = 0.10
	copiedFromAnother = 0.03
	renewedByPhoto    = 0.05
	renewedByVisit    = 0.75
	foundDamaged      = 0.07
	repaired          = 0.6
	accepted          = 0.93
)

// Proof makes what happens to the placements of a campaign until the day before today:
// photos, rounds of inspection, judgements. The same placements and day make the same
// acts, in the order of their time.
func Proof(plan *campaign.Plan, placements []placement.Placement, today time.Time) []Act {
	b := proofBook{plan: plan, today: today}
	placements = slices.Clone(placements)
	slices.SortFunc(placements, func(a, c placement.Placement) int { return slices.Compare(a.ID[:], c.ID[:]) })
	for i := range placements {
		b.history(&placements[i])
	}
	slices.SortStableFunc(b.acts, func(a, c Act) int { return a.At.Compare(c.At) })
	return b.acts
}

type proofBook struct {
	plan  *campaign.Plan
	today time.Time
	acts  []Act
	last  uint64 // scene of the photo before, for who copies it
}

// history is what happens to one placement.
func (b *proofBook) history(p *placement.Placement) {
	r := chance("proof/" + p.ID.String())
	carrier, _ := b.plan.Carrier(p.Carrier)
	came := time.Date(p.RecordedAt.Year(), p.RecordedAt.Month(), p.RecordedAt.Day(), 1, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(8*3600)) * time.Second)
	if rule := carrier.Rule; rule.Photos.Value > 0 && r.Float64() >= neverPhotographed {
		b.proofs(r, p, rule, came)
	}
	b.judgement(r, p, came)
}

// proofs are the first photos of a placement and what keeps them fresh.
func (b *proofBook) proofs(r *rand.Rand, p *placement.Placement, rule campaign.Rule, came time.Time) {
	for range rule.Photos.Value {
		b.photo(r, p, came, sceneOf(p.ID, r.Uint64()))
		came = came.Add(time.Minute)
	}
	if rule.Interval.Value == 0 {
		return
	}
	for day := came; ; {
		day = day.AddDate(0, 0, rule.Interval.Value-9+r.IntN(8))
		if !p.End.IsZero() && day.After(p.End) || !day.Before(b.today) {
			return
		}
		switch chance := r.Float64(); {
		case chance < foundDamaged:
			if !b.damage(r, p, rule, day) {
				return // nobody goes to look at what is known to be broken
			}
		case chance < foundDamaged+renewedByPhoto:
			b.photo(r, p, day, sceneOf(p.ID, r.Uint64()))
		case chance < foundDamaged+renewedByPhoto+renewedByVisit:
			b.visit(p, day, placement.Inspection{Finding: placement.FoundStanding})
		}
	}
}

// damage is a fault that somebody found, and for most its repair; it tells whether there
// was one.
func (b *proofBook) damage(r *rand.Rand, p *placement.Placement, rule campaign.Rule, day time.Time) bool {
	b.visit(p, day, placement.Inspection{Finding: placement.FoundDamaged, Defects: []placement.Defect{placement.Defects[r.IntN(len(placement.Defects))]},
		Note: pick(r, []string{"已电话告知责任单位", "风大吹坏，需要重新固定", "被车辆刮擦", ""})})
	mended := day.AddDate(0, 0, 2+r.IntN(max(rule.RepairDays.Value, 1)+2))
	if r.Float64() < repaired && mended.Before(b.today) && (p.End.IsZero() || !mended.After(p.End)) {
		b.photo(r, p, mended, sceneOf(p.ID, r.Uint64()))
		return true
	}
	return false
}

func (b *proofBook) visit(p *placement.Placement, at time.Time, i placement.Inspection) {
	i.ID = uuid.NewSHA1(p.ID, []byte("visit/"+at.String()))
	i.Placement = p.ID
	i.FoundOn = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	b.acts = append(b.acts, Act{At: at, Placement: p.ID, Inspection: &i})
}

// photo is one picture: of most the phone says when and where, some came through a
// messenger that strips that, and a few are another placement's.
func (b *proofBook) photo(r *rand.Rand, p *placement.Placement, at time.Time, scene uint64) {
	photo := &Photo{File: fmt.Sprintf("IMG_%s.jpg", at.Format("20060102_150405"))}
	taken := at.Add(-time.Duration(10+r.IntN(50)) * time.Minute)
	if end := p.End.Add(4 * time.Hour); !p.End.IsZero() && taken.After(end) {
		taken = end // the ledger was filled in after the thing was taken away
	}
	m := &picture.Metadata{Make: "HUAWEI", Model: pick(r, []string{"P40", "nova 9", "Mate 30"}), Taken: taken.In(time.FixedZone("Asia/Shanghai", 8*3600))}
	if p.Position != nil {
		at := p.Position.In(placement.WGS84)
		m.Located, m.Longitude, m.Latitude = true, at.Longitude+(r.Float64()-0.5)*0.0006, at.Latitude+(r.Float64()-0.5)*0.0005
	}
	switch chance := r.Float64(); {
	case chance < copiedFromAnother && b.last != 0:
		photo.Copied, scene, m = true, b.last, nil
		photo.File = "mmexport" + fmt.Sprint(at.UnixMilli()) + ".jpg"
	case chance < copiedFromAnother+withoutMetadata:
		m = nil
		photo.File = "mmexport" + fmt.Sprint(at.UnixMilli()) + ".jpg"
	}
	if !photo.Copied {
		b.last = scene
	}
	photo.body = func() []byte { return picture.Picture(picture.Scene{Seed: scene}, 400, 300, m) }
	b.acts = append(b.acts, Act{At: at, Placement: p.ID, Photo: photo})
}

// sceneOf gives a scene that no other placement has.
func sceneOf(id uuid.UUID, n uint64) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", id, n)
	return h.Sum64()
}

// judgement is what the office says on a Friday, at the earliest two days after the ledger
// came in; what is newer waits.
func (b *proofBook) judgement(r *rand.Rand, p *placement.Placement, came time.Time) {
	day := came.AddDate(0, 0, 2)
	for day.Weekday() != time.Friday {
		day = day.AddDate(0, 0, 1)
	}
	day = time.Date(day.Year(), day.Month(), day.Day(), 2, 0, 0, 0, time.UTC) // ten in the morning
	if !day.Before(b.today.AddDate(0, 0, -2)) {
		return
	}
	v := &placement.Verdict{Placement: p.ID, Verb: placement.Accept, Expected: p.Revision}
	if chance := r.Float64(); chance >= accepted {
		if chance > (1+accepted)/2 {
			return // overlooked: it waits for long
		}
		why := []placement.Reason{placement.PlaceUnclear, placement.QuantityWrong, placement.PhotoUnclear, placement.TimeWrong}[r.IntN(4)]
		v.Verb, v.Reason, v.Note = placement.Return, why, map[placement.Reason]string{
			placement.PlaceUnclear: "请写到路口或小区名", placement.QuantityWrong: "和实地看到的数量不一致，请核实", placement.PhotoUnclear: "请站近一点，拍到文字", placement.TimeWrong: "请核对结束日期",
		}[why]
	}
	b.acts = append(b.acts, Act{At: day, Placement: p.ID, Verdict: v})
}
