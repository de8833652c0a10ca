package xlsform

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// Read reads the tables of a form. The error is a Problem where they are no XLSForm at
// all; what is wrong in one is in the form's faults.
func Read(tables []Table, name string) (Form, error) {
	r := &reader{lists: map[string][]survey.Option{}, places: map[string]line{}}
	for _, t := range tables {
		key := sheetKey(t.Name)
		if why := sheetNames[key]; why != "" && len(t.Rows) > 0 {
			r.faults = append(r.faults, Fault{t.Name, 0, "", why})
		}
		if key == settingsSheet {
			r.settings(t, name)
		}
	}
	if r.q.Title == "" {
		r.settings(Table{Name: settingsSheet}, name)
	}
	found := false
	for _, t := range tables {
		switch sheetKey(t.Name) {
		case choicesSheet:
			r.choices(t)
		case indicatorsSheet:
			r.indicators(t)
		case contradictionsSheet:
			r.contradictions(t)
		case surveySheet:
			found = true
		}
	}
	if !found {
		return Form{}, problem.Invalid("这不是 XLSForm", "XLSForm 要有名为 survey 的工作表，每题一行，列有 type、name、label；选项写在名为 choices 的工作表里。可以先下载一份现有问卷作为样子。")
	}
	for _, t := range tables {
		if sheetKey(t.Name) == surveySheet {
			r.survey(t)
		}
	}
	r.conditions()
	r.check()
	r.sort(tables)
	return Form{Questionnaire: r.q, Faults: r.faults, Notes: r.notes}, nil
}

// reader goes through a form once.
type reader struct {
	language string
	q        survey.Questionnaire
	lists    map[string][]survey.Option
	seen     map[string]line // of choices: list → its first row
	places   map[string]line // of the questions and the rows of matrices
	rules    []rule
	faults   []Fault
	notes    []Fault

	indicatorRows []int
	pairs         []line // of contradictions
}

// rule is a condition to be read when all questions are known.
type rule struct {
	question int
	line     line
	outer    []line // groups around it, whose conditions hold for it too
}

func (r *reader) fault(l line, column, format string, args ...any) {
	r.faults = append(r.faults, l.fault(column, format, args...))
}

func (r *reader) note(l line, column, format string, args ...any) {
	r.notes = append(r.notes, l.fault(column, format, args...))
}

func (r *reader) open(t Table, known ...string) *grid {
	g, faults := newGrid(t, r.language)
	r.faults = append(r.faults, faults...)
	r.notes = append(r.notes, g.notes...)
	r.notes = append(r.notes, g.unread(known...)...)
	return g
}

func (r *reader) settings(t Table, name string) {
	g := r.open(t, "form_title", "form_id", "default_language", "version", "style", "instance_name", "allow_choice_duplicates", ownStratum, ownIntro, ownSource)
	var l line
	if l = g.line(Row{}); len(t.Rows) > 0 {
		l = g.line(t.Rows[0])
	}
	name = strings.TrimSuffix(path.Base(name), path.Ext(name))
	r.language = l.text("default_language")
	r.q.Title = first(l.raw("form_title"), l.raw("form_id"), name, "未命名的问卷")
	r.q.ID = survey.QuestionnaireID(identifier(first(l.text("form_id"), sheet.Normalize(name))))
	r.q.Stratum, r.q.Intro, r.q.Source = cleanName(l.text(ownStratum)), l.raw(ownIntro), l.raw(ownSource)
	if l.raw("instance_name") != "" {
		r.note(l, "instance_name", "答卷的名称由系统自己定，没有导入")
	}
	if r.q.ID == "" {
		// Of a title in Chinese no id can be made that a person would choose, but one that is
		// the same when the form is sent again.
		sum := sha256.Sum256([]byte(r.q.Title))
		r.q.ID = survey.QuestionnaireID("form-" + hex.EncodeToString(sum[:4]))
		r.note(l, "form_id", "没有问卷代码，取为 %s；要自己定的，请在 settings 工作表的 form_id 列写一个，只用小写字母、数字和短横线，例如 citizen-2014", r.q.ID)
	}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

var notInID = regexp.MustCompile(`[^a-z0-9_-]+`)

// identifier makes an id of what other programs allow: Citizen Survey 2014 is citizen-survey-2014.
func identifier(text string) string {
	id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(text), "-"), "-_")
	return id[:min(len(id), 60)]
}

// cleanName makes a name of ours: other programs allow capitals, hyphens and full stops.
func cleanName(name string) string {
	return strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToLower(sheet.Normalize(name)))
}

func (r *reader) choices(t Table) {
	g := r.open(t, colList, colName, colLabel, ownValue, ownAliases, ownDontKnow, ownExclusive, ownOther, ownUnread, "image", "big_image", "audio", "video")
	r.seen = map[string]line{}
	for _, row := range g.rows {
		l := g.line(row)
		list := l.text(colList)
		if list == "" {
			if l.raw(colName) != "" || l.raw(colLabel) != "" {
				r.fault(l, colList, "缺少 list_name，不知道这个选项属于哪一组")
			}
			continue
		}
		if _, known := r.seen[list]; !known {
			r.seen[list] = l
		}
		r.media(l)
		r.lists[list] = append(r.lists[list], r.option(l, r.lists[list]))
	}
}

// codeForm is what package survey takes; it is told here with the row of the option.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

func (r *reader) option(l line, before []survey.Option) survey.Option {
	o := survey.Option{Code: l.text(colName), Label: first(l.raw(colLabel), l.text(colName)), Aliases: splitWords(l.raw(ownAliases)),
		DontKnow: r.truth(l, ownDontKnow), Exclusive: r.truth(l, ownExclusive), Other: r.truth(l, ownOther), Unread: r.truth(l, ownUnread)}
	o.Value = r.number(l, ownValue)
	switch {
	case o.Code == "":
		r.fault(l, colName, "选项“%s”缺少代码（name），请填一个，例如 1", short(o.Label))
	case !codeForm.MatchString(o.Code):
		r.fault(l, colName, "选项代码“%s”只能用字母、数字、下划线和短横线，最多40个", short(o.Code))
	case slices.ContainsFunc(before, func(b survey.Option) bool { return b.Code == o.Code }):
		r.fault(l, colName, "选项代码“%s”在“%s”里重复，每个选项的代码不能相同", o.Code, short(l.text(colList)))
	}
	return o
}

func (r *reader) truth(l line, column string) bool {
	is, known := truth(l.raw(column))
	if !known {
		r.fault(l, column, "“%s”要填 yes 或 no，留空就是 no", short(l.raw(column)))
	}
	return is
}

func (r *reader) number(l line, column string) *float64 {
	text := l.text(column)
	if text == "" {
		return nil
	}
	v, isNumber := (&node{kind: digits, text: text}).number()
	if !isNumber {
		r.fault(l, column, "“%s”不是数字", short(text))
		return nil
	}
	return &v
}

// media refuses what is to be seen or heard.
func (r *reader) media(l line) {
	for _, column := range []string{"image", "big_image", "audio", "video"} {
		if l.raw(column) != "" {
			r.fault(l, column, "%s", refusedColumns[column])
		}
	}
}

// kind is what the type cell of a row says.
type kind struct {
	word     string // of a type without a list: text, begin_group, …
	list     string
	multiple bool
	other    bool // or_other
}

func (k kind) choice() bool { return k.word == "select" }

var blanks = regexp.MustCompile(`[ _-]+`)

func parseKind(text string) kind {
	key := strings.ToLower(text)
	for _, one := range selects {
		rest, ok := cutWords(text, one.begin)
		if !ok {
			continue
		}
		k := kind{word: "select", multiple: one.multiple}
		for _, end := range []string{"or_other", "or other", "or specify other", "or_specify_other"} {
			if before, ends := strings.CutSuffix(strings.ToLower(rest), end); ends {
				k.other, rest = true, rest[:len(before)]
			}
		}
		k.list = strings.TrimSpace(rest)
		return k
	}
	fields := strings.Fields(key)
	word := blanks.ReplaceAllString(key, "_")
	if len(fields) > 1 && fields[0] != "begin" && fields[0] != "end" {
		word = blanks.ReplaceAllString(fields[0], "_") // rank L, select_one_from_file F
		if _, known := refusedTypes[word]; !known {
			word = blanks.ReplaceAllString(key, "_")
		}
	}
	return kind{word: word}
}

// cutWords takes a beginning away, with blanks or underscores between its words and a
// blank behind.
func cutWords(text, begin string) (string, bool) {
	if len(text) < len(begin) || blanks.ReplaceAllString(strings.ToLower(text[:len(begin)]), "_") != begin {
		return "", false
	}
	rest := text[len(begin):]
	return strings.TrimSpace(rest), rest == "" || rest[0] == ' '
}

func (r *reader) survey(t Table) {
	known := []string{colType, colName, colLabel, colHint, colRequired, colRelevant, colConstraint, colAppearance, colParameters,
		ownType, ownShort, ownAliases, ownDimension, ownRight, ownSource, ownAdults, ownSkip}
	for column := range refusedColumns {
		known = append(known, column)
	}
	g := r.open(t, known...)
	for _, needed := range []string{colType, colLabel} {
		if _, there := g.at[needed]; !there {
			r.faults = append(r.faults, Fault{t.Name, 1, needed, "缺少 " + needed + " 列"})
		}
	}
	var lines []line
	for _, row := range g.rows {
		lines = append(lines, g.line(row))
	}
	r.section(lines, nil)
}

// question reads one row.
func (r *reader) question(l line, k kind, outer []line) {
	if why, left := leftTypes[k.word]; left {
		r.note(l, colType, "%s", why)
		return
	}
	if why, refused := refusedTypes[k.word]; refused {
		r.fault(l, colType, "%s", why)
		return
	}
	q := survey.Question{Name: r.name(l), Label: r.piping(l.raw(colLabel)), Hint: r.piping(l.raw(colHint)), Short: l.raw(ownShort), Aliases: splitWords(l.raw(ownAliases)),
		Dimension: l.raw(ownDimension), Source: l.raw(ownSource), Adults: r.truth(l, ownAdults), Required: r.required(l)}
	r.asked(&q, l, k)
	if q.Type == "" {
		return
	}
	r.details(&q, l)
	q.Right = words(l.text(ownRight))
	r.add(q, l, outer)
}

func (r *reader) add(q survey.Question, l line, outer []line) {
	r.q.Questions = append(r.q.Questions, q)
	r.rules = append(r.rules, rule{len(r.q.Questions) - 1, l, outer})
}

// asked sets the type and what belongs to it.
func (r *reader) asked(q *survey.Question, l line, k kind) {
	appearance := strings.Fields(strings.ToLower(l.text(colAppearance)))
	own := survey.QuestionType(strings.ToLower(l.text(ownType)))
	plain, known := plainTypes[k.word]
	switch {
	case k.choice():
		q.Type = survey.Single
		if k.multiple {
			q.Type = survey.Multiple
		} else if slices.Contains(appearance, "likert") {
			q.Type = survey.Scale
		}
		q.Options = r.listOf(l, k)
		if own == survey.Consent && !k.multiple {
			q.Type, q.Options = survey.Consent, nil
		}
		if own == survey.Scale && !k.multiple {
			q.Type = survey.Scale
		}
	case known:
		q.Type = plain
		q.Whole = k.word == "integer" || k.word == "int"
		if plain == survey.Text && slices.Contains(appearance, "multiline") {
			q.Type = survey.LongText
		}
	case k.word == "":
		if l.raw(colName) != "" || l.raw(colLabel) != "" {
			r.fault(l, colType, "缺少题型（type）")
		}
	default:
		r.fault(l, colType, "不认识题型“%s”；可用的有 select_one、select_multiple、range、integer、decimal、date、text、note、acknowledge，以及 begin_group、end_group", short(l.text(colType)))
	}
	if own != "" && q.Type != "" && own != q.Type && !(own == "other" && q.Type == survey.Text) {
		r.fault(l, ownType, "“%s”与题型“%s”不相合，请改正或清空", short(l.text(ownType)), short(l.text(colType)))
	}
	for _, one := range appearance {
		if !slices.Contains(looks, one) && !strings.HasPrefix(one, "columns-") {
			r.note(l, colAppearance, "外观“%s”没有导入", short(one))
		}
	}
}

// listOf gives the options of a row.
func (r *reader) listOf(l line, k kind) []survey.Option {
	options := r.lists[k.list]
	switch {
	case k.list == "":
		r.fault(l, colType, "没有写用哪一组选项，请写成 select_one 加 choices 工作表里的 list_name")
	case len(options) == 0:
		r.fault(l, colType, "choices 工作表里没有“%s”这一组选项", short(k.list))
	}
	if k.other {
		if slices.ContainsFunc(options, func(o survey.Option) bool { return o.Code == "other" }) {
			r.fault(l, colType, "“%s”里已有代码 other，不能再用 or_other", short(k.list))
			return options
		}
		options = append(slices.Clone(options), survey.Option{Code: "other", Label: "其他", Other: true})
	}
	return options
}

// details reads the cells whose meaning the type decides.
func (r *reader) details(q *survey.Question, l line) {
	for column, why := range refusedColumns {
		if l.raw(column) != "" && !(column == "read_only" && q.Type == survey.Note) {
			if is, known := truth(l.raw(column)); column == "read_only" && known && !is {
				continue
			}
			r.fault(l, column, "%s", why)
		}
	}
	r.parameters(q, l)
	if text := l.raw(colConstraint); text != "" {
		if err := limit(q, text); err != nil {
			r.fault(l, colConstraint, "看不懂限制“%s”：%s", short(text), err)
		}
	}
}

// parameters reads randomize=true and start=0 end=10 step=1. A range without them runs
// from 1 to 10, as pyxform has it; ours without limits from 0 to 10.
func (r *reader) parameters(q *survey.Question, l line) {
	values := map[string]string{}
	if q.Type == survey.Rating {
		values = map[string]string{"start": "1", "end": "10", "step": "1"}
	}
	for _, pair := range strings.FieldsFunc(l.text(colParameters), func(c rune) bool { return strings.ContainsRune(" ;,", c) }) {
		key, value, _ := strings.Cut(pair, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		switch {
		case q.Type == survey.Rating && values[key] != "":
			values[key] = value
		case key == "randomize" && len(q.Options) > 0:
			is, known := truth(value)
			if !known {
				r.fault(l, colParameters, "randomize 要写 true 或 false")
			}
			q.Shuffle = is
			if is && q.Type == survey.Scale {
				r.fault(l, colParameters, "量表的选项有高低次序，不能打乱；请清空，或去掉外观 likert")
				q.Shuffle = false
			}
		case key == "seed":
			r.note(l, colParameters, "随机数种子（seed）没有导入，系统对每位受访者另取一个")
		default:
			r.fault(l, colParameters, "不支持参数“%s”；可用的有 randomize=true，以及 range 的 start、end、step", short(pair))
		}
	}
	if q.Type != survey.Rating {
		return
	}
	low, lowOK := (&node{kind: digits, text: values["start"]}).number()
	high, highOK := (&node{kind: digits, text: values["end"]}).number()
	if step, err := strconv.ParseFloat(values["step"], 64); err != nil || step != 1 || !lowOK || !highOK {
		r.fault(l, colParameters, "打分题只能一分一分地打，start 和 end 要是整数，step 要是 1；分得更细的请用 decimal")
		return
	}
	if low != 0 {
		q.Min = &low
	}
	if high != 10 {
		q.Max = &high
	}
}

func (r *reader) required(l line) bool {
	is, known := truth(l.raw(colRequired))
	if !known {
		r.fault(l, colRequired, "“%s”要填 yes 或 no；不支持按条件决定是否必答，请拆成两道题", short(l.raw(colRequired)))
	}
	return is
}

// name gives a row its name, and tells of two rows with one.
func (r *reader) name(l line) string {
	text := l.text(colName)
	if text == "" {
		if k := parseKind(l.text(colType)); k.word == "note" {
			text = fmt.Sprintf("note_%d", l.Number)
		} else {
			r.fault(l, colName, "缺少代码（name），请填一个，例如 age")
			text = fmt.Sprintf("row_%d", l.Number)
		}
	}
	name := cleanName(text)
	if name != text {
		r.note(l, colName, "“%s”改写为“%s”，系统里的代码只用小写字母、数字和下划线", short(text), short(name))
	}
	if before, doubled := r.places[name]; doubled {
		r.fault(l, colName, "“%s”与第%d行重复，每题的代码不能相同", short(text), before.Number)
		for i := 2; doubled; i++ { // so that the rest can be checked
			text = fmt.Sprintf("%s_%d", name, i)
			_, doubled = r.places[text]
		}
		name = text
	}
	r.places[name] = l
	return name
}

var piped = regexp.MustCompile(`\$\{([^}]*)\}`)

// piping brings the names within ${ } to the form that they are kept in.
func (r *reader) piping(text string) string {
	return piped.ReplaceAllStringFunc(text, func(place string) string {
		return "${" + cleanName(piped.FindStringSubmatch(place)[1]) + "}"
	})
}

// conditions reads those of all questions, now that all are known.
func (r *reader) conditions() {
	items := map[string]survey.Question{}
	for _, q := range r.q.Items() {
		items[q.Name] = q
	}
	k := conditions{func(name string) (survey.Question, bool) { q, known := items[name]; return q, known }}
	for _, rule := range r.rules {
		q := &r.q.Questions[rule.question]
		q.ShowIf, q.SkipIf = r.condition(k, rule.line)
		for i := len(rule.outer) - 1; i >= 0; i-- {
			show, skip := r.condition(k, rule.outer[i])
			q.ShowIf = both(show, q.ShowIf, func(list []survey.Condition) survey.Condition { return survey.Condition{All: list} })
			q.SkipIf = both(skip, q.SkipIf, func(list []survey.Condition) survey.Condition { return survey.Condition{Any: list} })
		}
	}
	r.readPairs(k)
	r.foldOther()
}

func both(outer, inner *survey.Condition, join func([]survey.Condition) survey.Condition) *survey.Condition {
	switch {
	case outer == nil:
		return inner
	case inner == nil:
		return outer
	}
	c := join([]survey.Condition{*outer, *inner})
	return &c
}

func (r *reader) condition(k conditions, l line) (show, skip *survey.Condition) {
	show, skip, err := k.relevant(l.raw(colRelevant), l.raw(ownSkip))
	if err != nil {
		column := colRelevant
		if l.raw(colRelevant) == "" {
			column = ownSkip
		}
		r.fault(l, column, "看不懂条件“%s”：%s", short(l.raw(column)), err)
		return nil, nil
	}
	return show, skip
}

// foldOther makes the text that stands behind an option “other” a part of its question, as
// we keep it: the row is marked as such, or is named like it (seen_other) and asked where
// that one option is chosen.
func (r *reader) foldOther() {
	kept := r.q.Questions[:0:0]
	for i, q := range r.q.Questions {
		l := r.rules[i].line
		marked := strings.EqualFold(l.text(ownType), "other")
		if len(kept) == 0 || q.Type != survey.Text || !marked && (l.raw(ownType) != "" || !otherOf(kept[len(kept)-1].Name, q.Name)) {
			kept = append(kept, q)
			continue
		}
		before := &kept[len(kept)-1]
		code, fits := otherCode(*before, q)
		if !fits {
			if marked {
				r.fault(l, ownType, "other 这一行要紧跟它的选择题，relevant 写选了哪一个选项")
			}
			kept = append(kept, q)
			continue
		}
		before.Options = slices.Clone(before.Options)
		for i := range before.Options {
			before.Options[i].Other = before.Options[i].Other || before.Options[i].Code == code
		}
	}
	r.q.Questions = kept
}

// otherOf tells whether a row is named as the words beside another's option.
func otherOf(question, name string) bool {
	rest, ok := strings.CutPrefix(name, question+"_")
	return ok && slices.Contains([]string{"other", "others", "specify", "other_specify", "specify_other", "oth"}, strings.TrimRight(rest, "0123456789_"))
}

func otherCode(before, q survey.Question) (string, bool) {
	c := q.ShowIf
	if c == nil || c.Question != before.Name || len(c.In) != 1 || len(c.NotIn)+len(c.All)+len(c.Any) > 0 || q.SkipIf != nil || q.Min != nil || !before.Choice() || before.Type == survey.Consent {
		return "", false
	}
	_, known := before.Option(c.In[0])
	for _, o := range before.Options {
		if o.Other && o.Code != c.In[0] {
			return "", false
		}
	}
	return c.In[0], known
}
