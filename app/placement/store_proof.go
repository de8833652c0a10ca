package placement

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

const photoColumns = `campaign, id, revision, placement, unit, state, note, sha256, dhash, phash, format, width, height, bytes, file,
	source, taken_at, longitude, latitude, datum, accuracy_m, distance_m, device, grade, reasons, twins, proves_on, recorded_at, recorded_by`

// Photos gives the photos of placements as they hold now, by placement, those that were
// set aside too; the oldest first.
func (s *Store) Photos(ctx context.Context, campaign string, placements []uuid.UUID) (map[uuid.UUID][]Photo, error) {
	byPlacement := map[uuid.UUID][]Photo{}
	if len(placements) == 0 {
		return byPlacement, nil
	}
	photos, err := s.photos(ctx, `campaign = ? AND placement IN (`+clickhouse.UUIDs(placements)+`) ORDER BY recorded_at, id`, campaign)
	for _, p := range photos {
		byPlacement[p.Placement] = append(byPlacement[p.Placement], p)
	}
	return byPlacement, err
}

// PhotosAbout gives the photos of a placement, the oldest first, and with them those of the
// placement that the photo of an id belongs to.
func (s *Store) PhotosAbout(ctx context.Context, campaign string, placement, id uuid.UUID) ([]Photo, error) {
	about := []uuid.UUID{placement}
	other, err := s.placementOf(ctx, campaign, id)
	if err != nil {
		return nil, err
	}
	if other != uuid.Nil && other != placement {
		about = append(about, other)
	}
	return s.photos(ctx, `campaign = ? AND placement IN (`+clickhouse.UUIDs(about)+`) ORDER BY recorded_at, id`, campaign)
}

// placementOf gives the placement of a photo, none where there is no such photo.
func (s *Store) placementOf(ctx context.Context, campaign string, id uuid.UUID) (uuid.UUID, error) {
	rows, err := s.db.Query(ctx, `SELECT placement FROM photos WHERE campaign = ? AND id = ? LIMIT 1`, campaign, id.String())
	if err != nil {
		return uuid.Nil, fmt.Errorf("find a photo: %w", err)
	}
	defer rows.Close()
	var placement uuid.UUID
	for rows.Next() {
		if err := rows.Scan(&placement); err != nil {
			return uuid.Nil, fmt.Errorf("find a photo: %w", err)
		}
	}
	return placement, rows.Err()
}

// Photo gives one photo as it holds now. The table lies in the order of placements: found
// by its own, a photo is read without the others.
func (s *Store) Photo(ctx context.Context, campaign string, id uuid.UUID) (Photo, error) {
	placement, err := s.placementOf(ctx, campaign, id)
	if err != nil {
		return Photo{}, err
	}
	photos, err := s.photos(ctx, `campaign = ? AND placement = ? AND id = ?`, campaign, placement.String(), id.String())
	if err != nil {
		return Photo{}, err
	}
	if len(photos) == 0 { // also for uuid.Nil, which no placement has
		return Photo{}, problem.NotFound("这张照片")
	}
	return photos[0], nil
}

func (s *Store) photos(ctx context.Context, where string, args ...any) ([]Photo, error) {
	return s.photosFrom(ctx, `photos FINAL WHERE `+where, args...)
}

func (s *Store) photosFrom(ctx context.Context, from string, args ...any) ([]Photo, error) {
	rows, err := s.db.Query(ctx, `SELECT `+photoColumns+` FROM `+from, args...)
	if err != nil {
		return nil, fmt.Errorf("read photos: %w", err)
	}
	defer rows.Close()
	var all []Photo
	for rows.Next() {
		p, err := scanPhoto(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// scanPhoto reads the columns in the order of photoColumns.
func scanPhoto(rows driver.Rows) (Photo, error) {
	var p Photo
	var unit, state, source, datum, grade string
	var width, height uint32
	var bytes uint64
	var taken *time.Time
	var longitude, latitude *float64
	err := rows.Scan(&p.Campaign, &p.ID, &p.Revision, &p.Placement, &unit, &state, &p.Note, &p.SHA256, &p.DHash, &p.PHash, &p.Format, &width, &height, &bytes, &p.File,
		&source, &taken, &longitude, &latitude, &datum, &p.Accuracy, &p.Distance, &p.Device, &grade, &p.Reasons, &p.Twins, &p.ProvesOn, &p.RecordedAt, &p.RecordedBy)
	if err != nil {
		return p, fmt.Errorf("read photo: %w", err)
	}
	p.Unit, p.State, p.Source, p.Grade = org.UnitID(unit), PhotoState(state), PhotoSource(source), Grade(grade)
	p.Width, p.Height, p.Bytes = int(width), int(height), int64(bytes)
	if taken != nil {
		p.TakenAt = *taken
	}
	if longitude != nil && latitude != nil {
		p.Position = &Position{Longitude: *longitude, Latitude: *latitude, Datum: Datum(datum)}
	}
	return p, nil
}

// HasPhoto tells whether a photo's row is there.
func (s *Store) HasPhoto(ctx context.Context, campaign string, id uuid.UUID) (bool, error) {
	placement, err := s.placementOf(ctx, campaign, id)
	return placement != uuid.Nil, err
}

// HavePhotos tells for which of these placements there are photos, whatever became of them.
func (s *Store) HavePhotos(ctx context.Context, campaign string, placements []uuid.UUID) (map[uuid.UUID]bool, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT placement FROM photos WHERE campaign = ? AND placement IN (`+clickhouse.UUIDs(placements)+`)`, campaign)
	if err != nil {
		return nil, fmt.Errorf("look for photos of placements: %w", err)
	}
	defer rows.Close()
	have := map[uuid.UUID]bool{}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for photos of placements: %w", err)
		}
		have[id] = true
	}
	return have, rows.Err()
}

// Inspections gives what was found at placements, by placement, the latest day first.
func (s *Store) Inspections(ctx context.Context, campaign string, placements []uuid.UUID) (map[uuid.UUID][]Inspection, error) {
	byPlacement := map[uuid.UUID][]Inspection{}
	if len(placements) == 0 {
		return byPlacement, nil
	}
	all, err := s.inspections(ctx, `campaign = ? AND placement IN (`+clickhouse.UUIDs(placements)+`) ORDER BY found_on DESC, recorded_at DESC, id`, campaign)
	for _, i := range all {
		byPlacement[i.Placement] = append(byPlacement[i.Placement], i)
	}
	return byPlacement, err
}

// InspectionsByID gives the inspections that have one of these ids.
func (s *Store) InspectionsByID(ctx context.Context, campaign string, ids []uuid.UUID) ([]Inspection, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.inspections(ctx, `campaign = ? AND id IN (`+clickhouse.UUIDs(ids)+`)`, campaign)
}

func (s *Store) inspections(ctx context.Context, where string, args ...any) ([]Inspection, error) {
	rows, err := s.db.Query(ctx, `
SELECT campaign, id, placement, unit, found_on, finding, defects, due, note, recorded_at, recorded_by, recorded_role
FROM inspections FINAL
WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read inspections: %w", err)
	}
	defer rows.Close()
	var all []Inspection
	for rows.Next() {
		var i Inspection
		var unit, finding, role string
		var defects []string
		var due *time.Time
		if err := rows.Scan(&i.Campaign, &i.ID, &i.Placement, &unit, &i.FoundOn, &finding, &defects, &due, &i.Note, &i.RecordedAt, &i.RecordedBy, &role); err != nil {
			return nil, fmt.Errorf("read inspection: %w", err)
		}
		i.Unit, i.Finding, i.Role = org.UnitID(unit), Finding(finding), audit.Role(role)
		for _, d := range defects {
			i.Defects = append(i.Defects, Defect(d))
		}
		if due != nil {
			i.Due = *due
		}
		all = append(all, i)
	}
	return all, rows.Err()
}
