package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// EnteredSheet is what became of a sheet that was typed. Doubts are sentences about its
// number and about answers that contradict each other: they hold nothing up, since what
// stands on the paper is worth more than the list.
type EnteredSheet struct {
	Response survey.Response
	Created  bool
	Second   bool // taken as the second entry of a sheet
	Doubts   []string
}

// EnteredBefore is the answer to a number under which another entry stands. The sheet may
// be sent again as its second entry, by another person.
type EnteredBefore struct {
	Number string
	Own    bool // the same person typed the first one
}

func (e *EnteredBefore) Error() string { return "sheet " + e.Number + " was entered before" }

// Unwrap gives the words for people.
func (e *EnteredBefore) Unwrap() error {
	if e.Own {
		return problem.Conflict(fmt.Sprintf("%s号您已经录过一次", e.Number), "请核对纸面编号。同一份不用再录；双录要由另一个人来录。")
	}
	return problem.Conflict(fmt.Sprintf("%s号已经有人录过", e.Number), "",
		problem.Fault{Field: SecondField, Why: "请核对纸面编号。确实是同一份的，可以改作第二次录入（双录），两次不一致的地方会交由第三人核定"})
}

// SecondField is the field of the fault of a sheet that may be sent as a second entry.
const SecondField = "second"

// Sheet takes one sheet of paper from the entry page. What the register of sheets knows of
// its number is taken over: to whom it was issued, for which area and stratum.
func (in *Ingest) Sheet(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response) (EnteredSheet, error) {
	r, doubts, err := in.registered(ctx, plan, wave, q, r)
	if err != nil {
		return EnteredSheet{Response: r}, err
	}
	held, created, err := in.Response(ctx, actor, plan, wave, q, r)
	if p, told := problem.As(err); told && p.Kind == problem.KindConflict && r.Number != "" {
		if other, found, lookErr := in.firstEntry(ctx, plan, wave, r.Number); lookErr == nil && found && other.ID != r.ID {
			return EnteredSheet{Response: r}, &EnteredBefore{Number: r.Number, Own: other.By == actor.ID}
		}
	}
	return EnteredSheet{Response: held, Created: created, Doubts: append(doubts, contradictions(q, held)...)}, err
}

// contradictions asks to look again at answers that can't both be true. People slip, and so
// do those who type: the sheet is in, whatever it says.
func contradictions(q survey.Questionnaire, r survey.Response) []string {
	if !r.Disposition.Counts() {
		return nil
	}
	list := survey.Contradicted(q, r, survey.Shown(q, r))
	for i, rule := range list {
		list[i] = rule + "，两样不能同时成立，请核对纸面；录入有误的请告诉管理问卷的人，答卷已经按录入的收下"
	}
	return list
}

// registered completes a response by the register, and says what is odd about its number.
func (in *Ingest) registered(ctx context.Context, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response) (survey.Response, []string, error) {
	var doubts []string
	doubt := func(format string, args ...any) { doubts = append(doubts, fmt.Sprintf(format, args...)) }
	printed := uint32(0)
	if of, w, number, version, ok := survey.ReadSheetCode(r.Number); ok {
		if of != plan.Campaign.ID || w != wave.ID {
			doubt("扫到的是另一轮调查的问卷（%s/%s），请核对是不是拿错了", of, w)
		}
		r.Number, printed = number, version
	}
	r.Number = survey.SheetNumber(r.Number)
	if r.Number == "" {
		return r, doubts, nil
	}
	sheet, known, err := in.surveys.Sheet(ctx, plan.Campaign.ID, wave.ID, r.Number)
	if err != nil {
		return r, nil, err
	}
	if !known {
		kept, err := in.surveys.SheetsKept(ctx, plan.Campaign.ID, wave.ID)
		if err == nil && kept {
			doubt("%s号不在编印的编号里，请核对纸面编号", r.Number)
		}
		return r, doubts, err
	}
	r.Number = sheet.Number
	if r.Distributor == "" {
		r.Distributor = sheet.Distributor
	}
	if r.Area == "" {
		r.Area = sheet.Area
	}
	if r.Stratum == "" && len(r.Choices[q.Stratum]) == 0 {
		r.Stratum = sheet.Stratum
	}
	if printed == 0 {
		printed = sheet.Version
	}
	answered := r.Choices[q.Stratum]
	switch {
	case sheet.Void:
		doubt("%s号登记过作废（%s），又收到了答卷，请核对", r.Number, sheet.Reason)
	case !sheet.Issued:
		doubt("%s号还没有登记发出，请核对纸面编号", r.Number)
	case sheet.Stratum != "" && len(answered) == 1 && answered[0] != sheet.Stratum:
		question, _ := q.Question(q.Stratum)
		doubt("%s号发给的是“%s”，答卷填的是“%s”，请核对", r.Number, question.OptionLabel(sheet.Stratum), question.OptionLabel(answered[0]))
	}
	if printed != wave.Version {
		doubt("%s号印的是第%d版问卷，这一轮用的是第%d版，请核对题目", r.Number, printed, wave.Version)
	}
	return r, doubts, nil
}

func (in *Ingest) firstEntry(ctx context.Context, plan *campaign.Plan, wave survey.Wave, number string) (survey.FirstEntry, bool, error) {
	found, err := in.surveys.FirstEntries(ctx, plan.Campaign.ID, wave.ID, number)
	if err != nil || len(found) == 0 {
		return survey.FirstEntry{}, false, err
	}
	return found[0], true, nil
}

// SecondEntry takes a sheet that another person has typed before. Nothing of the first
// entry is told. A sheet that nobody has typed yet is taken as the first entry: the other
// one may still wait on a phone.
//
// The second entry stands beside the response, which goes on to count as it is until the
// differences are settled.
func (in *Ingest) SecondEntry(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response) (EnteredSheet, error) {
	given := r
	r, doubts, err := in.registered(ctx, plan, wave, q, r)
	if err != nil {
		return EnteredSheet{Response: r}, err
	}
	if r.Number == "" {
		return EnteredSheet{Response: r}, problem.Invalid("第二次录入要有编号", "请填写纸面编号，才知道与哪一份比对。", problem.Fault{Field: "number", Why: "没有填编号"})
	}
	in.secondLock.Lock() // two second entries of one sheet: one of them is told
	defer in.secondLock.Unlock()
	first, found, err := in.firstEntry(ctx, plan, wave, r.Number)
	if err != nil {
		return EnteredSheet{Response: r}, err
	}
	if !found || first.ID == r.ID {
		return in.Sheet(ctx, actor, plan, wave, q, given)
	}
	if r.ID == uuid.Nil {
		r.ID = uuid.New()
	}
	if r.Distributor == "" {
		r.Distributor = actor.ID
	}
	r = settled(plan, wave, q, r)
	known, err := in.surveys.SecondEntries(ctx, plan.Campaign.ID, wave.ID, survey.SecondFilter{Response: first.ID})
	switch {
	case err != nil:
		return EnteredSheet{Response: r}, err
	case len(known) > 0 && known[0].ID == r.ID && sameSecond(known[0].Body, r):
		return EnteredSheet{Response: known[0].Body, Second: true, Doubts: doubts}, nil
	case len(known) > 0:
		return EnteredSheet{Response: r}, problem.Conflict(fmt.Sprintf("%s号已经录过两次", r.Number), "双录已经完成，不用再录。请核对纸面编号。")
	case first.By == actor.ID:
		return EnteredSheet{Response: r}, &EnteredBefore{Number: r.Number, Own: true}
	}
	if faults := append(survey.Validate(q, r), wave.Admits(q, r)...); len(faults) > 0 {
		return EnteredSheet{Response: r}, problem.Invalid("这份答卷还不能保存", "请按提示改正后再保存，已填的内容都还在。", faults...)
	}
	counts, err := in.surveys.Response(ctx, plan.Campaign.ID, wave.ID, first.ID)
	if err != nil {
		return EnteredSheet{Response: r}, err
	}
	e := survey.SecondEntry{Response: first.ID, Revision: 1, ID: r.ID, Number: r.Number, Distributor: counts.Distributor, FirstBy: first.By, SecondBy: actor.ID, Body: r}
	e.Compared, e.Differing = survey.Compare(q, counts, r)
	if err := in.insertSecond(ctx, actor, plan, wave, e); err != nil {
		return EnteredSheet{Response: r}, err
	}
	about, _ := json.Marshal(map[string]any{"wave": wave.ID, "number": r.Number, "compared": len(e.Compared), "differing": len(e.Differing)}) // plain words: can't fail
	event := audit.Event{Actor: actor, Verb: "response.second", Campaign: plan.Campaign.ID, Kind: "response", Thing: first.ID.String(), After: about}
	return EnteredSheet{Response: r, Created: true, Second: true, Doubts: append(doubts, contradictions(q, r)...)}, in.log.Record(ctx, event)
}

// sameSecond tells whether a second entry was sent again.
func sameSecond(a, b survey.Response) bool {
	a.Stratum, a.Area, a.Distributor, a.Unit = b.Stratum, b.Area, b.Distributor, b.Unit
	return sameAnswers(a, b) || reflect.DeepEqual(keptAnswers(a), keptAnswers(b))
}

// keptAnswers are the answers alone: JSON keeps no empty maps.
func keptAnswers(r survey.Response) string { return responseFingerprint(r, string(r.Disposition)) }

// insertSecond writes a revision of a second entry. Two servers write with one token; who
// finds the other's row tells of it.
func (in *Ingest) insertSecond(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, e survey.SecondEntry) error {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return fmt.Errorf("write second entry: %w", err)
	}
	mark, at := uuid.New(), in.clock().UTC().Truncate(time.Millisecond)
	sum := sha256.Sum256(fmt.Appendf(nil, "second/%s/%s/%s/%d", plan.Campaign.ID, wave.ID, e.Response, e.Revision))
	settled := uint8(0)
	if e.Settled {
		settled = 1
	}
	const insert = `INSERT INTO second_entries
		(campaign, wave, response, revision, id, number, distributor, first_by, second_by, body, compared, differing, settled, recorded_at, recorded_by, write)`
	add := func(b driver.Batch) error {
		return b.Append(plan.Campaign.ID, string(wave.ID), e.Response, e.Revision, e.ID, e.Number, e.Distributor, e.FirstBy, e.SecondBy, string(body),
			e.Compared, e.Differing, settled, at, actor.ID, mark)
	}
	var mine, there uint64
	err = in.db.InsertOnce(ctx, hex.EncodeToString(sum[:]), insert, add, func(ctx context.Context) (bool, error) {
		err := in.db.QueryRow(ctx, `SELECT countIf(write = toUUID(?)), countIf(revision >= ?) FROM second_entries FINAL WHERE campaign = ? AND wave = ? AND response = toUUID(?)`,
			mark.String(), e.Revision, plan.Campaign.ID, string(wave.ID), e.Response.String()).Scan(&mine, &there)
		return there > 0, err
	})
	if err != nil {
		return fmt.Errorf("write second entry: %w", err)
	}
	if mine == 0 {
		return problem.Conflict(fmt.Sprintf("%s号刚刚由别人登记过", e.Number), "请刷新页面，看过新内容后再办理。")
	}
	return nil
}

// SettleSecond writes what two entries of a sheet were settled to, as the next revision of
// the response. The response is written first: after a crash between the two the sheet is
// still on the list, and settling it again says the same.
func (in *Ingest) SettleSecond(ctx context.Context, actor audit.Actor, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, r survey.Response, expected uint32) (survey.Response, error) {
	known, err := in.surveys.SecondEntries(ctx, plan.Campaign.ID, wave.ID, survey.SecondFilter{Response: r.ID})
	if err != nil {
		return r, err
	}
	if len(known) == 0 {
		return r, problem.NotFound("这份双录")
	}
	e := known[0]
	if !e.Open() {
		return r, problem.Conflict("这份双录已经核定", "没有要再办的。")
	}
	held, err := in.ReviseResponse(ctx, actor, plan, wave, q, r, expected, "response.settle")
	if err != nil {
		return held, err
	}
	e.Revision, e.Settled = e.Revision+1, true
	in.secondLock.Lock()
	defer in.secondLock.Unlock()
	return held, in.insertSecond(ctx, actor, plan, wave, e)
}

// Doubles lists the first entries that this person may enter a second time: of the wave's
// sample, by somebody else, and not entered twice yet. With a unit only its own.
func (in *Ingest) Doubles(ctx context.Context, campaignID string, wave survey.Wave, actor audit.Actor, unit string) ([]survey.FirstEntry, error) {
	if wave.Double == 0 {
		return nil, nil
	}
	first, err := in.surveys.FirstEntries(ctx, campaignID, wave.ID, "")
	if err != nil {
		return nil, err
	}
	second, err := in.surveys.SecondEntries(ctx, campaignID, wave.ID, survey.SecondFilter{})
	if err != nil {
		return nil, err
	}
	done := map[uuid.UUID]bool{}
	for _, e := range second {
		done[e.Response] = true
	}
	return slices.DeleteFunc(first, func(e survey.FirstEntry) bool {
		return e.By == actor.ID || done[e.ID] || unit != "" && e.Unit != unit || !wave.Doubled(campaignID, e.Number)
	}), nil
}
