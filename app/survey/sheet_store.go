package survey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/problem"
)

// SheetFilter says which sheets of a wave are meant; an empty field leaves that open.
type SheetFilter struct {
	Distributor string
	Numbers     []string
}

const sheetColumns = `number, revision, version, young, stratum, area, distributor, issued, returned, void, reason, archive, step, recorded_at, recorded_by`

// Sheets lists the sheets of a wave as they stand now, in the order of their numbers.
func (s *Store) Sheets(ctx context.Context, campaign string, wave WaveID, f SheetFilter) ([]Sheet, error) {
	where, args := "campaign = ? AND wave = ?", []any{campaign, string(wave)}
	if f.Numbers != nil {
		where, args = where+" AND number IN (?)", append(args, f.Numbers)
	}
	outer := ""
	if f.Distributor != "" {
		outer, args = " WHERE distributor = ?", append(args, f.Distributor)
	}
	list, err := s.sheetRows(ctx, `SELECT `+sheetColumns+` FROM (SELECT * FROM sheets WHERE `+where+
		` ORDER BY number, revision DESC, recorded_at, write LIMIT 1 BY number)`+outer, args...)
	slices.SortFunc(list, bySheetNumber)
	return list, err
}

// Sheet gives the sheet that a number means, also where it was written without its zeros.
func (s *Store) Sheet(ctx context.Context, campaign string, wave WaveID, number string) (Sheet, bool, error) {
	found, err := s.Sheets(ctx, campaign, wave, SheetFilter{Numbers: candidates(number)})
	if err != nil || len(found) == 0 {
		return Sheet{}, false, err
	}
	for _, one := range found { // two widths of one number are two sheets only where both were printed
		if one.Number == SheetNumber(number) {
			return one, true, nil
		}
	}
	return found[0], len(found) == 1, nil
}

// SheetHistory lists the revisions of a sheet, the oldest first.
func (s *Store) SheetHistory(ctx context.Context, campaign string, wave WaveID, number string) ([]Sheet, error) {
	return s.sheetRows(ctx, `SELECT `+sheetColumns+` FROM sheets WHERE campaign = ? AND wave = ? AND number = ?
		ORDER BY revision, recorded_at, write LIMIT 1 BY revision`, campaign, string(wave), number)
}

// WavesHeld tells of which waves a distributor holds sheets.
func (s *Store) WavesHeld(ctx context.Context, campaign, distributor string) (map[WaveID]bool, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT toString(wave) FROM (SELECT wave, distributor FROM sheets WHERE campaign = ?
		ORDER BY wave, number, revision DESC, recorded_at, write LIMIT 1 BY wave, number) WHERE distributor = ?`, campaign, distributor)
	if err != nil {
		return nil, fmt.Errorf("look for a distributor's sheets: %w", err)
	}
	defer rows.Close()
	held := map[WaveID]bool{}
	for rows.Next() {
		var wave string
		if err := rows.Scan(&wave); err != nil {
			return nil, fmt.Errorf("look for a distributor's sheets: %w", err)
		}
		held[WaveID(wave)] = true
	}
	return held, rows.Err()
}

// SheetsKept tells whether the sheets of a wave are registered at all.
func (s *Store) SheetsKept(ctx context.Context, campaign string, wave WaveID) (bool, error) {
	var n uint64
	err := s.db.QueryRow(ctx, `SELECT count() FROM (SELECT 1 FROM sheets WHERE campaign = ? AND wave = ? LIMIT 1)`, campaign, string(wave)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for sheets: %w", err)
	}
	return n > 0, nil
}

func (s *Store) sheetRows(ctx context.Context, query string, args ...any) ([]Sheet, error) {
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read sheets: %w", err)
	}
	defer rows.Close()
	var list []Sheet
	for rows.Next() {
		var one Sheet
		var young, issued, returned, void uint8
		var step string
		if err := rows.Scan(&one.Number, &one.Revision, &one.Version, &young, &one.Stratum, &one.Area, &one.Distributor,
			&issued, &returned, &void, &one.Reason, &one.Archive, &step, &one.RecordedAt, &one.RecordedBy); err != nil {
			return nil, fmt.Errorf("read sheets: %w", err)
		}
		one.Young, one.Issued, one.Returned, one.Void, one.Step = young == 1, issued == 1, returned == 1, void == 1, SheetStep(step)
		list = append(list, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read sheets: %w", err)
	}
	return list, nil
}

// SheetMove is one step of a run of sheets.
type SheetMove struct {
	Step        SheetStep
	Spans       []Span
	Young       bool   // print
	Distributor string // issue
	Stratum     string
	Area        string
	Reason      string // void
	Archive     string // archive
}

// numbers lists what the move touches, once each.
func (m SheetMove) numbers() []string {
	var list []string
	for _, span := range m.Spans {
		list = append(list, span.Numbers()...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// words is the move as its event and its sentence name it.
func (m SheetMove) words() string {
	list := make([]string, len(m.Spans))
	for i, span := range m.Spans {
		list[i] = span.String()
	}
	return strings.Join(list, "、")
}

func (m SheetMove) validate(w Wave) error {
	f := &faults{}
	checkText(f, "reason", "原因", m.Reason, maxOther)
	checkText(f, "archive", "存放地点", m.Archive, maxOther)
	switch m.Step {
	case IssueSheets:
		if m.Distributor == "" {
			f.add("distributor", "请选择发给谁")
		}
		if !slices.ContainsFunc(w.Strata, func(s Stratum) bool { return s.Code == m.Stratum }) && (m.Stratum != "" || len(w.Strata) > 0) {
			f.add("stratum", "请选择发给哪一组人群")
		}
		if m.Area != "" && !slices.ContainsFunc(w.Areas, func(a Area) bool { return a.Code == m.Area }) {
			f.add("area", "这一轮没有“%s”这个片区", short(m.Area))
		}
	case VoidSheets:
		if clean(m.Reason) == "" {
			f.add("reason", "请写明为什么作废，例如：受潮、缺页、遗失")
		}
	case ArchiveSheets:
		if clean(m.Archive) == "" {
			f.add("archive", "请写明存放在哪里，例如：档案室3柜第2盒")
		}
	case PrintSheets, ReturnSheets:
	default:
		f.add("step", "没有“%s”这一步", short(string(m.Step)))
	}
	if len(f.list) > 0 {
		return problem.Invalid("还不能登记", "请按提示改正，系统没有改动任何内容。", f.list...)
	}
	return nil
}

// MoveSheets makes the next revision of every sheet of a move, all or none, and its one
// event. It answers how many were changed: those that are there already stay as they are.
//
// The rows are written before the event: a crash between the two leaves a step whose
// revisions say who did it and when.
func (s *Store) MoveSheets(ctx context.Context, actor audit.Actor, campaign string, w Wave, m SheetMove) (int, error) {
	if err := m.validate(w); err != nil {
		return 0, err
	}
	s.sheetLock.Lock() // looking up what is there and writing what is next are one act
	defer s.sheetLock.Unlock()
	next, err := s.nextSheets(ctx, campaign, w, m)
	if err != nil || len(next) == 0 {
		return 0, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	for i := range next {
		next[i].Step, next[i].RecordedAt, next[i].RecordedBy = m.Step, now, actor.ID
		next[i].Revision++
	}
	if err := s.insertSheets(ctx, campaign, w.ID, next); err != nil {
		return 0, err
	}
	about := map[string]any{"wave": w.ID, "numbers": m.words(), "count": len(next)}
	for name, word := range map[string]string{"distributor": m.Distributor, "stratum": m.Stratum, "area": m.Area, "reason": clean(m.Reason), "archive": clean(m.Archive)} {
		if word != "" {
			about[name] = word
		}
	}
	after, _ := json.Marshal(about) // plain words: can't fail
	return len(next), s.log.Record(ctx, audit.Event{Actor: actor, Verb: "sheet." + string(m.Step), Campaign: campaign, Kind: "sheet", Thing: string(w.ID) + "/" + m.words(), After: after})
}

// nextSheets gives the sheets as they shall be, or every reason why not.
func (s *Store) nextSheets(ctx context.Context, campaign string, w Wave, m SheetMove) ([]Sheet, error) {
	numbers := m.numbers()
	asked := make([]string, 0, len(numbers)*maxDigits)
	for _, n := range numbers {
		asked = append(asked, candidates(n)...)
	}
	held := map[string]Sheet{}
	for part := range slices.Chunk(asked, 10_000) {
		list, err := s.Sheets(ctx, campaign, w.ID, SheetFilter{Numbers: part})
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			held[one.Number] = one
		}
	}
	entered := map[string]bool{}
	if m.Step == VoidSheets || m.Step == ArchiveSheets {
		var err error
		if entered, err = s.enteredNumbers(ctx, campaign, w.ID); err != nil {
			return nil, err
		}
	}
	var next []Sheet
	why := map[string][]Sheet{} // refused, by the reason
	var reasons []string
	refuse := func(reason string, one Sheet) {
		if why[reason] == nil {
			reasons = append(reasons, reason)
		}
		why[reason] = append(why[reason], one)
	}
	for _, n := range numbers {
		one, known := heldAs(held, n)
		if !known {
			one = Sheet{Number: n}
		}
		changed, reason := m.apply(one, known, entered[one.Number], w)
		switch {
		case reason != "":
			refuse(reason, one)
		case changed != one || !known:
			next = append(next, changed)
		}
	}
	if len(why) == 0 {
		return next, nil
	}
	f := &faults{}
	for _, reason := range reasons {
		var runs []string
		for _, run := range SpansOf(why[reason], func(a, b Sheet) bool { return true }) {
			runs = append(runs, SpanOf(run).String())
		}
		if len(runs) > 8 {
			runs = append(runs[:8], fmt.Sprintf("等共%d张", len(why[reason])))
		}
		f.add("numbers", "%s：%s", strings.Join(runs, "、"), reason)
	}
	return nil, problem.Conflict("这些编号不能"+SheetStepNames[m.Step], "系统没有改动任何内容。请按提示改正编号后再登记。", f.list...)
}

// heldAs finds a sheet by its number or by the only other width that it is kept in.
func heldAs(held map[string]Sheet, number string) (Sheet, bool) {
	if one, known := held[number]; known {
		return one, true
	}
	var found []Sheet
	for _, c := range candidates(number) {
		if one, known := held[c]; known {
			found = append(found, one)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return Sheet{}, false
}

// apply gives the sheet after the move, or why it can't be made.
func (m SheetMove) apply(s Sheet, known, entered bool, w Wave) (Sheet, string) {
	if m.Step == PrintSheets {
		if known {
			return s, "已经印过，编号不能重复"
		}
		s.Version, s.Young = w.Version, m.Young
		return s, ""
	}
	if !known {
		return s, "没有印过这些编号，请核对"
	}
	switch m.Step {
	case IssueSheets:
		same := s.Distributor == m.Distributor && s.Stratum == m.Stratum && s.Area == m.Area
		switch {
		case s.Void:
			return s, "已经作废（" + s.Reason + "），不能再发出"
		case s.Issued && !s.Returned && same:
			return s, "" // told twice
		case s.Issued && !s.Returned:
			return s, "已经发出、还没有收回；要换人的请先登记收回"
		case s.Archive != "":
			return s, "已经归档，不能再发出"
		}
		s.Issued, s.Returned, s.Distributor, s.Stratum, s.Area = true, false, m.Distributor, m.Stratum, m.Area
	case ReturnSheets:
		if !s.Issued {
			return s, "还没有发出过，不用收回"
		}
		s.Returned = true
	case VoidSheets:
		if entered {
			return s, "已经录入答卷；要作废的请打开这一张，在答卷上作废"
		}
		if !s.Void {
			s.Void, s.Reason = true, clean(m.Reason)
		}
	case ArchiveSheets:
		if s.Issued && !s.Returned && !s.Void && !entered {
			return s, "还没有收回，不能归档"
		}
		s.Archive, s.Returned = clean(m.Archive), s.Returned || s.Issued && entered
	}
	return s, ""
}

// enteredNumbers are the numbers under which there is a response that stands.
func (s *Store) enteredNumbers(ctx context.Context, campaign string, wave WaveID) (map[string]bool, error) {
	rows, err := s.db.Query(ctx, `SELECT number FROM responses FINAL WHERE campaign = ? AND wave = ? AND number != '' AND disposition NOT IN ('void', 'duplicate')`, campaign, string(wave))
	if err != nil {
		return nil, fmt.Errorf("read entered numbers: %w", err)
	}
	defer rows.Close()
	entered := map[string]bool{}
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, fmt.Errorf("read entered numbers: %w", err)
		}
		entered[n] = true
	}
	return entered, rows.Err()
}

// insertSheets writes revisions and reads back whether they are the ones that were kept:
// another server on the same cluster may have written the same ones first.
func (s *Store) insertSheets(ctx context.Context, campaign string, wave WaveID, list []Sheet) error {
	token := sha256.New()
	mark := uuid.New()
	next := map[string]uint32{}
	for _, one := range list {
		fmt.Fprintf(token, "sheets/%s/%s/%s/%d\n", campaign, wave, one.Number, one.Revision)
		next[one.Number] = one.Revision
	}
	add := func(b driver.Batch) error {
		for _, one := range list {
			if err := b.Append(campaign, string(wave), one.Number, one.Revision, one.Version, uint8(btoi(one.Young)), one.Stratum, one.Area, one.Distributor,
				uint8(btoi(one.Issued)), uint8(btoi(one.Returned)), uint8(btoi(one.Void)), one.Reason, one.Archive, string(one.Step), one.RecordedAt, one.RecordedBy, mark); err != nil {
				return err
			}
		}
		return nil
	}
	kept := 0
	err := s.db.InsertOnce(ctx, hex.EncodeToString(token.Sum(nil)), `INSERT INTO sheets (campaign, wave, `+sheetColumns+`, write)`, add, func(ctx context.Context) (bool, error) {
		there := 0
		kept = 0
		for part := range slices.Chunk(slices.Sorted(maps.Keys(next)), 10_000) {
			held, mine, err := s.sheetsThere(ctx, campaign, wave, part, next, mark)
			if err != nil {
				return false, err
			}
			there, kept = there+held, kept+mine
		}
		return there == len(next), nil
	})
	if err != nil {
		return fmt.Errorf("write sheets: %w", err)
	}
	if kept != len(list) {
		return problem.Conflict("刚刚有人登记了同样的编号", "请刷新页面，看过新内容后再登记。")
	}
	return nil
}

// sheetsThere counts the numbers that are at the revision that was to be written to them, or
// beyond it, and those of them whose row has the mark.
func (s *Store) sheetsThere(ctx context.Context, campaign string, wave WaveID, numbers []string, next map[string]uint32, mark uuid.UUID) (there, mine int, err error) {
	rows, err := s.db.Query(ctx, `SELECT number, revision, write = toUUID(?) FROM sheets WHERE campaign = ? AND wave = ? AND number IN (?)
		ORDER BY number, revision DESC, recorded_at, write LIMIT 1 BY number`, mark.String(), campaign, string(wave), numbers)
	if err != nil {
		return 0, 0, fmt.Errorf("read sheets back: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var number string
		var revision uint32
		var marked bool
		if err := rows.Scan(&number, &revision, &marked); err != nil {
			return 0, 0, fmt.Errorf("read sheets back: %w", err)
		}
		if revision >= next[number] {
			there++
		}
		if marked {
			mine++
		}
	}
	return there, mine, rows.Err()
}
