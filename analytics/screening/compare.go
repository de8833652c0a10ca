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
// planes, so that one pair of 64 questions with up to eight options takes about ten
// instructions. Memory is some 60 bytes a sheet and processor, whatever the number of pairs.
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

// packed are the sheets ordered by distributor, stratum and id, each as stride words: for
// every 64 questions a mask of the answered ones, then a plane for each bit of the codes.
type packed struct {
	rows     []uint64
	planes   int
	stride   int
	order    []int    // index of the sheet at each place
	answered []uint16 // answers of each
	need     []uint16 // identical answers that make it nearly identical; none if too few are given
	class    []int32  // its stratum
}

const never = math.MaxUint16

func pack(sheets []Sheet, s Settings) *packed {
	n, questions, highest := len(sheets), 0, int8(0)
	for _, sheet := range sheets {
		questions = max(questions, len(sheet.Answers))
		for _, a := range sheet.Answers {
			highest = max(highest, a)
		}
	}
	p := &packed{planes: max(3, bits.Len8(uint8(highest))), order: make([]int, n),
		answered: make([]uint16, n), need: make([]uint16, n), class: make([]int32, n)}
	words := max(1, (questions+63)/64)
	p.stride = words * (p.planes + 1)
	p.rows = make([]uint64, n*p.stride)
	for i := range p.order {
		p.order[i] = i
	}
	slices.SortStableFunc(p.order, func(a, b int) int {
		x, y := &sheets[a], &sheets[b]
		return cmp.Or(cmp.Compare(x.Distributor, y.Distributor), cmp.Compare(x.Stratum, y.Stratum), cmp.Compare(x.ID, y.ID))
	})
	classes := map[string]int32{}
	for at, i := range p.order {
		row := p.rows[at*p.stride : (at+1)*p.stride]
		for q, a := range sheets[i].Answers {
			if a < 0 {
				continue
			}
			word := row[q/64*(p.planes+1):]
			word[0] |= 1 << (q % 64)
			for b := range p.planes {
				word[1+b] |= uint64(a) >> b & 1 << (q % 64)
			}
			p.answered[at]++
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

// tile compares the pairs of a rectangle and tells how many they were. The case of up to 64
// questions and eight options is written out: 1.5 times as fast as the loop (10,000 × 40 in
// 0.2 s instead of 0.3 s, two cores).
func (p *packed) tile(f *found, t tile) (compared int64) {
	for i := t.rows.from; i < t.rows.to; i++ {
		from := max(t.columns.from, i+1)
		if from >= t.columns.to {
			continue
		}
		compared += int64(t.columns.to - from)
		if p.stride == 4 {
			p.narrow(f, i, from, t.columns.to)
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

// narrow compares one sheet with those from one place to another: one word, three planes.
func (p *packed) narrow(f *found, i, from, to int) {
	mask, a, b, c := p.rows[4*i], p.rows[4*i+1], p.rows[4*i+2], p.rows[4*i+3]
	triggers, own := f.trigger[from:to], int(f.trigger[i])
	rows := p.rows[4*from : 4*to]
	for k := range triggers {
		r := rows[4*k : 4*k+4 : 4*k+4]
		same := bits.OnesCount64(mask & r[0] &^ (a ^ r[1] | b ^ r[2] | c ^ r[3]))
		if same >= own || same >= int(triggers[k]) {
			p.note(f, i, from+k, same)
			own = int(f.trigger[i])
		}
	}
}

// identical counts the questions that both answer alike.
func (p *packed) identical(x, y []uint64) (same int) {
	for at := 0; at < len(x); at += p.planes + 1 {
		differ := uint64(0)
		for b := at + 1; b <= at+p.planes; b++ {
			differ |= x[b] ^ y[b]
		}
		same += bits.OnesCount64(x[at] & y[at] &^ differ)
	}
	return same
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
