package placement

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/clickhouse"
	"shuixuan/app/keyset"
	"shuixuan/app/org"
)

// Flag is something about a placement that a reviewer looks at first.
type Flag string

// The closed list of flags.
const (
	FlagAgain        Flag = "again"        // sent again after a return
	FlagContradicted Flag = "contradicted" // a photo of grade X
	FlagTwins        Flag = "twins"        // a photo that was used elsewhere too
	FlagFewPhotos    Flag = "few-photos"   // fewer photos than the carrier's rule asks for
	FlagNoPermit     Flag = "no-permit"    // the carrier needs a permit and none is given
	FlagNoPosition   Flag = "no-position"  // no position, so that only words say where it is
	FlagSameAs       Flag = "same-as"      // possibly the same as another unit's
)

// Flags are those by which the queue can be narrowed. FlagSameAs is not among them: who
// looks alike is known once the rows of a page are.
var Flags = []Flag{FlagAgain, FlagContradicted, FlagTwins, FlagFewPhotos, FlagNoPermit, FlagNoPosition}

// FlagNames are the words for the flags.
var FlagNames = map[Flag]string{
	FlagAgain: "再次提交", FlagContradicted: "照片有疑点", FlagTwins: "照片在别处用过", FlagFewPhotos: "照片不够",
	FlagNoPermit: "缺少许可编号", FlagNoPosition: "没有位置", FlagSameAs: "可能与别的单位重复",
}

// Queue gives at most limit placements that wait for judgement, those that have waited
// longest first, and the cursor to go on with.
func (s *Store) Queue(ctx context.Context, plan *campaign.Plan, f Filter, flag Flag, after keyset.Cursor, limit int) ([]Placement, keyset.Cursor, error) {
	if limit < 1 {
		return nil, keyset.Cursor{}, fmt.Errorf("queue of placements: a page of %d rows", limit)
	}
	where, args := queued(plan, f, flag)
	if !after.IsZero() {
		where += ` AND (recorded_at, id) > (fromUnixTimestamp64Milli(toInt64(?), 'UTC'), toUUID(?))`
		args = append(args, after.Millis(), after.ID.String())
	}
	all, err := s.query(ctx, `SELECT `+columns+` FROM placements FINAL WHERE `+where+`
		ORDER BY recorded_at, id LIMIT ?`, append(args, limit+1)...)
	if err != nil || len(all) <= limit {
		return all, keyset.Cursor{}, err
	}
	last := all[limit-1]
	return all[:limit], keyset.Cursor{At: last.RecordedAt, ID: last.ID}, nil
}

// Queued counts what waits.
func (s *Store) Queued(ctx context.Context, plan *campaign.Plan, f Filter, flag Flag) (int64, error) {
	where, args := queued(plan, f, flag)
	var n uint64
	if err := s.db.QueryRow(ctx, `SELECT count() FROM placements FINAL WHERE `+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the queue: %w", err)
	}
	return int64(n), nil
}

func queued(plan *campaign.Plan, f Filter, flag Flag) (string, []any) {
	f.Campaign, f.State = plan.Campaign.ID, Submitted
	where, args := f.where()
	const photos = ` SELECT placement FROM photos FINAL WHERE campaign = ? AND state = 'kept'`
	add := func(clause string, values ...any) { where, args = where+" AND "+clause, append(args, values...) }
	switch flag {
	case FlagAgain:
		add(`revision > 1 AND id GLOBAL IN (SELECT id FROM placement_revisions WHERE campaign = ? AND state = 'returned')`, f.Campaign)
	case FlagContradicted:
		add(`id GLOBAL IN (`+photos+` AND grade = 'X')`, f.Campaign)
	case FlagTwins:
		add(`id GLOBAL IN (`+photos+` AND notEmpty(twins))`, f.Campaign)
	case FlagNoPosition:
		add(`longitude IS NULL`)
	case FlagNoPermit:
		var carriers []string
		for _, c := range plan.Carriers {
			if c.Rule.Permit.Value {
				carriers = append(carriers, string(c.ID))
			}
		}
		add(`permit = '' AND has(?, carrier)`, carriers)
		if len(carriers) == 0 {
			where, args = "0", nil
		}
	case FlagFewPhotos:
		// One clause for each number that some carrier asks for: there are two or three.
		need := map[int][]string{}
		for _, c := range plan.Carriers {
			if n := c.Rule.Photos.Value; n > 0 {
				need[n] = append(need[n], string(c.ID))
			}
		}
		var parts []string
		for n, carriers := range need {
			parts = append(parts, `has(?, carrier) AND id GLOBAL NOT IN (`+photos+` GROUP BY placement HAVING count() >= ?)`)
			args = append(args, carriers, f.Campaign, n)
		}
		if len(parts) == 0 {
			return "0", nil
		}
		where += " AND (" + strings.Join(parts, " OR ") + ")"
	}
	return where, args
}

// States counts the placements of a filter by state.
func (s *Store) States(ctx context.Context, f Filter) (map[State]int64, error) {
	where, args := f.where()
	rows, err := s.db.Query(ctx, `SELECT state, count() FROM placements FINAL WHERE `+where+` GROUP BY state`, args...)
	if err != nil {
		return nil, fmt.Errorf("count placements by state: %w", err)
	}
	defer rows.Close()
	counts := map[State]int64{}
	for rows.Next() {
		var state string
		var n uint64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("count placements by state: %w", err)
		}
		counts[State(state)] = int64(n)
	}
	return counts, rows.Err()
}

// Placements gives those of the ids that there are, as they hold now.
func (s *Store) Placements(ctx context.Context, campaign string, ids []uuid.UUID) (map[uuid.UUID]Placement, error) {
	byID := map[uuid.UUID]Placement{}
	if len(ids) == 0 {
		return byID, nil
	}
	all, err := s.query(ctx, `SELECT `+columns+` FROM placements FINAL WHERE campaign = ? AND id IN (`+clickhouse.UUIDs(ids)+`)`, campaign)
	for _, p := range all {
		byID[p.ID] = p
	}
	return byID, err
}

// Histories gives every revision of several placements, oldest first.
func (s *Store) Histories(ctx context.Context, campaign string, ids []uuid.UUID) (map[uuid.UUID][]Placement, error) {
	byID := map[uuid.UUID][]Placement{}
	if len(ids) == 0 {
		return byID, nil
	}
	all, err := s.query(ctx, `SELECT `+columns+` FROM placement_revisions WHERE campaign = ? AND id IN (`+clickhouse.UUIDs(ids)+`)
		ORDER BY id, revision LIMIT 1 BY id, revision`, campaign)
	for _, p := range all {
		byID[p.ID] = append(byID[p.ID], p)
	}
	return byID, err
}

// Neighbour is another placement near one, with what tells it: no dates, no history. Metres is negative where one of the two has no
// position; East and North say where it lies.
type Neighbour struct {
	Placement
	Metres, East, North float64
	SamePlace           bool // the words for the place are the same
	MaybeSame           bool // of another unit, and so alike that both may have logged one thing
}

// nearMetres is how far a neighbour may be; sameMetres how near two of one carrier
// are that may be one thing told twice: a phone's fix is off by ten metres or two.
const (
	nearMetres = 200
	sameMetres = 30
)

// mostNear bounds how many rows one question about neighbours reads.
const mostNear = 3000

// placeWords folds a place in SQL as wordsOf does here: full-width figures, letters and
// brackets are plain ones, and blanks don't count. org.Fold decides in the end; in SQL a
// regular expression over 5,000 places took 8 ms, this takes 1.
const placeWords = `lower(translateUTF8(place, '` + wideLetters + `', '` + plainLetters + `'))`

const (
	wideLetters  = "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ（） 　"
	plainLetters = "0123456789abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz()" // the blanks have none
)

func wordsOf(place string) string {
	from, to := []rune(wideLetters), []rune(plainLetters)
	return strings.Map(func(r rune) rune {
		switch i := slices.Index(from, r); {
		case i >= len(to):
			return -1
		case i >= 0:
			return to[i]
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, place)
}

// cellsPerDegree cuts the map so finely that 200 m reach into the next cell at most, up
// to 55 degrees north. cellNumber names a row's cell of its datum.
const (
	cellsPerDegree = 300
	cellNumber     = `indexOf(['wgs84', 'gcj02', 'bd09'], datum) * 1000000000000 + toInt64(floor(ifNull(longitude, 0) * 300)) * 1000000 + toInt64(floor(ifNull(latitude, 0) * 300))`
)

// Near gives the neighbours of placements: what counts or may count again within 200 m or
// under the same words for the place, the likeliest and nearest first.
func (s *Store) Near(ctx context.Context, campaign string, of []Placement) (map[uuid.UUID][]Neighbour, error) {
	found := map[uuid.UUID][]Neighbour{}
	if len(of) == 0 {
		return found, nil
	}
	var places []string
	cells := map[int64]bool{}
	for _, p := range of {
		places = append(places, wordsOf(p.Place))
		p.cells(cells)
	}
	// One text that the engine splits: 1,600 literals cost it 30 ms.
	where := placeWords + ` IN ?`
	if len(cells) > 0 {
		where = fmt.Sprintf(`(%s OR (longitude IS NOT NULL AND %s IN (SELECT toInt64(arrayJoin(splitByChar(',', '%s'))))))`, where, cellNumber, numbers(cells))
	}
	rows, err := s.db.Query(ctx, `SELECT id, task, unit, carrier, carrier_text, place, quantity, measure, state, longitude, latitude, datum
		FROM placements FINAL WHERE campaign = ? AND state != 'withdrawn' AND `+where+` LIMIT ?`, campaign, places, mostNear)
	if err != nil {
		return nil, fmt.Errorf("look for neighbours: %w", err)
	}
	defer rows.Close()
	var among []located
	for rows.Next() {
		p, err := scanNear(rows)
		if err != nil {
			return nil, fmt.Errorf("look for neighbours: %w", err)
		}
		among = append(among, locate(p))
	}
	for _, p := range of {
		found[p.ID] = locate(p).neighbours(among)
	}
	return found, rows.Err()
}

// scanNear reads what a neighbour is told by: reading all columns took twice as long.
func scanNear(rows driver.Rows) (Placement, error) {
	var p Placement
	var task, unit, carrier, state, datum string
	var longitude, latitude *float64
	err := rows.Scan(&p.ID, &task, &unit, &carrier, &p.CarrierText, &p.Place, &p.Quantity, &p.Measure, &state, &longitude, &latitude, &datum)
	p.Task, p.Unit, p.Carrier, p.State = campaign.TaskCode(task), org.UnitID(unit), campaign.CarrierID(carrier), State(state)
	if longitude != nil && latitude != nil {
		p.Position = &Position{Longitude: *longitude, Latitude: *latitude, Datum: Datum(datum)}
	}
	return p, err
}

// cells adds those around a position, in each datum in which another may be kept.
func (p *Placement) cells(to map[int64]bool) {
	if p.Position == nil {
		return
	}
	for i, d := range []Datum{WGS84, GCJ02, BD09} {
		at := p.Position.In(d)
		x, y := int64(math.Floor(at.Longitude*cellsPerDegree)), int64(math.Floor(at.Latitude*cellsPerDegree))
		for dx := int64(-1); dx <= 1; dx++ {
			for dy := int64(-1); dy <= 1; dy++ {
				to[int64(i+1)*1e12+(x+dx)*1e6+y+dy] = true
			}
		}
	}
}

func numbers(set map[int64]bool) string {
	var b strings.Builder
	for n := range set {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(n, 10))
	}
	return b.String()
}

// metresDegree is a degree of latitude in metres; over the few hundred metres of a
// neighbourhood a plane with it is good to less than a metre.
const metresDegree = 111_319.49

// located is a placement with what is asked of it over and over.
type located struct {
	Placement
	place string    // folded
	at    *Position // in GCJ-02
}

func locate(p Placement) located {
	l := located{Placement: p, place: org.Fold(p.Place)}
	if p.Position != nil {
		at := p.Position.In(GCJ02)
		l.at = &at
	}
	return l
}

func (p located) neighbours(among []located) []Neighbour {
	var list []Neighbour
	shrink := 1.0 // of a degree to the east
	if p.at != nil {
		shrink = math.Cos(p.at.Latitude * math.Pi / 180)
	}
	for i := range among {
		q := &among[i]
		if q.ID == p.ID {
			continue
		}
		n := Neighbour{Metres: -1, SamePlace: q.place == p.place}
		if p.at != nil && q.at != nil {
			n.East, n.North = (q.at.Longitude-p.at.Longitude)*metresDegree*shrink, (q.at.Latitude-p.at.Latitude)*metresDegree
			n.Metres = math.Hypot(n.East, n.North)
		}
		within := n.Metres >= 0 && n.Metres <= nearMetres
		if !within && !n.SamePlace {
			continue
		}
		n.Placement = q.Placement
		n.MaybeSame = q.Unit != p.Unit && q.Task == p.Task && p.sameCarrier(q.Placement) && (n.SamePlace || within && n.Metres <= sameMetres)
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.distance(), b.distance()), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return list
}

// distance puts those of which it is unknown last.
func (n Neighbour) distance() float64 {
	if n.Metres < 0 {
		return math.Inf(1)
	}
	return n.Metres
}

// rank puts those first that may be the same.
func (n Neighbour) rank() int {
	if n.MaybeSame {
		return 0
	}
	return 1
}

// sameCarrier compares what is on the list by its id and what isn't by its words.
func (p *Placement) sameCarrier(q Placement) bool {
	if p.Carrier != "" || q.Carrier != "" {
		return p.Carrier == q.Carrier
	}
	return org.Fold(p.CarrierText) == org.Fold(q.CarrierText)
}
