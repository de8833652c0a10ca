package ingest

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// partRows is how many rows of a file of answers are read and go in at once. What is longer
// is never in memory as a whole, leaves the queue to other senders between its parts, and has
// a long receipt.
const partRows = 5_000

// answerLimits allow a CSV file as many rows as a spreadsheet program can show. A workbook's
// texts are in memory together, so it may have fewer.
func answerLimits() sheet.Limits {
	limits := sheet.DefaultLimits()
	limits.TextBytes, limits.TextRows = 256<<20, 1<<20
	return limits
}

// answersFile is a file of answers on its way in.
type answersFile struct {
	*Ingest
	actor   audit.Actor
	plan    *campaign.Plan
	wave    survey.Wave
	q       survey.Questionnaire
	file    File
	options Options

	book    *sheet.Book
	receipt *Receipt
	sent    *sentBefore
	good    int // rows so far that could go in
}

// ResponsesFile takes a workbook of answers to any questionnaire. A dry run reads and
// checks everything and writes nothing: its receipt is the preview.
//
// Two persons may give equal answers, so content alone doesn't make a row known. A row
// is known when its file was sent before, or a file of which this one is a corrected
// sending: see sentBefore.
//
// A file of more than partRows rows is read twice: to its end before anything is written,
// and again to take it part by part. Where a part fails, or the program ends, those before
// it are in without a receipt; sent again they are known.
func (in *Ingest) ResponsesFile(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, f File, o Options) (*Receipt, error) {
	if wave.Closed {
		return nil, closedWave(plan, wave)
	}
	t := &answersFile{Ingest: in, actor: actor, plan: plan, wave: wave, q: q, file: f, options: o}
	var err error
	if t.book, err = sheet.Open(ctx, f, f.Size, f.Name, answerLimits()); err != nil {
		return nil, fileProblem(err)
	}
	defer t.book.Close()
	answers, err := t.open(ctx)
	if err != nil {
		return nil, fileProblem(err)
	}
	defer answers.rows.Close()
	first, err := answers.read(partRows)
	if err != nil {
		return nil, fileProblem(err)
	}
	t.receipt = t.newReceipt(first)
	if answers.ended {
		if t.sent, err = in.sentBefore(ctx, t.receipt, fingerprints(nil, first)); err != nil {
			return nil, err
		}
		return t.receipt, t.takeAll(ctx, first)
	}
	if err := t.lookThrough(ctx); err != nil {
		return nil, err
	}
	if err := t.takeParts(ctx, first, answers); err != nil {
		return nil, err
	}
	return t.receipt, t.finish(ctx)
}

func (t *answersFile) open(ctx context.Context) (*answers, error) {
	return openAnswers(ctx, t.book, t.options.Sheet, t.plan, t.wave, t.q, t.chosenMapping(ctx, t.plan.Campaign.ID))
}

func (t *answersFile) newReceipt(read *responseSheet) *Receipt {
	r := &Receipt{ID: uuid.New(), Kind: Responses, Campaign: t.plan.Campaign.ID, Wave: string(t.wave.ID), File: t.file.Name, SHA256: t.file.SHA256,
		Sheet: read.Sheet, Header: read.Header, HeaderRows: read.HeaderRows, ColumnsNotStored: read.ColumnsNotStored(),
		DryRun: t.options.DryRun, Sender: t.actor, RecordedAt: t.clock().UTC().Truncate(time.Millisecond)}
	for _, n := range read.NotStored {
		if n.Why != "" {
			r.ColumnNotes = append(r.ColumnNotes, "“"+n.Heading+"”："+n.Why)
		}
	}
	if read.Mapped {
		r.ColumnNotes = append(r.ColumnNotes, "列和选项按核对过的对应关系读取")
	}
	return r
}

// responseSpace is the name space of ids made from file and row.
var responseSpace = uuid.MustParse("0c3f6f0a-52c1-5d3e-8a87-6e1d9a4b7f21")

func closedWave(plan *campaign.Plan, wave survey.Wave) error {
	return problem.Conflict("“"+wave.Name+"”已经结束，不再收答卷", "如需补录，请联系"+plan.Campaign.Words.Office+"重新开放这一轮调查。")
}

// lookThrough reads a long file to its end, so that one which can't be read is refused
// before anything is written, and finds what of it was sent before. Where the wave has no
// file yet nothing was, and the rows needn't be understood.
func (t *answersFile) lookThrough(ctx context.Context) error {
	some, err := t.hasFiles(ctx, t.receipt)
	if err != nil {
		return err
	}
	answers, err := t.open(ctx)
	if err != nil {
		return fileProblem(err)
	}
	defer answers.rows.Close()
	if !some {
		for answers.rows.Next() {
		}
		t.sent = &sentBefore{}
		return fileProblem(answers.rows.Err())
	}
	var prints []fingerprint
	for !answers.ended {
		part, err := answers.read(partRows)
		if err != nil {
			return fileProblem(err)
		}
		prints = fingerprints(prints, part)
	}
	t.sent, err = t.sentBefore(ctx, t.receipt, prints)
	return err
}

// takeParts takes a long file, the next part of which is read while one goes in.
func (t *answersFile) takeParts(ctx context.Context, first *responseSheet, rest *answers) error {
	t.receipt.empty()
	t.receipt.long = &long{rest: t.keptParts(t.receipt)}
	if t.options.DryRun {
		t.receipt.long.rest = t.readAgain
	}
	return t.eachPart(ctx, first, rest, func(part *responseSheet) error {
		taken, err := t.takePart(ctx, part)
		if err == nil {
			t.receipt.grow(taken)
		}
		return err
	})
}

func (t *answersFile) eachPart(ctx context.Context, first *responseSheet, rest *answers, yield func(*responseSheet) error) error {
	ctx, cancel := context.WithCancel(ctx)
	parts, failed := make(chan *responseSheet), error(nil)
	go func() {
		defer close(parts)
		for part := first; failed == nil; part, failed = rest.read(partRows) {
			select {
			case parts <- part:
			case <-ctx.Done():
				return
			}
			if rest.ended {
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range parts { // until the reading has ended
		}
	}()
	for part := range parts {
		if err := yield(part); err != nil {
			return err
		}
	}
	if failed != nil {
		return fileProblem(failed)
	}
	return ctx.Err()
}

// readAgain gives the rows of a preview that its receipt doesn't hold, from the kept file: they
// may be a million with all that is wrong in them.
func (t *answersFile) readAgain(ctx context.Context, outcome string, yield func(part *Receipt) error) error {
	f, err := t.originals.Open(t.file.SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	again := *t
	again.good = 0
	if again.book, err = sheet.Open(ctx, f, f.Size, t.file.Name, answerLimits()); err != nil {
		return fileProblem(err)
	}
	defer again.book.Close()
	answers, err := again.open(ctx)
	if err != nil {
		return fileProblem(err)
	}
	defer answers.rows.Close()
	first, err := answers.read(partRows)
	if err != nil {
		return fileProblem(err)
	}
	return again.eachPart(ctx, first, answers, func(part *responseSheet) error {
		taken, err := again.takePart(ctx, part)
		if err != nil {
			return err
		}
		return yield(taken)
	})
}

// takeAll takes a file that is one part. Its event and its receipt go with those of others.
func (t *answersFile) takeAll(ctx context.Context, read *responseSheet) error {
	piece, b, settle := t.sortOutPart(read)
	t.receipt.Rows = piece.Rows
	settled := func(results []outcome[responseRow]) {
		settle(results)
		t.receipt.Accepted, t.receipt.Rejected, t.receipt.Skipped, t.receipt.Known = piece.Accepted, piece.Rejected, piece.Skipped, piece.Known
		t.receipt.Cells, t.receipt.AlreadyKnown = piece.Cells, piece.AlreadyKnown
	}
	if t.options.DryRun {
		if _, err := t.sortOutResponses(ctx, []*batch[responseRow]{b}); err != nil {
			return err
		}
		settled(b.results)
		return nil
	}
	b.Events = func(results []outcome[responseRow]) []audit.Event {
		settled(results)
		return []audit.Event{t.receipt.event(t.actor)}
	}
	b.Receipt = t.receipt
	_, err := t.responses.Commit(ctx, b)
	return err
}

// takePart takes the next rows of a long file and keeps what the receipt says of them. It is
// not to be found there before the head is written, which is last.
func (t *answersFile) takePart(ctx context.Context, read *responseSheet) (*Receipt, error) {
	piece, b, settle := t.sortOutPart(read)
	b.Rejected = piece.RejectedRows()
	if t.options.DryRun {
		if _, err := t.sortOutResponses(ctx, []*batch[responseRow]{b}); err != nil {
			return nil, err
		}
		settle(b.results)
		return piece, nil
	}
	results, err := t.responses.Commit(ctx, b)
	if err != nil {
		return nil, err
	}
	settle(results)
	return piece, t.writeReceiptRows(ctx, piece.keptRows())
}

// finish writes the event and the head of the receipt of a long file, whose rows are durable.
func (t *answersFile) finish(ctx context.Context) error {
	if t.options.DryRun {
		return nil
	}
	if err := t.log.Record(ctx, t.receipt.event(t.actor)); err != nil {
		return err
	}
	return t.writeHeads(ctx, []*Receipt{t.receipt})
}

// sortOutPart makes of the rows of a part a batch of those that weren't sent before, and a
// piece of the receipt that settle brings in order once it is known what became of the batch.
func (t *answersFile) sortOutPart(read *responseSheet) (*Receipt, *batch[responseRow], func([]outcome[responseRow])) {
	piece := &Receipt{ID: t.receipt.ID, Rows: read.Rows, Rejected: read.Rejected, Skipped: read.Skipped, Cells: read.Cells}
	b, knownRows := &batch[responseRow]{}, map[int]string{}
	for _, row := range read.Good {
		r := &row.Response
		r.ID = uuid.NewSHA1(responseSpace, []byte(t.plan.Campaign.ID+"/"+string(t.wave.ID)+"/"+t.file.SHA256+"/"+read.Sheet+"/"+strconv.Itoa(row.Row)))
		r.Revision, r.Mode, r.RecordedAt, r.RecordedBy = 1, survey.Import, t.receipt.RecordedAt, t.actor.ID
		r.Origin.Batch, r.Origin.File, r.Origin.Sheet, r.Origin.Row = t.receipt.ID, t.file.Name, read.Sheet, row.Row
		if r.Unit == "" {
			r.Unit = t.actor.Unit
		}
		if r.Distributor == "" {
			r.Distributor = t.actor.ID
		}
		piece.Accepted = append(piece.Accepted, Accepted{Row: row.Row, ID: r.ID, Warning: row.Warning})
		if why := t.sent.reason(t.good); why != "" && !t.options.Again[row.Row] {
			knownRows[row.Row] = why
		} else {
			b.Rows = append(b.Rows, row)
		}
		t.good++
	}
	return piece, b, func(results []outcome[responseRow]) {
		taken := map[int]error{}
		for _, r := range results {
			switch {
			case r.Err != nil:
				taken[r.Row.Row] = r.Err
			case !r.Created:
				knownRows[r.Row.Row] = "这一行在" + r.Row.Response.RecordedAt.In(shanghai).Format("2006年1月2日 15:04") + "已收下，没有重复计数"
			}
		}
		piece.settle(knownRows, taken)
	}
}
