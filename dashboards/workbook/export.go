package workbook

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"shuixuan/app/campaign"
	"shuixuan/app/placement"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/dashboards/safecsv"
)

// Each walks through things one by one, as the stores' Each methods do. It ends at
// the first error of yield and gives it back.
type Each[T any] func(yield func(T) error) error

// placementColumns are those of the template, so that an export can be corrected and
// sent in again, and after them where the row came from.
func placementColumns(plan *campaign.Plan) []column {
	return append(ledgerColumns(plan),
		column{"状态", 9, plain}, column{"编号", 38, plain}, column{"登记时间", 17, moment}, column{"来源文件", 24, plain}, column{"来源行", 9, integer})
}

// ledgerColumns are the columns of a ledger as units send it.
func ledgerColumns(plan *campaign.Plan) []column {
	w := dashboards.Words(plan)
	return []column{
		{"序号", 7, integer}, {w.Unit, 20, plain}, {w.Task, 14, plain}, {"宣传形式", 18, plain}, {"设置地点", 30, plain},
		{"数量", 10, decimal}, {"计量单位", 10, plain}, {"面积(㎡)", 11, decimal}, {"规格", 14, plain},
		{"宣传时间/开始", 15, date}, {"宣传时间/结束", 15, date}, {"经度", 12, decimal}, {"纬度", 12, decimal}, {"坐标系", 9, plain},
		{"许可编号", 16, plain}, {"许可到期", 12, date}, {"围挡面积(㎡)", 12, decimal}, {"备注", 28, plain},
	}
}

// placementRow fills one row; row is reused.
func placementRow(row []any, plan *campaign.Plan, n int64, p placement.Placement) []any {
	row = append(row[:0], n, plan.UnitName(p.Unit), string(p.Task), carrierOf(plan, p), p.Place, p.Quantity, p.Measure)
	if p.AreaM2 != nil {
		row = append(row, *p.AreaM2)
	} else {
		row = append(row, nil)
	}
	row = append(row, text(p.Size), p.Start)
	if p.End.IsZero() {
		row = append(row, dashboards.Words(plan).End)
	} else {
		row = append(row, p.End)
	}
	if p.Position != nil {
		row = append(row, p.Position.Longitude, p.Position.Latitude, string(p.Position.Datum))
	} else {
		row = append(row, nil, nil, nil)
	}
	row = append(row, text(p.Permit), nil, nil)
	if !p.PermitUntil.IsZero() {
		row[len(row)-2] = p.PermitUntil
	}
	if p.HoardingM2 != nil {
		row[len(row)-1] = *p.HoardingM2
	}
	row = append(row, text(p.Remark), placement.StateNames[p.State], p.ID.String(), p.RecordedAt.In(beijing()), text(p.Origin.File))
	if p.Origin.Row > 0 {
		return append(row, p.Origin.Row)
	}
	return append(row, nil)
}

// text gives nil for an empty text, so that its cell stays empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func carrierOf(plan *campaign.Plan, p placement.Placement) string {
	if p.CarrierText != "" {
		return p.CarrierText
	}
	return plan.CarrierName(p.Carrier)
}

// Placements writes placements as a workbook. Rows that don't fit into one sheet go on
// in further ones; the last sheet says how many there are.
func Placements(ctx context.Context, w io.Writer, plan *campaign.Plan, each Each[placement.Placement]) error {
	b := newBook(plan.Campaign.Name, time.Now())
	s := b.sheet("宣传台账", layout{columns: placementColumns(plan), landscape: true, bare: true, bulk: true})
	row := make([]any, 0, len(s.l.columns))
	err := each(func(p placement.Placement) error {
		row = placementRow(row, plan, s.count+1, p)
		s.add(row...)
		return stop(ctx, b)
	})
	return b.export(w, s, "宣传记录", "条", err)
}

// stop ends a walk when nobody waits for it any more or a row could not be written.
func stop(ctx context.Context, b *book) error {
	if b.err != nil {
		return b.err
	}
	return ctx.Err()
}

// export ends a workbook of one table with a sheet that says what it holds.
func (b *book) export(w io.Writer, s *sheet, what, measure string, err error) error {
	if err != nil {
		b.f.Close()
		return fmt.Errorf("export %s: %w", s.root, err)
	}
	s.flush()
	about := b.sheet("导出说明", layout{columns: []column{{"项目", 16, plain}, {"内容", 90, plain}}, bare: true})
	about.add("内容", what)
	about.add("行数", fmt.Sprintf("共%d%s，写在%d张工作表里，没有截断", s.count, measure, s.part))
	about.add("导出时间", time.Now().In(beijing()).Format("2006-01-02 15:04"))
	about.add("防公式", "以 =、+、-、@ 等开头的文字按文本保存，打开后不会当作公式运行")
	about.flush()
	return b.write(w)
}

// PlacementsCSV writes placements as CSV in UTF-8 with a byte order mark, which Excel
// needs to read Chinese.
func PlacementsCSV(ctx context.Context, w io.Writer, plan *campaign.Plan, each Each[placement.Placement]) error {
	out := newCSV(w, placementColumns(plan))
	row := make([]any, 0, len(out.columns))
	err := each(func(p placement.Placement) error {
		row = placementRow(row, plan, out.count+1, p)
		out.add(row...)
		return ctx.Err()
	})
	return out.close("placements", err)
}

// responseColumns are what every response has, then one for each question, headed by
// its words as in the template.
func responseColumns(wave survey.Wave, q survey.Questionnaire) []column {
	cols := []column{{"序号", 7, integer}, {"纸质编号", 12, plain}, {"发放单位", 16, plain}, {"发放员", 12, plain}, {"填写日期", 12, date}}
	if stratumColumn(q) {
		cols = append(cols, column{"人群", 16, plain})
	}
	for _, question := range q.Items() {
		if question.Type == survey.Note {
			continue
		}
		l := plain
		switch question.Type {
		case survey.Number, survey.Rating:
			l = decimal
		case survey.Date:
			l = plain // kept as the ISO text it is: a partial date is one too
		}
		cols = append(cols, column{question.Label, math16(question.Label), l})
		if other(question) {
			cols = append(cols, column{question.Label + "（其他说明）", 18, plain})
		}
	}
	return append(cols, column{"录入方式", 10, plain}, column{"完成情况", 10, plain}, column{"系统编号", 38, plain}, column{"录入时间", 17, moment}, column{"来源文件", 24, plain}, column{"来源行", 9, integer})
}

// stratumColumn tells whether the stratum needs a column: it has none among the
// questions.
func stratumColumn(q survey.Questionnaire) bool { return q.Stratum == "" }

func math16(label string) float64 { return min(max(12, textWidth(label)*0.6), 30) }

func other(q survey.Question) bool {
	for _, o := range q.Options {
		if o.Other {
			return true
		}
	}
	return false
}

// separator stands between the options of one cell; the intake splits on it.
const separator = "；"

// responseWriter knows the labels of a questionnaire's options.
type responseWriter struct {
	wave   survey.Wave
	q      survey.Questionnaire
	labels map[string]map[string]string
	strata map[string]string
}

func newResponseWriter(wave survey.Wave, q survey.Questionnaire) *responseWriter {
	r := &responseWriter{wave: wave, q: q.Flat(), labels: map[string]map[string]string{}, strata: map[string]string{}}
	for _, question := range q.Items() {
		r.labels[question.Name] = map[string]string{}
		for _, o := range question.Options {
			r.labels[question.Name][o.Code] = o.Label
		}
	}
	for _, s := range wave.Strata {
		r.strata[s.Code] = s.Label
	}
	return r
}

func (r *responseWriter) row(row []any, n int64, x survey.Response) []any {
	row = append(row[:0], n, text(x.Number), text(x.Unit), text(x.Distributor), x.AnsweredOn)
	if stratumColumn(r.q) {
		row = append(row, text(named(r.strata, x.Stratum)))
	}
	for _, question := range r.q.Questions {
		switch question.Type {
		case survey.Note:
			continue
		case survey.Number, survey.Rating:
			if v, ok := x.Numbers[question.Name]; ok {
				row = append(row, v)
			} else {
				row = append(row, nil)
			}
		case survey.Single, survey.Scale, survey.Consent, survey.Multiple:
			row = append(row, text(r.chosen(question.Name, x.Choices[question.Name])))
		default:
			row = append(row, text(x.Texts[question.Name]))
		}
		if other(question) {
			row = append(row, text(x.Texts[question.Name+".other"]))
		}
	}
	row = append(row, modeName(x.Mode), survey.DispositionNames[x.Disposition], x.ID.String(), x.RecordedAt.In(beijing()), text(x.Origin.File))
	if x.Origin.Row > 0 {
		return append(row, x.Origin.Row)
	}
	return append(row, nil)
}

func (r *responseWriter) chosen(question string, codes []string) string {
	switch len(codes) {
	case 0:
		return ""
	case 1:
		return named(r.labels[question], codes[0])
	}
	list := make([]string, len(codes))
	for i, code := range codes {
		list[i] = named(r.labels[question], code)
	}
	return strings.Join(list, separator)
}

func named(names map[string]string, code string) string {
	if name, ok := names[code]; ok {
		return name
	}
	return code
}

func modeName(m survey.Mode) string {
	return named(map[string]string{"paper": "录入", "import": "导入", "api": "接口", "link": "扫码"}, string(m))
}

// Responses writes the responses of a wave as a workbook.
func Responses(ctx context.Context, w io.Writer, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, each Each[survey.Response]) error {
	b := newBook(plan.Campaign.Name, time.Now())
	s := b.sheet("问卷", layout{columns: responseColumns(wave, q), landscape: true, bare: true, bulk: true})
	r := newResponseWriter(wave, q)
	row := make([]any, 0, len(s.l.columns))
	err := each(func(x survey.Response) error {
		row = r.row(row, s.count+1, x)
		s.add(row...)
		return stop(ctx, b)
	})
	return b.export(w, s, "问卷："+q.Title+"，"+wave.Name, "份", err)
}

// ResponsesCSV writes the responses of a wave as CSV in UTF-8 with a byte order mark.
func ResponsesCSV(ctx context.Context, w io.Writer, plan *campaign.Plan, wave survey.Wave, q survey.Questionnaire, each Each[survey.Response]) error {
	out := newCSV(w, responseColumns(wave, q))
	r := newResponseWriter(wave, q)
	row := make([]any, 0, len(out.columns))
	err := each(func(x survey.Response) error {
		row = r.row(row, out.count+1, x)
		out.add(row...)
		return ctx.Err()
	})
	return out.close("responses", err)
}

// table is a CSV on its way out.
type table struct {
	columns []column
	out     *safecsv.Writer
	line    []string
	count   int64
}

func newCSV(w io.Writer, columns []column) *table {
	t := &table{columns: columns, out: safecsv.New(w), line: make([]string, len(columns))}
	for i, c := range columns {
		t.line[i] = safecsv.Text(c.name)
	}
	t.out.Write(t.line)
	return t
}

func (t *table) add(values ...any) {
	t.count++
	for i, value := range values {
		t.line[i] = t.print(t.columns[i].look, value)
	}
	t.out.Write(t.line)
}

// print writes numbers as numbers: a longitude may begin with a minus.
func (t *table) print(l look, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return safecsv.Text(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		switch {
		case v.IsZero():
			return ""
		case l == moment:
			return v.Format("2006-01-02 15:04:05")
		}
		return v.Format(time.DateOnly)
	}
	return safecsv.Text(fmt.Sprint(value))
}

func (t *table) close(what string, err error) error {
	if err == nil {
		err = t.out.Close()
	}
	if err != nil {
		return fmt.Errorf("export %s: %w", what, err)
	}
	return nil
}
