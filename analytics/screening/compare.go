package screening

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Comparison is what comparing a sheet with every other one gives.
type Comparison struct {
	Nearest Likeness // in the wave
	Within  Likeness // among the sheets of its distributor
	// NearStratum and NearCell are how many sheets of its stratum, and of its stratum and
	// distributor, carry at least the share NearShare of its answers.
	NearStratum int
	NearCell    int
}

// side is how many sheets one side of a tile holds: 512 of 32 bytes stay in the nearest cache.
const side = 512

// Compare finds, for each sheet, the one that carries most of its answers (percentmatch:
// Kuriakose and Robbins 2016). The share is of the answers that the sheet itself gives, so
// that a copy with some answers blotted out is still found whole in its original.
//
// Every pair is looked at: n²/2, and again within each distributor. Answers are cut into bit
// planes, so that a pair of 64 questions with up to eight options takes about ten
// instructions. Memory grows with the sheets, not with the pairs (100,000 × 40: 13 MB).
// It ends with the context's error within a tile (a quarter of a million pairs).
func Compare(ctx context.Context, sheets []Sheet, s Settings, progress func(done, total int64)) ([]Comparison, error) {
	p := pack(sheets, s)
	whole := []span{{0, len(sheets)}}
	var own []span // sheets of one distributor lie together
	for from := 0; from < len(sheets); {
		to := from + 1
		name := sheets[p.order[from]].Distributor
		for to < len(sheets) && sheets[p.order[to]].Distributor == name {
			to++
		}
		if name != "" {
			own = append(own, span{from, to})
		}
		from = to
	}
	told := &told{say: progress, total: pairs(whole) + pairs(own)}
	wave, err := p.scan(ctx, whole, told)
	if err != nil {
		return nil, err
	}
	within, err := p.scan(ctx, own, told)
	if err != nil {
		return nil, err
	}
	list := make([]Comparison, len(sheets))
	for at, i := range p.order {
		list[i] = Comparison{
			Nearest: p.likeness(wave, at), Within: p.likeness(within, at),
			NearStratum: int(wave.near[at]), NearCell: int(within.near[at]),
		}
	}
	return list, nil
}

// packed are the sheets ordered by distributor, stratum and id, each as stride words. First,
// for every 64 questions with up to eight codes: a mask of the answered ones and three planes,
// one for each bit of the code. Then, for every eight questions with more codes: a word with a
// byte for each, its top bit set where answered.
type packed struct {
	rows     []uint64
	narrow   int // words of the first kind, masks and planes together
	stride   int
	order    []int    // index of the sheet at each place
	answered []uint16 // answers of each
	need     []uint16 // identical answers that make it nearly identical; none if too few are given
	class    []int32  // its stratum
}

const never = math.MaxUint16

func pack(sheets []Sheet, s Settings) *packed {
	n := len(sheets)
	p := &packed{order: make([]int, n), answered: make([]uint16, n), need: make([]uint16, n), class: make([]int32, n)}
	for i := range p.order {
		p.order[i] = i
	}
	slices.SortStableFunc(p.order, func(a, b int) int {
		x, y := &sheets[a], &sheets[b]
		return cmp.Or(cmp.Compare(x.Distributor, y.Distributor), cmp.Compare(x.Stratum, y.Stratum), cmp.Compare(x.ID, y.ID))
	})
	columns := p.columns(sheets)
	p.rows = make([]uint64, n*p.stride)
	classes := map[string]int32{}
	for at, i := range p.order {
		row := p.rows[at*p.stride : (at+1)*p.stride]
		for q, a := range sheets[i].Answers {
			if a >= 0 {
				columns[q].put(row, a)
				p.answered[at]++
			}
		}
		p.need[at] = never
		if count := float64(p.answered[at]); count >= s.NearAnswers.Value {
			p.need[at] = uint16(math.Ceil(s.NearShare.Value*count - 1e-9))
		}
		if _, known := classes[sheets[i].Stratum]; !known {
			classes[sheets[i].Stratum] = int32(len(classes))
		}
		p.class[at] = classes[sheets[i].Stratum]
	}
	return p
}

// column is where the answers to a question lie in a row.
type column struct {
	wide  bool
	word  int
	shift int
}

func (c column) put(row []uint64, a int8) {
	if c.wide {
		row[c.word] |= uint64(uint8(a)|0x80) << c.shift
		return
	}
	row[c.word] |= 1 << c.shift
	for b := range 3 {
		row[c.word+1+b] |= uint64(a) >> b & 1 << c.shift
	}
}

// columns lays out a row: questions with few codes first.
func (p *packed) columns(sheets []Sheet) []column {
	var highest []int8
	for _, sheet := range sheets {
		if highest == nil {
			highest = make([]int8, len(sheet.Answers))
		}
		for q, a := range sheet.Answers {
			highest[q] = max(highest[q], a)
		}
	}
	list := make([]column, len(highest))
	few, many := 0, 0
	for q, code := range highest {
		if code < 8 {
			list[q] = column{word: few / 64 * 4, shift: few % 64}
			few++
		}
	}
	p.narrow = 4 * max(1, (few+63)/64)
	for q, code := range highest {
		if code >= 8 {
			list[q] = column{wide: true, word: p.narrow + many/8, shift: many % 8 * 8}
			many++
		}
	}
	p.stride = p.narrow + (many+7)/8
	return list
}

func (p *packed) likeness(f *found, at int) Likeness {
	l := Likeness{Partner: -1, Same: int(f.best[at]), Of: int(p.answered[at]), Chance: 1}
	if partner := f.partner[at]; partner >= 0 {
		l.Partner = p.order[partner]
	}
	return l
}

// span is a run of places whose sheets are compared with each other.
type span struct{ from, to int }

func pairs(spans []span) (all int64) {
	for _, s := range spans {
		n := int64(s.to - s.from)
		all += n * (n - 1) / 2
	}
	return all
}

// found is what one worker has seen so far, by place.
type found struct {
	best    []uint16
	partner []int32 // −1: none yet
	near    []int32
	trigger []uint16 // identical answers from which a pair is worth a look
}

func newFound(n int) *found {
	f := &found{make([]uint16, n), make([]int32, n), make([]int32, n), make([]uint16, n)}
	for i := range f.partner {
		f.partner[i] = -1
	}
	return f
}

// tile is a rectangle of pairs.
type tile struct{ rows, columns span }

func tiles(spans []span) []tile {
	var list []tile
	for _, s := range spans {
		for i := s.from; i < s.to; i += side {
			for j := i; j < s.to; j += side {
				list = append(list, tile{span{i, min(i+side, s.to)}, span{j, min(j+side, s.to)}})
			}
		}
	}
	return list
}

// scan compares all pairs of each span, on all processors. Workers keep what they find to
// themselves and are put together at the end, with ties going to the earlier place, so that
// the result doesn't depend on who did what.
func (p *packed) scan(ctx context.Context, spans []span, told *told) (*found, error) {
	list, next := tiles(spans), atomic.Int64{}
	workers := make([]*found, max(1, min(runtime.GOMAXPROCS(0), len(list))))
	var wait sync.WaitGroup
	for w := range workers {
		workers[w] = newFound(len(p.order))
		wait.Go(func() {
			for ctx.Err() == nil {
				k := int(next.Add(1)) - 1
				if k >= len(list) {
					return
				}
				told.add(p.tile(workers[w], list[k]))
			}
		})
	}
	wait.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all := workers[0]
	for _, one := range workers[1:] {
		for at := range all.best {
			all.near[at] += one.near[at]
			if one.partner[at] >= 0 {
				all.improve(at, int(one.partner[at]), int(one.best[at]))
			}
		}
	}
	return all, nil
}

// tile compares the pairs of a rectangle and tells how many they were. The commonest form, up
// to 64 questions with few codes and up to eight with many, is written out: not quite
// twice as fast a word as the loop.
func (p *packed) tile(f *found, t tile) (compared int64) {
	for i := t.rows.from; i < t.rows.to; i++ {
		from := max(t.columns.from, i+1)
		if from >= t.columns.to {
			continue
		}
		compared += int64(t.columns.to - from)
		switch p.stride {
		case 4:
			p.short(f, i, from, t.columns.to)
			continue
		case 5:
			p.shortWide(f, i, from, t.columns.to)
			continue
		}
		row := p.rows[i*p.stride : (i+1)*p.stride]
		for j := from; j < t.columns.to; j++ {
			same := p.identical(row, p.rows[j*p.stride:(j+1)*p.stride])
			if same >= int(f.trigger[i]) || same >= int(f.trigger[j]) {
				p.note(f, i, j, same)
			}
		}
	}
	return compared
}

// short compares one sheet with those from one place to another: one mask, three planes.
func (p *packed) short(f *found, i, from, to int) {
	mask, a, b, c := p.rows[4*i], p.rows[4*i+1], p.rows[4*i+2], p.rows[4*i+3]
	triggers, own := f.trigger[from:to], int(f.trigger[i])
	rows := p.rows[4*from : 4*to]
	for k := range triggers {
		r := rows[4*k : 4*k+4 : 4*k+4]
		same := bits.OnesCount64(mask & r[0] &^ ((a ^ r[1]) | (b ^ r[2]) | (c ^ r[3])))
		if same >= own || same >= int(triggers[k]) {
			p.note(f, i, from+k, same)
			own = int(f.trigger[i])
		}
	}
}

// shortWide is short with one word of bytes.
func (p *packed) shortWide(f *found, i, from, to int) {
	mask, a, b, c, wide := p.rows[5*i], p.rows[5*i+1], p.rows[5*i+2], p.rows[5*i+3], p.rows[5*i+4]
	triggers, own := f.trigger[from:to], int(f.trigger[i])
	rows := p.rows[5*from : 5*to]
	for k := range triggers {
		r := rows[5*k : 5*k+5 : 5*k+5]
		same := bits.OnesCount64(mask&r[0]&^((a^r[1])|(b^r[2])|(c^r[3]))) + equalBytes(wide, r[4])
		if same >= own || same >= int(triggers[k]) {
			p.note(f, i, from+k, same)
			own = int(f.trigger[i])
		}
	}
}

// identical counts the questions that both answer alike.
func (p *packed) identical(x, y []uint64) (same int) {
	for at := 0; at < p.narrow; at += 4 {
		a, b := x[at:at+4:at+4], y[at:at+4:at+4]
		same += bits.OnesCount64(a[0] & b[0] &^ ((a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])))
	}
	for at := p.narrow; at < p.stride; at++ {
		same += equalBytes(x[at], y[at])
	}
	return same
}

// equalBytes counts the bytes that are equal and answered (Warren, Hacker's Delight, 2nd ed.,
// section 6–1: a top bit for every byte of the difference that is zero).
func equalBytes(x, y uint64) int {
	const low = 0x7f7f7f7f7f7f7f7f
	d := x ^ y
	return bits.OnesCount64(x &^ (((d & low) + low) | d | low))
}

// note keeps a pair that is as good as the best so far of either, or nearly identical.
func (p *packed) note(f *found, i, j, same int) {
	f.improve(i, j, same)
	f.improve(j, i, same)
	f.trigger[i] = min(f.best[i], p.need[i])
	f.trigger[j] = min(f.best[j], p.need[j])
	if p.class[i] == p.class[j] {
		if same >= int(p.need[i]) {
			f.near[i]++
		}
		if same >= int(p.need[j]) {
			f.near[j]++
		}
	}
}

func (f *found) improve(at, partner, same int) {
	if now := int(f.best[at]); f.partner[at] < 0 || same > now || same == now && int32(partner) < f.partner[at] {
		f.best[at], f.partner[at] = uint16(same), int32(partner)
	}
}

// told passes progress on, by whole percent and one caller at a time.
type told struct {
	say         func(done, total int64)
	lock        sync.Mutex
	done, total int64
}

func (t *told) add(pairs int64) {
	if t.say == nil {
		return
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	before := t.done
	t.done += pairs
	if t.done == t.total || t.done*100/max(1, t.total) > before*100/max(1, t.total) {
		t.say(t.done, t.total)
	}
}
