package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"shuixuan/app/audit"
)

// longFile is a CSV of three parts: of every hundred rows one is bad, one is empty and one
// is a row of sums.
func longFile(rows int) string {
	var b strings.Builder
	b.WriteString("编号,您属于哪类人群,住了几年\n")
	for n := range rows {
		switch n % 100 {
		case 40:
			fmt.Fprintf(&b, "%d,邻居的猫,3\n", n)
		case 41:
			b.WriteString("\n")
		case 42:
			b.WriteString("合计,,\n")
		default:
			fmt.Fprintf(&b, "%d,居民,%d\n", n, n%80)
		}
	}
	return b.String()
}

// everyRow reads a receipt as it is sent and checks that each row is in one list.
func everyRow(t *testing.T, r *Receipt) Receipt {
	t.Helper()
	var body bytes.Buffer
	var all Receipt
	if err := r.WriteJSON(t.Context(), &body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body.Bytes(), &all); err != nil {
		t.Fatalf("%v in %.300s", err, body.Bytes())
	}
	in := map[int]string{}
	note := func(row int, list string) {
		if in[row] != "" {
			t.Fatalf("row %d is %s and %s", row, in[row], list)
		}
		in[row] = list
	}
	for _, a := range all.Accepted {
		note(a.Row, outcomeAccepted)
	}
	for i, x := range all.Rejected {
		if i == 0 || all.Rejected[i-1].Row != x.Row { // one entry for each fault
			note(x.Row, outcomeRejected)
		}
	}
	for _, x := range all.Skipped {
		note(x.Row, outcomeSkipped)
	}
	for _, x := range all.Known {
		note(x.Row, outcomeKnown)
	}
	if len(in) != r.Rows || len(all.Accepted) != r.AcceptedRows() || all.RejectedRows() != r.RejectedRows() || len(all.Skipped) != r.SkippedRows() || len(all.Known) != r.AlreadyKnown {
		t.Fatalf("%d rows are in a list of %d; %d accepted, %d rejected, %d skipped, %d known; counted %d, %d, %d, %d", len(in), r.Rows,
			len(all.Accepted), all.RejectedRows(), len(all.Skipped), len(all.Known), r.AcceptedRows(), r.RejectedRows(), r.SkippedRows(), r.AlreadyKnown)
	}
	return all
}

// TestALongFile goes in part by part and is answered as a short one: a preview that writes
// nothing, every row in one list, the same receipt again, and no row twice.
func TestALongFile(t *testing.T) {
	b := newBench(t)
	q, wave := tryQuestions()
	actor := audit.System("test")
	take := func(ctx context.Context, name, text string, o Options) (*Receipt, error) {
		f, err := b.Originals().Keep(t.Context(), name, strings.NewReader(text), 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return b.ResponsesFile(ctx, actor, b.plan, wave, q, f, o)
	}
	const rows = 2*partRows + 2000
	bad, skipped := rows/100, 2*rows/100
	text := longFile(rows)
	held := func() int { return b.count(t, "SELECT count() FROM responses FINAL") }

	preview, err := take(t.Context(), "长.csv", text, Options{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	seen := everyRow(t, preview)
	if n := held() + b.count(t, "SELECT count() FROM batch_rows WHERE outcome != '' AND batch = ?", preview.ID.String()); n != 0 || !preview.DryRun || !preview.Long() {
		t.Errorf("a preview has written %d rows", n)
	}
	if _, err := take(t.Context(), "断.csv", text+"1,\x00,2\n", Options{}); err == nil || held() != 0 {
		t.Errorf("a file that can't be read to its end: %v, %d rows went in", err, held())
	}

	// The program stops after the first part.
	ctx, cancel := context.WithCancel(t.Context())
	write := b.responses.write
	b.responses.write = func(c context.Context, group []*batch[responseRow]) error {
		defer cancel()
		return write(c, group)
	}
	if _, err := take(ctx, "长.csv", text, Options{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped in the middle: %v", err)
	}
	b.responses.write = write
	before := held()
	if before == 0 || before > 2*partRows {
		t.Fatalf("%d rows went in before the stop", before)
	}
	if n := b.count(t, "SELECT count() FROM batches WHERE kind = 'responses'"); n != 0 {
		t.Errorf("%d receipts of a file that was stopped", n)
	}
	r, err := take(t.Context(), "长.csv", text, Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := everyRow(t, r)
	if r.AlreadyKnown != before || r.AcceptedRows() != rows-bad-skipped-before || r.RejectedRows() != bad || r.SkippedRows() != skipped || held() != rows-bad-skipped {
		t.Errorf("sent again: %d known, %d accepted, %d rejected, %d skipped; %d are in", r.AlreadyKnown, r.AcceptedRows(), r.RejectedRows(), r.SkippedRows(), held())
	}
	if !reflect.DeepEqual(all.Rejected, seen.Rejected) || !reflect.DeepEqual(all.Skipped, seen.Skipped) {
		t.Error("the preview had told other rows than the receipt")
	}

	again, err := b.Receipt(t.Context(), "feicheng", r.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept := everyRow(t, again)
	if !again.Long() || !reflect.DeepEqual(kept.Accepted, all.Accepted) || !reflect.DeepEqual(kept.Rejected, all.Rejected) || !reflect.DeepEqual(kept.Known, all.Known) {
		t.Error("the receipt read again says something else")
	}
	cells := 0
	if err := again.RejectedParts(t.Context(), func(part *Receipt) error { cells += len(part.Cells); return nil }); err != nil || cells != bad {
		t.Errorf("%d rejected rows with their cells, %v, want %d", cells, err, bad)
	}

	// A copy with the bad rows mended is the same file.
	r, err = take(t.Context(), "改.csv", strings.ReplaceAll(text, "邻居的猫", "居民"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	everyRow(t, r)
	if r.AcceptedRows() != bad || r.AlreadyKnown != rows-bad-skipped || held() != rows-skipped {
		t.Errorf("the mended copy: %d accepted, %d known; %d are in", r.AcceptedRows(), r.AlreadyKnown, held())
	}
	if n := b.count(t, "SELECT count() FROM audit_events WHERE verb = 'responses.import'"); n != 2 {
		t.Errorf("%d events of two files", n)
	}
}

// TestALongFileOfBadRows: all are told, and few of them are held.
func TestALongFileOfBadRows(t *testing.T) {
	b := newBench(t)
	q, wave := tryQuestions()
	f, err := b.Originals().Keep(t.Context(), "坏.csv", strings.NewReader("编号,您属于哪类人群,住了几年\n"+strings.Repeat("1,邻居的猫,很久\n", partRows+500)), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := b.ResponsesFile(t.Context(), office, b.plan, wave, q, f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if all := everyRow(t, r); all.RejectedRows() != partRows+500 || len(r.Rejected) > heldRows || r.AcceptedRows() != 0 {
		t.Errorf("%d faults, %d of them held, %d accepted", len(all.Rejected), len(r.Rejected), r.AcceptedRows())
	}
}
