package analytics

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"shuixuan/app/campaign"
	"shuixuan/app/survey"
)

//go:embed returns.sql
var returnsSQL string

//go:embed double.sql
var doubleSQL string

// Returns answers: of the sheets that were issued, how many came back, and what became of
// them? Rates are of sheets; Elsewhere are responses that no printed number belongs to, so
// that Valid and Elsewhere together are what Progress counts.
type Returns struct {
	Wave   survey.WaveID  `json:"wave"`
	Strata []ReturnCounts `json:"strata"`
	Total  ReturnCounts   `json:"total"`
	SQL    string         `json:"sql"`
}

// ReturnCounts are those of one stratum. Issued and Returned count sheets by the stratum for
// which they were issued, unless the answers name another.
type ReturnCounts struct {
	Code       string `json:"code"`
	Label      string `json:"label"`
	Printed    int64  `json:"printed"`
	Issued     int64  `json:"issued"`
	Returned   int64  `json:"returned"`
	Complete   int64  `json:"complete"`
	Partial    int64  `json:"partial"`
	Refused    int64  `json:"refused"`
	Ineligible int64  `json:"ineligible"`
	Void       int64  `json:"void"`
	Duplicate  int64  `json:"duplicate"`
	Late       int64  `json:"late"`
	Spoiled    int64  `json:"spoiled"`   // void sheets without an entry
	Open       int64  `json:"open"`      // returned, and not entered yet
	Elsewhere  int64  `json:"elsewhere"` // complete and partial ones of no printed sheet
	Doubtful   int64  `json:"doubtful"`  // entered, and the register says otherwise
}

// Valid are the sheets that stand in figures.
func (r ReturnCounts) Valid() int64 { return r.Complete + r.Partial }

// Invalid are the sheets that came back and stand in none.
func (r ReturnCounts) Invalid() int64 {
	return r.Refused + r.Ineligible + r.Void + r.Duplicate + r.Late + r.Spoiled
}

// ReturnPart says which sheets of a table are meant.
type ReturnPart string

// The closed list of parts.
const (
	PartPrinted   ReturnPart = "printed"
	PartIssued    ReturnPart = "issued"
	PartOut       ReturnPart = "out" // issued and not returned
	PartReturned  ReturnPart = "returned"
	PartValid     ReturnPart = "valid"
	PartInvalid   ReturnPart = "invalid"
	PartSpoiled   ReturnPart = "spoiled"
	PartOpen      ReturnPart = "open"
	PartElsewhere ReturnPart = "elsewhere"
	PartDoubtful  ReturnPart = "doubtful"
)

// ReturnParts are the parts in the order of a menu; dispositions and "late" are parts too.
var ReturnParts = []ReturnPart{PartPrinted, PartIssued, PartOut, PartReturned, PartOpen, PartValid, "complete", "partial",
	PartInvalid, "refused", "ineligible", "void", "duplicate", "late", PartSpoiled, PartElsewhere, PartDoubtful}

// ReturnRow is a sheet, a response, or both.
type ReturnRow struct {
	Printed     bool
	Number      string
	Stratum     string
	IssuedFor   string
	Area        string
	Distributor string
	Issued      bool
	Returned    bool
	Void        bool
	Why         string // of a void sheet
	Archive     string
	How         string // disposition of the response, "late", or empty without one
	Reason      string // of a disposition that doesn't count
	Response    string // id
	Mode        string
}

func (r ReturnRow) valid() bool {
	return r.How == string(survey.Complete) || r.How == string(survey.Partial)
}

// Is tells whether the row belongs to a part. A number that was void and is entered anew has
// a row for each response; the sheet itself is then counted with one of them, see once.
func (r ReturnRow) Is(part ReturnPart) bool {
	switch part {
	case PartPrinted:
		return r.Printed
	case PartIssued:
		return r.Issued
	case PartOut:
		return r.Issued && !r.Returned && !r.Void
	case PartReturned:
		return r.Returned
	case PartValid:
		return r.Printed && r.valid()
	case PartInvalid:
		return r.Printed && (r.How != "" && !r.valid() || r.Is(PartSpoiled))
	case PartSpoiled:
		return r.Void && r.How == ""
	case PartOpen:
		return r.Returned && r.How == "" && !r.Void
	case PartElsewhere:
		return !r.Printed && r.valid()
	case PartDoubtful:
		return r.valid() && (r.Printed && (!r.Issued || r.Void || r.IssuedFor != "" && r.Stratum != "" && r.IssuedFor != r.Stratum) || !r.Printed && r.Mode == string(survey.Paper) && r.Number != "")
	}
	return r.Printed && r.How == string(part)
}

// ReturnRows lists the sheets of a wave with what was entered under their numbers, in the
// order of the numbers.
func (r *Reader) ReturnRows(ctx context.Context, plan *campaign.Plan, wave survey.Wave, scope Scope) ([]ReturnRow, string, error) {
	if err := scope.check(plan); err != nil {
		return nil, "", err
	}
	s := statement{text: returnsSQL, tables: sheetTables, values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID)}}
	rows, err := ask(ctx, r, "returns", s, scanReturnRow)
	if err != nil {
		return nil, "", err
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b ReturnRow) int { return survey.CompareNumbers(a.Number, b.Number) })
	return once(rows), s.String(), nil
}

// once keeps a sheet from being counted as issued and returned twice where its number was
// entered again after a void entry.
func once(rows []ReturnRow) []ReturnRow {
	for i := range rows {
		if i > 0 && rows[i].Printed && rows[i].Number == rows[i-1].Number {
			better, other := &rows[i-1], &rows[i]
			if other.valid() && !better.valid() {
				better, other = other, better
			}
			other.Issued, other.Returned = false, false
			// Its entry still stands in the table; as printed it counts once.
		}
	}
	return rows
}

func scanReturnRow(rows driver.Rows) (ReturnRow, error) {
	var r ReturnRow
	var printed, returned, issued, void uint8
	err := rows.Scan(&printed, &r.Number, &r.Stratum, &r.IssuedFor, &r.Area, &r.Distributor, &issued, &returned, &void, &r.Why, &r.Archive, &r.How, &r.Reason, &r.Response, &r.Mode)
	r.Printed, r.Returned, r.Issued, r.Void = printed == 1, returned == 1, issued == 1, void == 1
	if r.How == "" {
		r.Response, r.Mode = "", ""
	}
	return r, err
}

// Returns asks for the return table of a wave.
func (r *Reader) Returns(ctx context.Context, plan *campaign.Plan, wave survey.Wave, scope Scope) (*Returns, error) {
	rows, text, err := r.ReturnRows(ctx, plan, wave, scope)
	if err != nil {
		return nil, err
	}
	result := &Returns{Wave: wave.ID, Total: ReturnCounts{Label: "合计"}, SQL: text, Strata: []ReturnCounts{}}
	byStratum := map[string]*ReturnCounts{}
	found := map[string]bool{}
	seen := ""
	for _, row := range rows {
		if byStratum[row.Stratum] == nil {
			byStratum[row.Stratum] = &ReturnCounts{}
		}
		found[row.Stratum] = true
		again := row.Printed && row.Number == seen
		if row.Printed {
			seen = row.Number
		}
		byStratum[row.Stratum].add(row, again)
		result.Total.add(row, again)
	}
	g := grouping{by: Stratum}
	for _, s := range wave.Strata {
		g.known = append(g.known, group{s.Code, s.Label})
	}
	for _, one := range g.groups(found) {
		line := ReturnCounts{}
		if counted := byStratum[one.code]; counted != nil {
			line = *counted
		}
		if line.Code, line.Label = one.code, one.label; line.Code == "" {
			line.Label = "未发出或未填人群" // a sheet gets its stratum when it is issued
		}
		result.Strata = append(result.Strata, line)
	}
	return result, nil
}

func (r *ReturnCounts) add(row ReturnRow, again bool) {
	for _, part := range []struct {
		is    bool
		count *int64
	}{
		{row.Is(PartPrinted) && !again, &r.Printed}, {row.Is(PartIssued), &r.Issued}, {row.Is(PartReturned), &r.Returned},
		{row.Is("complete"), &r.Complete}, {row.Is("partial"), &r.Partial}, {row.Is("refused"), &r.Refused}, {row.Is("ineligible"), &r.Ineligible},
		{row.Is("void"), &r.Void}, {row.Is("duplicate"), &r.Duplicate}, {row.Is("late"), &r.Late}, {row.Is(PartSpoiled), &r.Spoiled},
		{row.Is(PartOpen), &r.Open}, {row.Is(PartElsewhere), &r.Elsewhere}, {row.Is(PartDoubtful), &r.Doubtful},
	} {
		if part.is {
			*part.count++
		}
	}
}

// ErrorRate is how many of the compared fields of sheets entered twice differed.
type ErrorRate struct {
	Key      string `json:"key"`
	Compared int64  `json:"compared"`
	Differed int64  `json:"differed"`
}

// DoubleEntry answers: how often do two entries of one sheet differ?
type DoubleEntry struct {
	Total         ErrorRate   `json:"total"`
	ByQuestion    []ErrorRate `json:"by_question"` // in the order of the questionnaire
	ByClerk       []ErrorRate `json:"by_clerk"`    // who made the first entry
	ByDistributor []ErrorRate `json:"by_distributor"`
	SQL           string      `json:"sql"`
}

// DoubleEntry asks for the error rates of a wave.
func (r *Reader) DoubleEntry(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, scope Scope) (*DoubleEntry, error) {
	if err := scope.check(plan); err != nil {
		return nil, err
	}
	s := statement{text: doubleSQL, tables: []string{"second_entries"}, values: map[string]any{"campaign": plan.Campaign.ID, "wave": string(wave.ID)}}
	type line struct {
		question, distributor, clerk string
		compared, differed           uint64
	}
	rows, err := ask(ctx, r, "double entry", s, func(rows driver.Rows) (line, error) {
		var l line
		err := rows.Scan(&l.question, &l.distributor, &l.clerk, &l.compared, &l.differed)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("double entry: %w", err)
	}
	result := &DoubleEntry{SQL: s.String(), ByQuestion: []ErrorRate{}, ByClerk: []ErrorRate{}, ByDistributor: []ErrorRate{}}
	questions, clerks, distributors := map[string]*ErrorRate{}, map[string]*ErrorRate{}, map[string]*ErrorRate{}
	add := func(to map[string]*ErrorRate, key string, l line) {
		if to[key] == nil {
			to[key] = &ErrorRate{Key: key}
		}
		to[key].Compared += int64(l.compared)
		to[key].Differed += int64(l.differed)
	}
	for _, l := range rows {
		add(questions, l.question, l)
		add(clerks, l.clerk, l)
		add(distributors, l.distributor, l)
		result.Total.Compared += int64(l.compared)
		result.Total.Differed += int64(l.differed)
	}
	order := []string{survey.DispositionField}
	for _, question := range q.Items() {
		order = append(order, question.Name)
	}
	for _, name := range order {
		if rate := questions[name]; rate != nil {
			result.ByQuestion = append(result.ByQuestion, *rate)
		}
	}
	for _, key := range sortedKeys(clerks) {
		result.ByClerk = append(result.ByClerk, *clerks[key])
	}
	for _, key := range sortedKeys(distributors) {
		result.ByDistributor = append(result.ByDistributor, *distributors[key])
	}
	return result, nil
}
