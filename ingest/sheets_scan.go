package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest/photo"
)

// Scan takes a picture of a sheet. The original is kept durable and untouched, and a copy
// for the screen that holds pixels only. The same file again for one sheet answers what was
// kept the first time.
//
// A sheet's handwriting may name a person, so nobody is shown the original here.
func (in *Ingest) Scan(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, number, name string, r io.Reader) (survey.Scan, bool, error) {
	number = survey.SheetNumber(number)
	if number == "" {
		return survey.Scan{}, false, problem.Invalid("没有收下扫描件", "请先填写这是哪一张问卷的编号。", problem.Fault{Field: "number", Why: "没有填编号"})
	}
	if sheet, known, err := in.surveys.Sheet(ctx, plan.Campaign.ID, wave.ID, number); err != nil {
		return survey.Scan{}, false, err
	} else if known {
		number = sheet.Number
	}
	one := survey.Scan{ID: uuid.New(), Number: number, Page: 1, File: fileName(name), Unit: actor.Unit}
	var developed *photo.Picture
	file, err := in.originals.keepChecked(ctx, one.File, line{r}, photo.MaxBytes, func(f File) error {
		var err error
		developed, err = in.photos.darkroom.Develop(ctx, f, f.Size)
		return err
	})
	switch {
	case errors.Is(err, errOverLimit):
		return one, false, problem.TooLarge(fmt.Sprintf("扫描件超过%dMB，没有收下", photo.MaxBytes>>20), "请把扫描的分辨率调到300dpi、灰度或黑白后再扫描。")
	case errors.As(err, new(lineError)):
		return one, false, problem.Invalid("扫描件没有传完", "可能网络中断了，请再上传一次，不会重复。").Because(err)
	case err != nil:
		return one, false, err
	}
	defer file.Close()
	one.SHA256, one.Picture, one.Width, one.Height = file.SHA256, file.SHA256, developed.Width, developed.Height
	if err := errors.Join(in.photos.copies.write(one.SHA256, string(Thumb), developed.Thumb), in.photos.copies.write(one.SHA256, string(Screen), developed.Screen)); err != nil {
		return one, false, err
	}
	return in.addScan(ctx, actor, plan, wave, one)
}

func (in *Ingest) addScan(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, one survey.Scan) (survey.Scan, bool, error) {
	in.secondLock.Lock() // looking up and adding are one act
	defer in.secondLock.Unlock()
	held, err := in.surveys.Scans(ctx, plan.Campaign.ID, wave.ID, one.Number)
	if err != nil {
		return one, false, err
	}
	for _, known := range held {
		if known.SHA256 == one.SHA256 && known.Page == one.Page {
			return known, false, nil
		}
	}
	if len(held) >= mostScans {
		return one, false, problem.Conflict(fmt.Sprintf("%s号已经有%d页扫描件，没有再收", one.Number, len(held)), "请核对编号是不是填错了。")
	}
	one.RecordedAt, one.RecordedBy = in.clock().UTC().Truncate(time.Millisecond), actor.ID
	sum := sha256.Sum256(fmt.Appendf(nil, "scan/%s/%s/%s/%s/%d", plan.Campaign.ID, wave.ID, one.Number, one.SHA256, one.Page))
	const insert = `INSERT INTO scans (campaign, wave, number, id, sha256, page, picture, file, width, height, unit, recorded_at, recorded_by)`
	add := func(b driver.Batch) error {
		return b.Append(plan.Campaign.ID, string(wave.ID), one.Number, one.ID, one.SHA256, uint32(one.Page), one.Picture, one.File,
			uint32(one.Width), uint32(one.Height), one.Unit, one.RecordedAt, one.RecordedBy)
	}
	kept := one
	err = in.db.InsertOnce(ctx, hex.EncodeToString(sum[:]), insert, add, func(ctx context.Context) (bool, error) {
		held, err := in.surveys.Scans(ctx, plan.Campaign.ID, wave.ID, one.Number)
		at := slices.IndexFunc(held, func(s survey.Scan) bool { return s.SHA256 == one.SHA256 && s.Page == one.Page })
		if at >= 0 {
			kept = held[at]
		}
		return at >= 0, err
	})
	if err != nil {
		return one, false, fmt.Errorf("write scan: %w", err)
	}
	if kept.ID != one.ID { // another server took the same page
		return kept, false, nil
	}
	about, _ := json.Marshal(map[string]any{"wave": wave.ID, "number": one.Number, "sha256": one.SHA256, "page": one.Page}) // plain words: can't fail
	return one, true, in.log.Record(ctx, audit.Event{Actor: actor, Verb: "scan.add", Campaign: plan.Campaign.ID, Kind: "scan", Thing: one.ID.String(), After: about})
}

// mostScans of one sheet: a long questionnaire has a dozen pages.
const mostScans = 40

// ScanCopy gives the copy of a scan for the screen; one that was deleted is made again.
func (in *Ingest) ScanCopy(ctx context.Context, one survey.Scan) ([]byte, error) {
	body, err := in.photos.copies.read(one.Picture, string(Screen))
	if err != nil || body != nil {
		return body, err
	}
	file, err := in.originals.Open(one.Picture)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	developed, err := in.photos.darkroom.Develop(ctx, file, file.Size)
	if err != nil {
		return nil, err
	}
	return developed.Screen, in.photos.copies.write(one.Picture, string(Screen), developed.Screen)
}
