package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuixuan/app/audit"
	"shuixuan/app/internal/auth"
	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
	"shuixuan/app/survey"
)

// waveView is the form of a wave.
type waveView struct {
	New          bool
	Revision     uint32
	Wave         survey.Wave // as it is kept
	Form         waveTyped
	Takes        []takeChoice
	Kinds, Units []takeChoice      // how people are reached, and what is reached together
	AreaUnits    map[string]string // by area, the unit that is called like it
	StratumTitle string            // of the question that holds the stratum, empty where there is none
	Distributors []auth.Person
	Notes        []string // what doesn't add up, but may be meant
	Faults       map[string][]string
	Problem      *problem.Problem
	Answered     bool
}

// takeChoice is something that a wave may take: a version of a questionnaire, a way to reach
// people.
type takeChoice struct{ Code, Name string }

// samplings are the ways to reach people, and what can be reached together.
func samplings() (kinds, units []takeChoice) {
	for _, kind := range survey.SampleKinds {
		kinds = append(kinds, takeChoice{string(kind), survey.SampleKindNames[kind]})
	}
	for _, unit := range append([]survey.SampleUnit{""}, survey.SampleUnits...) {
		units = append(units, takeChoice{string(unit), survey.SampleUnitNames[unit]})
	}
	return kinds, units
}

// waveTyped is a wave as it was typed.
type waveTyped struct {
	ID, Name, Take, Start, End, Population, Approval, Privacy, Areas, AreaFrame, Double, Kind, Unit, Frame string
	Strata                                                                                                 []stratumTyped
	Cells                                                                                                  map[string]string // area + "." + stratum → count; of every distributor
	Quotas                                                                                                 []quotaTyped
	AreaPeople, AreaUnits                                                                                  map[string]string // by area; units by their names
	Grid                                                                                                   []survey.Area     // the rows of the table of cells
	Columns                                                                                                []survey.Stratum
}

type stratumTyped struct {
	Code, Label, Quota, Population string
	In, Capped                     bool
}

type quotaTyped struct{ Stratum, Area, Distributor, Count string }

const blankQuotas = 3

// Cell gives what stands in a cell of the table.
func (f waveTyped) Cell(area, stratum string) string { return f.Cells[area+"."+stratum] }

// take names a version in the form.
func take(q survey.QuestionnaireID, version uint32) string { return fmt.Sprintf("%s@%d", q, version) }

func readTake(text string) (survey.QuestionnaireID, uint32) {
	id, version, _ := strings.Cut(text, "@")
	n, err := strconv.ParseUint(version, 10, 32)
	if err != nil {
		return survey.QuestionnaireID(id), 0
	}
	return survey.QuestionnaireID(id), uint32(n)
}

// typedWave gives a wave as its form shows it.
func typedWave(w survey.Wave, units *org.Resolver) waveTyped {
	f := waveTyped{ID: string(w.ID), Name: w.Name, Take: take(w.Questionnaire, w.Version), Start: isoDate(w.Start), End: isoDate(w.End),
		Population: w.Population, Approval: w.Approval, Privacy: w.Privacy, Double: countText(w.Double), Kind: string(w.Sampling.Kind), Unit: string(w.Sampling.Unit), Frame: w.Sampling.Frame, Cells: map[string]string{}}
	f.typeAreas(w, units)
	for _, stratum := range w.Strata {
		f.Strata = append(f.Strata, stratumTyped{stratum.Code, stratum.Label, countText(stratum.Quota), countText(stratum.Population), true, stratum.Capped})
	}
	for _, q := range w.Quotas {
		if q.Distributor == "" && q.Area != "" {
			f.Cells[q.Area+"."+q.Stratum] = countText(q.Count)
		} else {
			f.Quotas = append(f.Quotas, quotaTyped{q.Stratum, q.Area, q.Distributor, countText(q.Count)})
		}
	}
	return f
}

func countText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

var (
	areaField = regexp.MustCompile(`^(people|units)\.([A-Za-z0-9_-]{1,40})$`)
	cellName  = regexp.MustCompile(`^cell\.([A-Za-z0-9_-]{1,40})\.([A-Za-z0-9_-]{0,40})$`)
	quotaName = regexp.MustCompile(`^quota\.(\d{1,4})\.count$`)
	areaLine  = regexp.MustCompile(`^([A-Za-z0-9_-]{1,40})[\s　]+(\S.*)$`)
)

// typedFrom reads the form as it was typed.
func typedFrom(fields url.Values) waveTyped {
	get := func(name string) string { return plain(fields.Get(name)) }
	f := waveTyped{ID: get("id"), Name: get("name"), Take: get("take"), Start: get("start"), End: get("end"), Population: get("population"),
		Approval: get("approval"), Privacy: get("privacy"), Areas: get("areas"), Double: strings.TrimRight(digits(get("double")), "% "), Kind: get("kind"), Unit: get("unit"), Frame: get("frame"),
		AreaFrame: get("area_frame"), AreaPeople: map[string]string{}, AreaUnits: map[string]string{}, Cells: map[string]string{}}
	for _, code := range fields["stratum"] {
		f.Strata = append(f.Strata, stratumTyped{Code: code, Quota: digits(get("quota." + code)), Population: digits(get("population." + code)), In: get("in."+code) != "", Capped: get("capped."+code) != ""})
	}
	var rows []int
	for name := range fields {
		if found := cellName.FindStringSubmatch(name); found != nil {
			if text := digits(get(name)); text != "" {
				f.Cells[found[1]+"."+found[2]] = text
			}
		} else if found := quotaName.FindStringSubmatch(name); found != nil {
			n, _ := strconv.Atoi(found[1])
			rows = append(rows, n)
		} else if found := areaField.FindStringSubmatch(name); found != nil && found[1] == "people" {
			f.AreaPeople[found[2]] = digits(get(name))
		} else if found != nil {
			f.AreaUnits[found[2]] = get(name)
		}
	}
	slices.Sort(rows)
	for _, n := range rows {
		at := fmt.Sprintf("quota.%d.", n)
		q := quotaTyped{get(at + "stratum"), get(at + "area"), get(at + "distributor"), digits(get(at + "count"))}
		if q != (quotaTyped{}) {
			f.Quotas = append(f.Quotas, q)
		}
	}
	return f
}

// areas reads one area a line: its code and its name, or the name alone.
func (f waveTyped) areas(before []survey.Area) []survey.Area {
	var list []survey.Area
	taken := map[string]bool{}
	known := map[string]string{} // name → code, so that a name without its code keeps it
	for _, a := range before {
		known[a.Label] = a.Code
	}
	for _, line := range strings.Split(f.Areas, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		a := survey.Area{Label: line}
		if found := areaLine.FindStringSubmatch(line); found != nil {
			a.Code, a.Label = found[1], strings.TrimSpace(found[2])
		} else {
			a.Code = known[line]
		}
		taken[a.Code] = true
		list = append(list, a)
	}
	next := 1
	for i := range list {
		if list[i].Code != "" {
			continue
		}
		for taken[fmt.Sprintf("a%d", next)] {
			next++
		}
		list[i].Code = fmt.Sprintf("a%d", next)
		taken[list[i].Code] = true
	}
	return list
}

// wave gives what the form says; what it doesn't show stays as it was. The faults are of
// what can't be read.
func (f waveTyped) wave(old survey.Wave, units *org.Resolver) (survey.Wave, []problem.Fault) {
	var faults []problem.Fault
	count := func(field, what, text string) int {
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
		if err != nil {
			faults = append(faults, problem.Fault{Field: field, Why: fmt.Sprintf("%s“%s”不是整数", what, cut(text))})
		}
		return n
	}
	w := old
	w.ID, w.Name, w.Population, w.Approval, w.Privacy = survey.WaveID(f.ID), f.Name, f.Population, f.Approval, f.Privacy
	w.Questionnaire, w.Version = readTake(f.Take)
	dates := url.Values{"start": {f.Start}, "end": {f.End}}
	w.Start, w.End = readDate(dates, "start", "开始日期", &faults), readDate(dates, "end", "结束日期", &faults)
	w.Areas, w.Double = f.areas(old.Areas), count("double", "双录比例", f.Double)
	w.AreaFrame = f.AreaFrame
	for i := range w.Areas {
		a := &w.Areas[i]
		a.Population = count("area_people", "“"+a.Label+"”的人口", f.AreaPeople[a.Code])
		a.Units = unitsNamed(f.AreaUnits[a.Code], a.Label, units, &faults)
	}
	w.Sampling = survey.Sampling{Kind: survey.SampleKind(f.Kind), Unit: survey.SampleUnit(f.Unit), Frame: f.Frame}
	w.Strata, w.Quotas = nil, nil
	for _, stratum := range f.Strata {
		if stratum.In {
			w.Strata = append(w.Strata, survey.Stratum{Code: stratum.Code, Label: stratum.Label, Quota: count("strata", "分组的配额", stratum.Quota), Population: count("strata", "总体人数", stratum.Population), Capped: stratum.Capped})
		}
	}
	for _, cell := range slices.Sorted(maps.Keys(f.Cells)) {
		area, stratum, _ := strings.Cut(cell, ".")
		if n := count("quotas", "配额表里的份数", f.Cells[cell]); n != 0 {
			w.Quotas = append(w.Quotas, survey.Quota{Stratum: stratum, Area: area, Count: n})
		}
	}
	for _, q := range f.Quotas {
		if q.Count == "" {
			faults = append(faults, problem.Fault{Field: "quotas", Why: "有一行配额没有填份数；没有定配额的请整行留空"})
			continue
		}
		w.Quotas = append(w.Quotas, survey.Quota{Stratum: q.Stratum, Area: q.Area, Distributor: q.Distributor, Count: count("quotas", "配额的份数", q.Count)})
	}
	return w, faults
}

func (s *Server) waveNew(c *fiber.Ctx, v *visit) error {
	waves, err := s.Surveys.Waves(c.UserContext(), v.plan.Campaign.ID)
	if err != nil {
		return err
	}
	f := waveTyped{Take: c.Query("take"), Cells: map[string]string{}}
	for n := len(waves) + 1; f.ID == ""; n++ {
		if id := fmt.Sprintf("w%d", n); !slices.ContainsFunc(waves, func(w survey.Wave) bool { return string(w.ID) == id }) {
			f.ID = id
		}
	}
	if len(waves) > 0 { // what seldom changes from one wave to the next
		sortWaves(waves)
		last := waves[len(waves)-1]
		f.Population, f.Privacy, f.Double = last.Population, last.Privacy, countText(last.Double)
		f.typeAreas(last, v.plan.Units)
		f.Kind, f.Unit = string(last.Sampling.Kind), string(last.Sampling.Unit)
	}
	return s.showWave(c, v, revision.Held[survey.Wave]{}, f, nil)
}

func (s *Server) waveForm(c *fiber.Ctx, v *visit) error {
	held, err := s.Surveys.Wave(c.UserContext(), v.plan.Campaign.ID, survey.WaveID(c.Params("wave")))
	if err != nil {
		return err
	}
	return s.showWave(c, v, held, typedWave(held.Thing, v.plan.Units), nil)
}

func (s *Server) showWave(c *fiber.Ctx, v *visit, held revision.Held[survey.Wave], f waveTyped, p *problem.Problem) error {
	ctx := c.UserContext()
	data := waveView{New: held.Revision == 0, Revision: held.Revision, Wave: held.Thing, Problem: p, Faults: map[string][]string{}}
	var err error
	if data.Takes, err = s.takes(ctx, v, held.Thing); err != nil {
		return err
	}
	if len(data.Takes) == 0 {
		return s.render(c, v, "waves_edit", "新的调查轮次", data)
	}
	if !slices.ContainsFunc(data.Takes, func(t takeChoice) bool { return t.Code == f.Take }) {
		f.Take = data.Takes[0].Code
	}
	id, version := readTake(f.Take)
	q, err := s.Surveys.Questionnaire(ctx, v.plan.Campaign.ID, id, version)
	if err != nil {
		return err
	}
	question, divided := q.Question(q.Stratum)
	if divided {
		data.StratumTitle = question.Title()
	}
	f.Strata = strataOf(question.Options, f.Strata, data.New)
	for _, stratum := range f.Strata {
		if stratum.In {
			f.Columns = append(f.Columns, survey.Stratum{Code: stratum.Code, Label: stratum.Label})
		}
	}
	f.Grid = f.areas(held.Thing.Areas)
	data.AreaUnits = unitsCalled(f.Grid, v.plan.Units)
	if data.Distributors, err = s.waveDistributors(ctx, v); err != nil {
		return err
	}
	for range blankQuotas {
		f.Quotas = append(f.Quotas, quotaTyped{})
	}
	data.Form, data.Notes = f, notesOf(held.Thing)
	data.Kinds, data.Units = samplings()
	if p != nil {
		c.Status(statuses[p.Kind])
		for _, fault := range p.Faults {
			data.Faults[fault.Field] = append(data.Faults[fault.Field], fault.Why)
		}
	}
	title := "新的调查轮次"
	if !data.New {
		title = held.Thing.Name
	}
	return s.render(c, v, "waves_edit", title, data)
}

// takes lists the versions that a wave may take: of questionnaires that are open, the
// newest first, and the one that it has.
func (s *Server) takes(ctx context.Context, v *visit, w survey.Wave) ([]takeChoice, error) {
	shelf, err := s.Surveys.Shelf(ctx, v.plan.Campaign.ID)
	if err != nil {
		return nil, err
	}
	var list []takeChoice
	for _, one := range shelf {
		for _, version := range slices.Backward(one.Versions) {
			if !one.State.Closed || w.Questionnaire == one.ID {
				list = append(list, takeChoice{take(one.ID, version.Revision), fmt.Sprintf("《%s》第%d版", version.Thing.Title, version.Revision)})
			}
		}
	}
	return list, nil
}

// strataOf puts the options of the stratum question beside what was typed of them. Of a
// new wave all take part.
func strataOf(options []survey.Option, typed []stratumTyped, isNew bool) []stratumTyped {
	var list []stratumTyped
	for _, o := range options {
		one := stratumTyped{Code: o.Code, Label: o.Label, In: isNew && len(typed) == 0}
		if i := slices.IndexFunc(typed, func(t stratumTyped) bool { return t.Code == o.Code }); i >= 0 {
			one = typed[i]
			one.Label = o.Label
		}
		list = append(list, one)
	}
	return list
}

func (s *Server) waveDistributors(ctx context.Context, v *visit) ([]auth.Person, error) {
	byID, err := s.accounts(ctx)
	if err != nil {
		return nil, err
	}
	var list []auth.Person
	for _, person := range byID {
		if person.Role == audit.RoleDistributor && person.Campaign == v.plan.Campaign.ID {
			list = append(list, person)
		}
	}
	slices.SortFunc(list, func(a, b auth.Person) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return list, nil
}

// areaQuotas adds up the quotas of areas by stratum.
func areaQuotas(w survey.Wave) map[string]int {
	sums := map[string]int{}
	for _, q := range w.Quotas {
		if q.Distributor == "" && q.Area != "" {
			sums[q.Stratum] += q.Count
		}
	}
	return sums
}

// notesOf says where the quotas of areas and of distributors don't add up to those of their
// strata.
func notesOf(w survey.Wave) []string {
	areas, distributors := areaQuotas(w), map[string]int{}
	for _, q := range w.Quotas {
		if q.Distributor != "" {
			distributors[q.Stratum] += q.Count
		}
	}
	var notes []string
	for _, stratum := range w.Strata {
		for _, part := range []struct {
			name string
			sum  int
		}{{"各片区", areas[stratum.Code]}, {"各发放人", distributors[stratum.Code]}} {
			if part.sum > 0 && stratum.Quota > 0 && part.sum != stratum.Quota {
				notes = append(notes, fmt.Sprintf("“%s”%s的配额合计%d份，与这一组的配额%d份不同", stratum.Label, part.name, part.sum, stratum.Quota))
			}
		}
	}
	return notes
}

func (s *Server) waveAdd(c *fiber.Ctx, v *visit) error {
	return s.saveWave(c, v, revision.Held[survey.Wave]{})
}

func (s *Server) wavePut(c *fiber.Ctx, v *visit) error {
	held, err := s.Surveys.Wave(c.UserContext(), v.plan.Campaign.ID, survey.WaveID(c.Params("wave")))
	if err != nil {
		return err
	}
	return s.saveWave(c, v, held)
}

func (s *Server) saveWave(c *fiber.Ctx, v *visit, held revision.Held[survey.Wave]) error {
	ctx := c.UserContext()
	fields, err := form(c)
	if err != nil {
		return err
	}
	f := typedFrom(fields)
	if held.Revision > 0 {
		f.ID = string(held.Thing.ID)
	}
	if fields.Get("act") == "draw" {
		return s.showWave(c, v, held, f, nil)
	}
	w, faults := f.wave(held.Thing, v.plan.Units)
	people, err := s.waveDistributors(ctx, v)
	if err != nil {
		return err
	}
	for _, q := range w.Quotas {
		kept := slices.ContainsFunc(held.Thing.Quotas, func(old survey.Quota) bool { return old.Distributor == q.Distributor })
		if q.Distributor != "" && !kept && !slices.ContainsFunc(people, func(p auth.Person) bool { return p.ID == q.Distributor }) {
			faults = append(faults, problem.Fault{Field: "quotas", Why: fmt.Sprintf("发放人“%s”不在本活动的名单里", cut(q.Distributor))})
		}
	}
	if w.Version == 0 {
		faults = append(faults, problem.Fault{Field: "take", Why: "请选择用哪一份问卷的哪一版"})
	}
	if len(faults) > 0 {
		return s.showWave(c, v, held, f, problem.Invalid("还不能保存", "请按提示改正，已填的内容都还在。", faults...))
	}
	var expected uint32
	if held.Revision > 0 {
		expected = seenRevision(fields)
	}
	_, err = s.Surveys.PutWave(ctx, v.actor, v.plan.Campaign.ID, w, expected)
	if p, ok := problem.As(err); ok {
		if p.Kind == problem.KindConflict {
			p = s.waveTaken(ctx, v, held, w, p)
		}
		return s.showWave(c, v, held, f, p)
	}
	if err != nil {
		return err
	}
	done := "saved"
	if held.Revision == 0 {
		done = "wave-made"
	}
	return c.Redirect("/c/"+v.plan.Campaign.ID+"/waves/"+url.PathEscape(string(w.ID))+"/edit?done="+done, fiber.StatusSeeOther)
}

// waveTaken says of a conflict what to do next: of a new wave that its code is another's,
// of an old one that what was typed is still there.
func (s *Server) waveTaken(ctx context.Context, v *visit, held revision.Held[survey.Wave], w survey.Wave, p *problem.Problem) *problem.Problem {
	if held.Revision > 0 {
		if errors.Is(p, revision.ErrConflict) {
			return problem.Conflict(p.Title, "您填的内容还在本页，没有保存。请先在另一个窗口看一下这一轮现在的样子；再保存一次，就以您的为准。").Because(p)
		}
		return p
	}
	if _, err := s.Surveys.Wave(ctx, v.plan.Campaign.ID, w.ID); err != nil {
		return p
	}
	return problem.Conflict("这个代码已经有一轮用了", "请换一个轮次代码，再保存一次。", problem.Fault{Field: "id", Why: fmt.Sprintf("代码“%s”已经有一轮用了，请换一个", w.ID)}).Because(p)
}

// waveClose closes a wave or opens it again.
func (s *Server) waveClose(closed bool) handler {
	done := "wave-again"
	if closed {
		done = "wave-ended"
	}
	return func(c *fiber.Ctx, v *visit) error {
		fields, err := form(c)
		if err != nil {
			return err
		}
		held, err := s.Surveys.Wave(c.UserContext(), v.plan.Campaign.ID, survey.WaveID(c.Params("wave")))
		if err != nil {
			return err
		}
		err = s.Surveys.SetWaveClosed(c.UserContext(), v.actor, v.plan.Campaign.ID, held.Thing.ID, closed, fields.Get("reason"), seenRevision(fields))
		if p, ok := problem.As(err); ok && p.Kind != problem.KindNotFound {
			return s.showWave(c, v, held, typedWave(held.Thing, v.plan.Units), p)
		}
		if err != nil {
			return err
		}
		return c.Redirect("/c/"+v.plan.Campaign.ID+"/waves/"+url.PathEscape(string(held.Thing.ID))+"/edit?done="+done, fiber.StatusSeeOther)
	}
}
