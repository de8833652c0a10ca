package ingest

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
)

// leastShared is how many equal rows two files must have to be one file sent twice,
// unless they bear one name.
const leastShared = 3

// fingerprint is that of a row, half as long as in words: a file may have a million.
type fingerprint [16]byte

func compareFingerprints(a, b fingerprint) int { return bytes.Compare(a[:], b[:]) }

func fingerprints(list []fingerprint, part *responseSheet) []fingerprint {
	for _, row := range part.Good {
		var print fingerprint
		hex.Decode(print[:], []byte(row.Fingerprint)) // made by responseFingerprint: can't fail
		list = append(list, print)
	}
	return list
}

// earlier is a file that was taken before and shares rows with this one.
type earlier struct {
	file   string
	at     time.Time
	rows   int            // that it holds
	shared map[uint32]int // place in distinct → how often it holds it
	equal  int            // rows of it that this file has too
}

// sentBefore tells which of the rows that could go in are in already because this file is
// another sending of an earlier one: the same bytes, or a copy that was corrected. An earlier
// file counts as such when half of its rows, or half of the rows here, are the same, counting
// row numbers (序号) and sheet numbers as part of the row.
type sentBefore struct {
	by   []int32  // for each row the place in whys from 1, 0 of a row that is new
	whys []string // of each file
}

// reason is what is said of a row that was sent before, "" of another one.
func (s *sentBefore) reason(row int) string {
	if s.by == nil || s.by[row] == 0 {
		return ""
	}
	return s.whys[s.by[row]-1]
}

func (in *Ingest) sentBefore(ctx context.Context, receipt *Receipt, prints []fingerprint) (*sentBefore, error) {
	distinct := slices.Clone(prints)
	slices.SortFunc(distinct, compareFingerprints)
	distinct = slices.Compact(distinct)
	here, places := make([]int32, len(distinct)), make([]uint32, len(prints))
	for i, print := range prints {
		at, _ := slices.BinarySearchFunc(distinct, print, compareFingerprints)
		places[i] = uint32(at)
		here[at]++
	}
	files, err := in.earlierFiles(ctx, receipt, distinct, here)
	if err != nil || len(files) == 0 {
		return &sentBefore{}, err
	}
	known := &sentBefore{by: make([]int32, len(prints))}
	for _, e := range slices.SortedFunc(maps.Values(files), func(a, b *earlier) int { return a.at.Compare(b.at) }) {
		sameName := e.file == receipt.File
		if e.equal*2 < e.rows && e.equal*2 < len(prints) || e.equal < leastShared && !sameName {
			continue
		}
		known.whys = append(known.whys, fmt.Sprintf("这一行已随“%s”在%s收下，没有重复计数", e.file, e.at.In(shanghai).Format("2006年1月2日 15:04")))
		for i, at := range places {
			if known.by[i] == 0 && e.shared[at] > 0 {
				e.shared[at]--
				known.by[i] = int32(len(known.whys))
			}
		}
	}
	return known, nil
}

// hasFiles tells whether any row of the wave came in a file.
func (in *Ingest) hasFiles(ctx context.Context, receipt *Receipt) (bool, error) {
	var n uint64
	row := in.db.QueryRow(ctx, `SELECT count() FROM (SELECT 1 FROM responses WHERE campaign = ? AND wave = ? AND file != '' LIMIT 1)`, receipt.Campaign, receipt.Wave)
	if err := row.Scan(&n); err != nil {
		return false, fmt.Errorf("look up earlier files: %w", err)
	}
	return n > 0, nil
}

// earlierFiles asks which files of the wave hold rows with these fingerprints. More than
// partRows of them aren't sent to the engine: all fingerprints of the wave come here.
func (in *Ingest) earlierFiles(ctx context.Context, receipt *Receipt, distinct []fingerprint, here []int32) (map[uuid.UUID]*earlier, error) {
	files := map[uuid.UUID]*earlier{}
	note := func(batch uuid.UUID, print string, n uint64) error {
		var one fingerprint
		if _, err := hex.Decode(one[:], []byte(print)); err != nil {
			return fmt.Errorf("look up earlier files: %w", err)
		}
		at, is := slices.BinarySearchFunc(distinct, one, compareFingerprints)
		if !is {
			return nil
		}
		e := files[batch]
		if e == nil {
			e = &earlier{shared: map[uint32]int{}}
			files[batch] = e
		}
		e.shared[uint32(at)] = int(n)
		e.equal += min(int(n), int(here[at]))
		return nil
	}
	var err error
	if len(distinct) > partRows {
		err = in.eachPrint(ctx, receipt, "", nil, note)
	} else {
		for part := range slices.Chunk(distinct, lookup) {
			words := make([]string, len(part))
			for i := range part {
				words[i] = hex.EncodeToString(part[i][:])
			}
			if err = in.eachPrint(ctx, receipt, " AND fingerprint IN (?)", []any{words}, note); err != nil {
				break
			}
		}
	}
	if err != nil || len(files) == 0 {
		return nil, err
	}
	return files, in.describeFiles(ctx, receipt, files)
}

// eachPrint goes through the fingerprints of the wave's files. The engine counts beyond 64 MiB
// on disk.
func (in *Ingest) eachPrint(ctx context.Context, receipt *Receipt, and string, args []any, yield func(batch uuid.UUID, print string, n uint64) error) error {
	rows, err := in.db.Query(ctx, `SELECT batch, fingerprint, count() FROM responses FINAL
		WHERE campaign = ? AND wave = ? AND file != '' AND disposition != 'void'`+and+`
		GROUP BY batch, fingerprint SETTINGS `+clickhouse.Spill(64<<20), append([]any{receipt.Campaign, receipt.Wave}, args...)...)
	if err != nil {
		return fmt.Errorf("look up earlier files: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var batch uuid.UUID
		var print string
		var n uint64
		if err := rows.Scan(&batch, &print, &n); err != nil {
			return fmt.Errorf("look up earlier files: %w", err)
		}
		if err := yield(batch, print, n); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("look up earlier files: %w", err)
	}
	return nil
}

// describeFiles asks for the names, times and sizes of the files.
func (in *Ingest) describeFiles(ctx context.Context, receipt *Receipt, files map[uuid.UUID]*earlier) error {
	rows, err := in.db.Query(ctx, `SELECT batch, any(file), min(recorded_at), count() FROM responses FINAL
		WHERE campaign = ? AND wave = ? AND batch IN (`+clickhouse.UUIDs(slices.Collect(maps.Keys(files)))+`) GROUP BY batch`, receipt.Campaign, receipt.Wave)
	if err != nil {
		return fmt.Errorf("look up earlier files: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var batch uuid.UUID
		var file string
		var at time.Time
		var n uint64
		if err := rows.Scan(&batch, &file, &at, &n); err != nil {
			return fmt.Errorf("look up earlier files: %w", err)
		}
		e := files[batch]
		e.file, e.at, e.rows = file, at, int(n)
	}
	return rows.Err()
}
