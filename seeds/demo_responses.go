package seeds

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuixuan/app/survey"
)

// fieldwork is one wave: who hands out how many sheets to whom, and how people answer.
type fieldwork struct {
	campaign string
	wave     string
	round    int // 0 for the first, 1 for the second: what changes between them
	shift    int // days from the shipped dates of the wave
	parties  []party
	answers  answers
}

// party is a unit with the sheets it hands out.
type party struct {
	unit    string // id
	name    string
	prefix  string // of its sheet numbers
	form    form
	lots    []lot
	gb18030 bool
	faults  []sheetFault
	// registered begins the numbers of sheets that the office has printed; else the party
	// numbers its own.
	registered string
}

// sheet is the number of a sheet: the party's own, or one that the office has registered.
func (p party) sheet(n int) string {
	if p.registered != "" {
		return fmt.Sprintf("%s%0*d", p.registered, registeredDigits, n)
	}
	return fmt.Sprintf("%s-%03d", p.prefix, n)
}

// lot is so many sheets for one stratum. Its numbers are a run: those that were filled in
// first, then as many as were handed out and didn't come back.
type lot struct {
	stratum string
	n       int
	out     int
}

// form is how a party writes its table.
type form int

const (
	inLabels   form = iota // full questions, labels in the cells
	inShort                // short headings
	inCodes                // names and codes, as a program writes them
	withSpread             // a column for each option of a multiple choice
)

// sheetFault is a mistake that spoils one row of answers.
type sheetFault int

const (
	noStratum sheetFault = iota
	twoForOne
	offList
	noneAndMore
	notAsked
)

// respondent is one person on the way through the questionnaire.
type respondent struct {
	number  string // of the sheet
	round   int
	stratum string
	mood    float64 // shifts what they think of everything, in logits
	choices map[string][]string
	texts   map[string]string
}

// answers are the models of questions by name. A question without one is left blank.
type answers map[string]func(*rand.Rand, *respondent, survey.Question)

// odds are the weights of options by code.
type odds map[string]float64

// choose draws one option.
func (p *respondent) choose(r *rand.Rand, q survey.Question, o odds) {
	weights := make([]float64, len(q.Options))
	for i, option := range q.Options {
		weights[i] = o[option.Code]
	}
	p.choices[q.Name] = []string{q.Options[weighted(r, weights)].Code}
}

// chooseMany draws each option by its own chance; where none comes, the exclusive
// option is taken, or the likeliest one. Words are what people write beside "other".
func (p *respondent) chooseMany(r *rand.Rand, q survey.Question, o odds, words []string) {
	var codes []string
	likeliest := q.Options[0].Code
	for _, option := range q.Options {
		if o[option.Code] > o[likeliest] {
			likeliest = option.Code
		}
		if option.Exclusive || r.Float64() >= o[option.Code] {
			continue
		}
		codes = append(codes, option.Code)
		if option.Other {
			p.texts[survey.OtherKey(q.Name)] = pick(r, words)
		}
	}
	if none := exclusive(q); len(codes) == 0 && none != "" {
		codes = []string{none}
	} else if len(codes) == 0 {
		codes = []string{likeliest}
	}
	p.choices[q.Name] = codes
}

// exclusive gives the code of the option that stands alone (都没有), or nothing.
func exclusive(q survey.Question) string {
	for _, o := range q.Options {
		if o.Exclusive {
			return o.Code
		}
	}
	return ""
}

// satisfied gives the model of a five-point item with 说不清: a cumulative logit, so
// that one number moves the whole scale. ease is the log odds of 满意 or better for a
// person of middling mood; unsure is the share of 说不清.
func satisfied(ease, unsure float64) func(*rand.Rand, *respondent, survey.Question) {
	return func(r *rand.Rand, p *respondent, q survey.Question) {
		at := ease + p.mood
		upTo := func(cut float64) float64 { return 1 / (1 + math.Exp(-(at + cut))) }
		very, fairly, neutral, little := upTo(-1.9), upTo(0), upTo(1.4), upTo(2.8)
		known := 1 - unsure*unsureOf(p)
		p.choose(r, q, odds{"very": very * known, "fairly": (fairly - very) * known, "neutral": (neutral - fairly) * known,
			"little": (little - neutral) * known, "not": (1 - little) * known, "unsure": 1 - known})
	}
}

// unsureOf: people passing through have less of an opinion.
func unsureOf(p *respondent) float64 {
	if p.stratum == "window" {
		return 1.7
	}
	return 0.85
}

// usually gives the model of a single choice that is alike for all.
func usually(o odds) func(*rand.Rand, *respondent, survey.Question) {
	return func(r *rand.Rand, p *respondent, q survey.Question) { p.choose(r, q, o) }
}

// sometimes gives the model of a text: one of the sentences, with a chance of share.
func sometimes(share float64, sentences []string) func(*rand.Rand, *respondent, survey.Question) {
	return func(r *rand.Rand, p *respondent, q survey.Question) {
		if r.Float64() < share {
			p.texts[q.Name] = pick(r, sentences)
		}
	}
}

func (f fieldwork) files() ([]File, error) {
	q, wave, err := f.definitions()
	if err != nil {
		return nil, err
	}
	var files []File
	for _, p := range f.parties {
		made, err := f.ofParty(p, q, wave)
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	return files, nil
}

// definitions reads the shipped questionnaire and wave, so that the sheets carry the
// words that people really see.
func (f fieldwork) definitions() (survey.Questionnaire, survey.Wave, error) {
	fail := func(err error) (survey.Questionnaire, survey.Wave, error) {
		return survey.Questionnaire{}, survey.Wave{}, fmt.Errorf("demonstration of %s: %w", f.campaign, err)
	}
	body, err := FS.ReadFile(f.campaign + "/questionnaire.yaml")
	if err != nil {
		return fail(err)
	}
	q, waves, err := survey.Parse(body)
	if err != nil {
		return fail(err)
	}
	at := slices.IndexFunc(waves, func(w survey.Wave) bool { return string(w.ID) == f.wave })
	if at < 0 {
		return fail(fmt.Errorf("no wave %q", f.wave))
	}
	if w := &waves[at]; w.Start.IsZero() || w.End.IsZero() {
		// The plan leaves the dates open; the demonstration's ledgers are of that autumn.
		w.Start, w.End = time.Date(2020, time.October, 9, 0, 0, 0, 0, time.UTC), time.Date(2020, time.October, 16, 0, 0, 0, 0, time.UTC)
	}
	wave := waves[at]
	wave.Start, wave.End = wave.Start.AddDate(0, 0, f.shift), wave.End.AddDate(0, 0, f.shift)
	return q, wave, nil
}

// mostSheets is how many sheets a party types before it sends them.
const mostSheets = 110

func (f fieldwork) ofParty(p party, q survey.Questionnaire, wave survey.Wave) ([]File, error) {
	r := chance(f.campaign + "/" + f.wave + "/" + p.unit)
	var people []*respondent
	first := 1
	for _, l := range p.lots {
		for i := range l.n {
			one := f.interview(r, l.stratum, q)
			one.number = p.sheet(first + i)
			people = append(people, one)
		}
		first += l.n + l.out
	}
	r.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	days := make([]time.Time, len(people))
	span := int(wave.End.Sub(wave.Start).Hours()/24) + 1
	for i := range days {
		days[i] = wave.Start.AddDate(0, 0, r.IntN(span))
	}
	slices.SortFunc(days, time.Time.Compare)
	var files []File
	faults := p.faults
	for from := 0; from < len(people); from += mostSheets {
		to := min(from+mostSheets, len(people))
		t := table{q: q, party: p}
		for i := from; i < to; i++ {
			t.add(people[i], people[i].number, days[i])
		}
		n := min(len(faults), 2)
		if to == len(people) {
			n = len(faults)
		}
		t.spoil(r, faults[:n], days[to-1])
		faults = faults[n:]
		body, err := encoded(t.rows(), p.gb18030)
		if err != nil {
			return nil, err
		}
		day := days[to-1].AddDate(0, 0, 1)
		files = append(files, File{Campaign: f.campaign, Kind: Responses, Wave: f.wave, Unit: p.unit, Day: day, Body: body,
			Name: fmt.Sprintf("演示-%s-问卷录入-%s.csv", p.name, day.Format("0102"))})
	}
	return files, nil
}

// interview takes a person through the questionnaire, with its skips. One in seventy
// leaves a question out, as people do on paper.
func (f fieldwork) interview(r *rand.Rand, stratum string, q survey.Questionnaire) *respondent {
	p := &respondent{round: f.round, stratum: stratum, mood: 0.8 * r.NormFloat64(), choices: map[string][]string{}, texts: map[string]string{}}
	p.choices[q.Stratum] = []string{stratum}
	left := -1
	if r.Float64() < 1.0/70 {
		left = 7 + r.IntN(len(q.Questions)-8)
	}
	for i, question := range q.Items() {
		answer, modelled := f.answers[question.Name]
		if !modelled || i == left || question.ShowIf != nil && !question.ShowIf.Holds(survey.Answers{Choices: p.choices}) {
			continue
		}
		answer(r, p, question)
	}
	return p
}

// table is the sheet of one party.
type table struct {
	q     survey.Questionnaire
	party party
	sheet []written
}

// written is one row: the number, date and cells by column key (a question's name,
// "name/code" for a spread option, "name.other" for words).
type written struct {
	number string
	day    time.Time
	cells  map[string]string
}

func (t *table) add(p *respondent, number string, day time.Time) {
	cells := map[string]string{}
	for _, q := range t.q.Items() {
		switch codes := p.choices[q.Name]; {
		case len(codes) > 0:
			t.write(cells, q, codes, p.texts[survey.OtherKey(q.Name)])
		case p.texts[q.Name] != "":
			cells[q.Name] = p.texts[q.Name]
		}
	}
	t.sheet = append(t.sheet, written{number, day, cells})
}

func (t *table) write(cells map[string]string, q survey.Question, codes []string, words string) {
	spread := t.party.form == withSpread && q.Type == survey.Multiple
	var list []string
	for _, code := range codes {
		option, _ := q.Option(code)
		text := option.Label
		if t.party.form == inCodes {
			text = code
		}
		if option.Other && words != "" && t.party.form != inCodes && !spread {
			text += "：" + words
		}
		list = append(list, text)
		if spread {
			cells[q.Name+"/"+code] = "√"
		}
	}
	if words != "" && (t.party.form == inCodes || spread) {
		cells[survey.OtherKey(q.Name)] = words
	}
	if !spread {
		cells[q.Name] = strings.Join(list, "；")
	}
}

// spoil adds rows with a mistake each: copies of other sheets under new numbers.
func (t *table) spoil(r *rand.Rand, faults []sheetFault, day time.Time) {
	for i, f := range faults {
		base := pick(r, t.sheet)
		bad := written{fmt.Sprintf("%s-补%02d", t.party.prefix, len(t.sheet)+i), day, map[string]string{}}
		for key, text := range base.cells {
			bad.cells[key] = text
		}
		t.mistake(bad.cells, f)
		t.sheet = append(t.sheet, bad)
	}
}

func (t *table) mistake(cells map[string]string, f sheetFault) {
	last := t.scales()[0]
	switch f {
	case noStratum:
		delete(cells, t.q.Stratum)
	case twoForOne:
		cells[last.Name] = last.Options[0].Label + "；" + last.Options[2].Label
	case offList:
		cells[last.Name] = "还行吧"
	case noneAndMore:
		for _, q := range t.q.Items() {
			if none := exclusive(q); none != "" {
				cells[q.Name] = q.Options[0].Label + "；" + q.OptionLabel(none)
				cells[q.Name+"/"+q.Options[0].Code], cells[q.Name+"/"+none] = "√", "√"
				return
			}
		}
	case notAsked:
		for _, q := range t.q.Items() {
			if c := q.ShowIf; c != nil && len(q.Options) > 0 {
				cells[c.Question] = "没有参加过"
				cells[q.Name] = q.Options[0].Label
				cells[q.Name+"/"+q.Options[0].Code] = "√"
				return
			}
		}
	}
}

// scales are the items that can be unsure and have more than four options.
func (t *table) scales() []survey.Question {
	var list []survey.Question
	for _, q := range t.q.Items() {
		if q.One() && len(q.Options) >= 6 {
			list = append(list, q)
		}
	}
	return list
}

// column is one column of the sheet: its key and heading.
type column struct{ key, heading string }

func (t *table) columns() []column {
	var columns []column
	for _, q := range t.q.Items() {
		heading := q.Label
		switch t.party.form {
		case inShort:
			heading = q.Title()
		case inCodes:
			heading = q.Name
		}
		other, asks := q.OtherOption()
		switch {
		case q.Type == survey.Note:
			continue
		case t.party.form == withSpread && q.Type == survey.Multiple:
			for _, o := range q.Options {
				columns = append(columns, column{q.Name + "/" + o.Code, q.Label + "/" + o.Label})
			}
		default:
			columns = append(columns, column{q.Name, heading})
		}
		if asks && q.Type == survey.Multiple && (t.party.form == inCodes || t.party.form == withSpread) {
			columns = append(columns, column{survey.OtherKey(q.Name), heading + "/" + other.Label + "（请注明）"})
		}
	}
	return columns
}

func (t *table) rows() [][]string {
	columns := t.columns()
	header := []string{"问卷编号", "发放单位", "发放员", "填写日期"}
	for _, c := range columns {
		header = append(header, c.heading)
	}
	title := make([]string, len(header))
	title[0] = t.party.name + "问卷录入表（演示数据）"
	rows := [][]string{title, header}
	for i, w := range t.sheet {
		row := []string{w.number, t.party.name, "发放员" + strconv.Itoa(1+i%3), w.day.Format("2006-01-02")}
		for _, c := range columns {
			row = append(row, w.cells[c.key])
		}
		rows = append(rows, row)
	}
	return rows
}
