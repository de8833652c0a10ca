package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// ResponsesFile takes a workbook of answers to any questionnaire. A dry run reads and
// checks everything and writes nothing: its receipt is the preview.
//
// Two persons may give equal answers, so content alone doesn't make a row known. A row
// is known when its file was sent before, or a file of which this one is a corrected
// sending: see resent.
func (in *Ingest) ResponsesFile(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, f File, o Options) (*Receipt, error) {
	if wave.Closed {
		return nil, closedWave(plan, wave)
	}
	book, err := sheet.Open(ctx, f, f.Size, f.Name, sheet.DefaultLimits())
	if err != nil {
		return nil, fileProblem(err)
	}
	defer book.Close()
	read, err := readMapped(ctx, book, o.Sheet, plan, wave, q, in.chosenMapping(ctx, plan.Campaign.ID))
	if err != nil {
		return nil, fileProblem(err)
	}
	now := in.clock().UTC().Truncate(time.Millisecond)
	receipt := &Receipt{ID: uuid.New(), Kind: Responses, Campaign: plan.Campaign.ID, Wave: string(wave.ID), File: f.Name, SHA256: f.SHA256,
		Sheet: read.Sheet, Header: read.Header, HeaderRows: read.HeaderRows, Rows: read.Rows, Rejected: read.Rejected, Skipped: read.Skipped,
		Cells: read.Cells, ColumnsNotStored: read.ColumnsNotStored(), DryRun: o.DryRun, Sender: actor, RecordedAt: now}
	for _, n := range read.NotStored {
		if n.Why != "" {
			receipt.ColumnNotes = append(receipt.ColumnNotes, "“"+n.Heading+"”："+n.Why)
		}
	}
	if read.Mapped {
		receipt.ColumnNotes = append(receipt.ColumnNotes, "列和选项按核对过的对应关系读取")
	}
	rows := read.Good
	for i := range rows {
		r := &rows[i].Response
		r.ID = uuid.NewSHA1(responseSpace, []byte(plan.Campaign.ID+"/"+string(wave.ID)+"/"+f.SHA256+"/"+read.Sheet+"/"+strconv.Itoa(rows[i].Row)))
		r.Revision, r.Mode, r.RecordedAt, r.RecordedBy = 1, survey.Import, now, actor.ID
		r.Origin.Batch, r.Origin.File, r.Origin.Sheet, r.Origin.Row = receipt.ID, f.Name, read.Sheet, rows[i].Row
		if r.Unit == "" {
			r.Unit = actor.Unit
		}
		if r.Distributor == "" {
			r.Distributor = actor.ID
		}
		receipt.Accepted = append(receipt.Accepted, Accepted{Row: rows[i].Row, ID: r.ID, Warning: rows[i].Warning})
	}
	return receipt, in.takeResponses(ctx, actor, receipt, rows, o)
}

// responseSpace is the name space of ids made from file and row.
var responseSpace = uuid.MustParse("0c3f6f0a-52c1-5d3e-8a87-6e1d9a4b7f21")

func closedWave(plan *campaign.Plan, wave survey.Wave) error {
	return problem.Conflict("“"+wave.Name+"”已经结束，不再收答卷", "如需补录，请联系"+plan.Campaign.Words.Office+"重新开放这一轮调查。")
}

// takeResponses settles what was sent before and commits the rest.
func (in *Ingest) takeResponses(ctx context.Context, actor audit.Actor, receipt *Receipt, rows []responseRow, o Options) error {
	resent, err := in.resent(ctx, receipt, rows)
	if err != nil {
		return err
	}
	fresh := rows[:0:0]
	knownRows := map[int]string{}
	for _, row := range rows {
		if why, is := resent[row.Row]; is && !o.Again[row.Row] {
			knownRows[row.Row] = why
			continue
		}
		fresh = append(fresh, row)
	}
	b := &batch[responseRow]{Rows: fresh}
	settle := func(results []outcome[responseRow]) {
		taken := map[int]error{}
		for _, r := range results {
			switch {
			case r.Err != nil:
				taken[r.Row.Row] = r.Err
			case !r.Created:
				knownRows[r.Row.Row] = "这一行在" + r.Row.Response.RecordedAt.In(shanghai).Format("2006年1月2日 15:04") + "已收下，没有重复计数"
			}
		}
		receipt.settle(knownRows, taken)
	}
	if o.DryRun {
		if _, err := in.sortOutResponses(ctx, []*batch[responseRow]{b}); err != nil {
			return err
		}
		settle(b.results)
		return nil
	}
	b.Events = func(results []outcome[responseRow]) []audit.Event {
		settle(results)
		return []audit.Event{receipt.event(actor)}
	}
	b.Receipt = receipt
	_, err = in.responses.Commit(ctx, b)
	return err
}

// leastShared is how many equal rows two files must have to be one file sent twice,
// unless they bear one name.
const leastShared = 3

// earlier is a file that was taken before and shares rows with this one.
type earlier struct {
	file   string
	at     time.Time
	rows   int            // that it holds
	shared map[string]int // fingerprint → how often it holds it
	equal  int            // rows of it that this file has too
}

// resent tells which rows are in already because this file is another sending of an
// earlier one: the same bytes, or a copy that was corrected. An earlier file counts as
// such when half of its rows, or half of the rows here, are the same, counting row
// numbers (序号) and sheet numbers as part of the row.
func (in *Ingest) resent(ctx context.Context, receipt *Receipt, rows []responseRow) (map[int]string, error) {
	here := map[string]int{}
	for _, row := range rows {
		here[row.Fingerprint]++
	}
	files, err := in.earlierFiles(ctx, receipt, here)
	if err != nil {
		return nil, err
	}
	known := map[int]string{}
	sent := slices.SortedFunc(maps.Values(files), func(a, b *earlier) int { return a.at.Compare(b.at) })
	for _, e := range sent {
		sameName := e.file == receipt.File
		if e.equal*2 < e.rows && e.equal*2 < len(rows) || e.equal < leastShared && !sameName {
			continue
		}
		for _, row := range rows {
			if _, is := known[row.Row]; !is && e.shared[row.Fingerprint] > 0 {
				e.shared[row.Fingerprint]--
				known[row.Row] = fmt.Sprintf("这一行已随“%s”在%s收下，没有重复计数", e.file, e.at.In(shanghai).Format("2006年1月2日 15:04"))
			}
		}
	}
	return known, nil
}

// earlierFiles asks which files of the wave hold rows with these fingerprints.
func (in *Ingest) earlierFiles(ctx context.Context, receipt *Receipt, here map[string]int) (map[uuid.UUID]*earlier, error) {
	prints := make([]string, 0, len(here))
	for print := range here {
		prints = append(prints, print)
	}
	files := map[uuid.UUID]*earlier{}
	for len(prints) > 0 {
		part := prints[:min(lookup, len(prints))]
		prints = prints[len(part):]
		rows, err := in.db.Query(ctx, `SELECT batch, any(file), min(recorded_at), fingerprint, count() FROM responses FINAL
			WHERE campaign = ? AND wave = ? AND file != '' AND disposition != 'void' AND fingerprint IN (?)
			GROUP BY batch, fingerprint ORDER BY batch`, receipt.Campaign, receipt.Wave, part)
		if err != nil {
			return nil, fmt.Errorf("look up earlier files: %w", err)
		}
		for rows.Next() {
			var batch uuid.UUID
			var file, print string
			var at time.Time
			var n uint64
			if err := rows.Scan(&batch, &file, &at, &print, &n); err != nil {
				rows.Close()
				return nil, fmt.Errorf("look up earlier files: %w", err)
			}
			e := files[batch]
			if e == nil {
				e = &earlier{file: file, at: at, shared: map[string]int{}}
				files[batch] = e
			}
			e.shared[print] = int(n)
			e.equal += min(int(n), here[print])
		}
		if err := rows.Close(); err != nil {
			return nil, fmt.Errorf("look up earlier files: %w", err)
		}
	}
	return files, in.fileSizes(ctx, receipt, files)
}

// fileSizes asks how many rows each of the files holds.
func (in *Ingest) fileSizes(ctx context.Context, receipt *Receipt, files map[uuid.UUID]*earlier) error {
	for batch, e := range files {
		var n uint64
		row := in.db.QueryRow(ctx, `SELECT count() FROM responses FINAL WHERE campaign = ? AND wave = ? AND batch = ?`, receipt.Campaign, receipt.Wave, batch.String())
		if err := row.Scan(&n); err != nil {
			return fmt.Errorf("look up earlier files: %w", err)
		}
		e.rows = int(n)
	}
	return nil
}
