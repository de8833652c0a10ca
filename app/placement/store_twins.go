package placement

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/clickhouse"
)

// Nearness is in how many bits the hashes of two photos may differ.
type Nearness struct{ D, P int }

// mostTwins bounds the answer: one picture used fifty times is told well enough by twenty.
const mostTwins = 20

// Twins gives earlier photos of other placements of the campaign that hold the same file,
// or a picture whose hashes are within so many bits; the oldest first. Those that were set
// aside or whose placement was withdrawn are not meant: a picture may move from an entry
// that was a mistake to the right one.
//
// The hashes of all photos are gone through by themselves, and the few that are near are
// then read whole, in their newest revision: FINAL would read 100,000 whole rows for them.
// Most pictures have no twin, and for them that is the end: asked in one, the two took 20
// ms on an empty table, nearly all of it planning.
func (s *Store) Twins(ctx context.Context, p Photo, n Nearness) ([]Photo, error) {
	near, err := s.placementsOfLike(ctx, p, n)
	if err != nil || len(near) == 0 {
		return nil, err
	}
	ids, placements := make([]uuid.UUID, 0, len(near)), make([]uuid.UUID, 0, len(near))
	for id, placement := range near {
		ids, placements = append(ids, id), append(placements, placement)
	}
	found, err := s.photosFrom(ctx, `(
    SELECT `+photoColumns+` FROM photos
    WHERE campaign = ? AND placement IN (`+clickhouse.UUIDs(placements)+`) AND id IN (`+clickhouse.UUIDs(ids)+`)
    ORDER BY id, revision DESC LIMIT 1 BY id
)
WHERE state = 'kept' ORDER BY recorded_at, id LIMIT ?`, p.Campaign, mostTwins)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	gone, err := s.withdrawn(ctx, p.Campaign, placements)
	var standing []Photo
	for _, t := range found {
		if !gone[t.Placement] {
			standing = append(standing, t)
		}
	}
	return standing, err
}

// mostLike bounds how many photos are compared whole; a picture that half the campaign
// has sent is told by any of them.
const mostLike = 1000

// placementsOfLike gives earlier photos of other placements that are the same file or near
// by their hashes, with their placements, whatever became of them since.
func (s *Store) placementsOfLike(ctx context.Context, p Photo, n Nearness) (map[uuid.UUID]uuid.UUID, error) {
	rows, err := s.db.Query(ctx, `
SELECT DISTINCT id, placement FROM photos
WHERE campaign = ? AND placement != ? AND (recorded_at, id) < (fromUnixTimestamp64Milli(toInt64(?), 'UTC'), toUUID(?))
    AND (sha256 = ? OR (bitCount(bitXor(dhash, toUInt64(?))) <= ? AND bitCount(bitXor(phash, toUInt64(?))) <= ?))
LIMIT ?`, p.Campaign, p.Placement.String(), p.RecordedAt.UnixMilli(), p.ID.String(), p.SHA256, p.DHash, n.D, p.PHash, n.P, mostLike)
	if err != nil {
		return nil, fmt.Errorf("find like photos: %w", err)
	}
	defer rows.Close()
	found := map[uuid.UUID]uuid.UUID{}
	for rows.Next() {
		var id, placement uuid.UUID
		if err := rows.Scan(&id, &placement); err != nil {
			return nil, fmt.Errorf("find like photos: %w", err)
		}
		found[id] = placement
	}
	return found, rows.Err()
}

// withdrawn gives those of the placements that were taken back.
func (s *Store) withdrawn(ctx context.Context, campaign string, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	rows, err := s.db.Query(ctx, `SELECT id FROM placements FINAL WHERE campaign = ? AND id IN (`+clickhouse.UUIDs(ids)+`) AND state = ?`, campaign, string(Withdrawn))
	if err != nil {
		return nil, fmt.Errorf("read withdrawn placements: %w", err)
	}
	defer rows.Close()
	gone := map[uuid.UUID]bool{}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read withdrawn placements: %w", err)
		}
		gone[id] = true
	}
	return gone, rows.Err()
}

// PhotosOf gives photos by their ids as they hold now.
func (s *Store) PhotosOf(ctx context.Context, campaign string, ids []uuid.UUID) ([]Photo, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.photos(ctx, `campaign = ? AND id IN (`+clickhouse.UUIDs(ids)+`) ORDER BY recorded_at, id`, campaign)
}

// Dependents gives the kept photos that were called a twin of one of these.
func (s *Store) Dependents(ctx context.Context, campaign string, ids []uuid.UUID) ([]Photo, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = "toUUID('" + id.String() + "')"
	}
	return s.photos(ctx, `campaign = ? AND state = 'kept' AND hasAny(twins, [`+strings.Join(quoted, ", ")+`]) ORDER BY recorded_at, id`, campaign)
}

// sinceRecorded tells how many photos of a list were kept since an instant.
func sinceRecorded(photos []Photo, from time.Time) (n int) {
	for _, p := range photos {
		if p.State == PhotoKept && !p.RecordedAt.Before(from) {
			n++
		}
	}
	return n
}

// mostPhotos is how many photos a placement takes within one interval of proof. The rule
// asks for one to three; what goes beyond this is a mistake, or an album.
const mostPhotos = 20

// Full tells whether a placement takes no more photos now, of so many days of interval (0:
// of all its life).
func Full(photos []Photo, interval int, now time.Time) bool {
	var from time.Time
	if interval > 0 {
		from = now.AddDate(0, 0, -interval)
	}
	return sinceRecorded(photos, from) >= mostPhotos
}
