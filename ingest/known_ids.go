package ingest

import (
	"context"
	"encoding/binary"
	"sync"

	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
)

// knownIDs tells of most ids that no response has them, without asking the table: nearly all
// that come are new, and to look 250 of them up among 10,000,000 reads the ids of a fifth of
// the table. It says "maybe" of every id that is in, and of one in some thousand that isn't;
// those are looked up.
//
// It holds only where no other program writes. What goes in is noted before it is written, so
// it never lacks a row; what was there before is read once, behind the first group, and until
// then every id is "maybe".
type knownIDs struct {
	db    *clickhouse.DB // nil: others write too
	stop  context.CancelFunc
	ctx   context.Context
	once  sync.Once
	ended sync.WaitGroup

	mu     sync.Mutex
	ready  bool
	layers []layer
}

// layer is a Bloom filter: 16 bits for each id, 8 of them set, all in one line of 64 bytes.
// It takes so many ids; then another one of twice the size is begun.
type layer struct {
	lines [][8]uint64
	room  int
}

const (
	firstRoom = 1 << 16 // 128 KB
	lineIDs   = 32      // of 512 bits
)

func newKnownIDs(db *clickhouse.DB) *knownIDs {
	k := &knownIDs{}
	k.ctx, k.stop = context.WithCancel(context.Background())
	if db.Embedded() != nil {
		k.db = db
	}
	return k
}

// may gives those of the ids that the table may hold.
func (k *knownIDs) may(ids []uuid.UUID) []uuid.UUID {
	if k.db == nil {
		return ids
	}
	k.once.Do(func() { k.ended.Go(k.load) })
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.ready {
		return ids
	}
	var maybe []uuid.UUID
	for _, id := range ids {
		if k.holds(id) {
			maybe = append(maybe, id)
		}
	}
	return maybe
}

// note takes what is about to be written; an id that is noted and never comes does no harm.
func (k *knownIDs) note(rows []*responseRow) {
	if k.db == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, row := range rows {
		if row.Response.Revision == 1 {
			k.add(row.Response.ID)
		}
	}
}

// load reads what was there before. Where it can't, every id stays "maybe" until the next start.
func (k *knownIDs) load() {
	rows, err := k.db.Query(k.ctx, `SELECT id FROM responses`)
	if err != nil {
		return
	}
	defer rows.Close()
	part := make([]uuid.UUID, 0, lookup)
	flush := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		for _, id := range part {
			k.add(id)
		}
		part = part[:0]
	}
	for rows.Next() {
		var id uuid.UUID
		if rows.Scan(&id) != nil {
			return
		}
		if part = append(part, id); len(part) == lookup {
			flush()
		}
	}
	if flush(); rows.Err() != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ready = true
}

func (k *knownIDs) close() {
	k.stop()
	k.ended.Wait()
}

// add holds the lock.
func (k *knownIDs) add(id uuid.UUID) {
	n := len(k.layers)
	if n == 0 || k.layers[n-1].room == 0 {
		room := firstRoom << n
		k.layers = append(k.layers, layer{make([][8]uint64, room/lineIDs), room})
		n++
	}
	last := &k.layers[n-1]
	last.room--
	line, bits := spread(id, len(last.lines))
	for i, bit := range bits {
		last.lines[line][i] |= 1 << bit
	}
}

// holds holds the lock.
func (k *knownIDs) holds(id uuid.UUID) bool {
	for _, one := range k.layers {
		line, bits := spread(id, len(one.lines))
		all := true
		for i, bit := range bits {
			all = all && one.lines[line][i]&(1<<bit) != 0
		}
		if all {
			return true
		}
	}
	return false
}

// spread gives the line of an id among a power of two of them, and a bit of each of its words.
// A sender may number its ids: both halves are stirred.
func spread(id uuid.UUID, lines int) (line uint64, bits [8]uint8) {
	a := stir(binary.BigEndian.Uint64(id[:8]) ^ stir(binary.BigEndian.Uint64(id[8:])))
	b := stir(a)
	for i := range bits {
		bits[i] = uint8(b>>(8*i)) & 63
	}
	return a & uint64(lines-1), bits
}

// stir is the last step of MurmurHash3: every bit of what goes in turns half of those that come out.
func stir(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
