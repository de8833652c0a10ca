package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"shuixuan/analytics/estimate"
	"shuixuan/analytics/weighting"
	"shuixuan/app/problem"
	"shuixuan/ingest/sheet"
)

// statsCommand is the estimator on any CSV file or workbook, without a database. The file is
// named by --data: a heading, then a row for each person.
type statsCommand struct {
	Kind        string   `arg:"" enum:"mean,total,proportion,ratio,quantile,chisq,table" help:"mean, total, proportion, ratio, quantile, chisq or table."`
	Variable    []string `required:"" help:"Columns to estimate; two for chisq and table." placeholder:"COL,…"`
	By          []string `help:"Columns that part the rows into domains." placeholder:"COL,…"`
	Denominator string   `help:"Column of the denominator, for ratio." placeholder:"COL"`
	At          []string `help:"Which quantiles." default:"0.5"`
	Weight      string   `help:"Column of the weights." placeholder:"COL"`
	Strata      []string `help:"Columns of the strata, by stage." placeholder:"COL,…"`
	Cluster     []string `help:"Columns of the units drawn, by stage." placeholder:"COL,…"`
	FPC         []string `name:"fpc" help:"Columns of how many units there are, or of the part drawn, by stage." placeholder:"COL,…"`
	Nest        bool     `help:"Units of one name in two strata are two units."`
	LonelyPSU   string   `name:"lonely-psu" enum:"fail,adjust,average,certainty,remove" default:"fail" help:"What a stratum of one unit adds: fail, adjust, average, certainty or remove."`
	Method      string   `enum:"logit,wilson,beta,likelihood,asin,mean,xlogit" default:"logit" help:"Interval of a proportion: logit, wilson, beta, likelihood, asin, mean or xlogit."`
	Calibrate   string   `enum:"none,rake,poststratify" default:"none" help:"rake or poststratify the weights to --margins."`
	Margins     string   `help:"CSV file of the known totals: variable,level,total." placeholder:"FILE"`
	Missing     string   `enum:"omit,fail" default:"omit" help:"omit rows without a value, or fail."`
	Level       float64  `default:"0.95" help:"Level of the intervals."`
}

// statsDesign is told back, so that a figure can be repeated.
type statsDesign struct {
	Rows       int      `json:"rows"`
	Weight     string   `json:"weight,omitempty"`
	Strata     []string `json:"strata,omitempty"`
	Cluster    []string `json:"cluster,omitempty"`
	FPC        []string `json:"fpc,omitempty"`
	Nest       bool     `json:"nest,omitempty"`
	LonelyPSU  string   `json:"lonely_psu"`
	Method     string   `json:"method"`
	Level      float64  `json:"level"`
	Calibrate  string   `json:"calibrate,omitempty"`
	Iterations int      `json:"iterations,omitempty"`
}

// statsResult is one figure. Bounds, error and effect are null where they can't be said.
type statsResult struct {
	By         map[string]string  `json:"by,omitempty"`
	Variable   string             `json:"variable"`
	Level      string             `json:"level,omitempty"`
	At         *float64           `json:"at,omitempty"`
	N          int                `json:"n"`
	Base       float64            `json:"base"`
	Estimate   *float64           `json:"estimate"`
	SE         *float64           `json:"se"`
	Lower      *float64           `json:"lower"`
	Upper      *float64           `json:"upper"`
	DF         int                `json:"df"`
	Deff       *float64           `json:"deff"`
	EffectiveN *float64           `json:"effective_n"`
	Warnings   []estimate.Warning `json:"warnings"`
}

type statsAnswer struct {
	Design  statsDesign           `json:"design"`
	Results []statsResult         `json:"results"`
	Test    *estimate.Association `json:"test,omitempty"`
}

// Run reads the file and prints a line for each figure.
func (c *statsCommand) Run(s *session) error {
	if err := c.check(); err != nil {
		return err
	}
	file := s.cli.Data
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return wrongWords("stats needs --data FILE, the CSV file or workbook to read")
	}
	t, err := readStats(s, file)
	if err != nil {
		return err
	}
	d, about, err := c.design(s, t)
	if err != nil {
		return statsProblem(file, t, err)
	}
	answer := &statsAnswer{Design: about, Results: []statsResult{}}
	if err := c.estimate(t, d, answer); err != nil {
		return statsProblem(file, t, err)
	}
	for _, r := range answer.Results {
		s.say("%s", r.line())
	}
	if a := answer.Test; a != nil {
		s.say("%s", testLine(*a))
	}
	return s.answer(answer)
}

func (c *statsCommand) check() error {
	switch {
	case (c.Kind == "chisq" || c.Kind == "table") && len(c.Variable) != 2:
		return wrongWords("stats %s needs two columns in --variable", c.Kind)
	case c.Kind == "ratio" && c.Denominator == "":
		return wrongWords("stats ratio needs --denominator")
	case c.Kind == "chisq" && len(c.By) > 0:
		return wrongWords("stats chisq takes no --by")
	case c.Calibrate != "none" && c.Margins == "":
		return wrongWords("--calibrate needs --margins")
	case !(c.Level > 0 && c.Level < 1):
		return wrongWords("--level must be between 0 and 1")
	}
	for _, at := range c.At {
		if p, err := strconv.ParseFloat(at, 64); err != nil || !(p > 0 && p < 1) {
			return wrongWords("--at must be between 0 and 1, not %q", at)
		}
	}
	return nil
}

// statsTable is a file by column.
type statsTable struct {
	names   []string
	columns map[string][]string
	numbers []int // row of each, as the person sees it
}

func readStats(s *session, name string) (*statsTable, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, openProblem(name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, openProblem(name, err)
	}
	limits := sheet.DefaultLimits()
	limits.FileBytes, limits.UnzippedBytes, limits.Rows = math.MaxInt64/4, math.MaxInt64/4, math.MaxInt32 // one's own file, on one's own machine
	book, err := sheet.Open(s.ctx, f, info.Size(), name, limits)
	if err != nil {
		return nil, err
	}
	rows, err := book.Rows(s.ctx, book.Sheets()[0])
	if err != nil {
		return nil, err
	}
	t := &statsTable{columns: map[string][]string{}}
	for rows.Next() {
		row := rows.Row()
		if row.Empty() {
			continue
		}
		if t.names == nil {
			if err := t.head(row); err != nil {
				return nil, err
			}
			continue
		}
		for k, name := range t.names {
			if name != "" {
				t.columns[name] = append(t.columns[name], strings.TrimSpace(row.Cell(k).Text))
			}
		}
		t.numbers = append(t.numbers, row.Number)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(t.numbers) == 0 {
		return nil, problem.Invalid("文件里没有数据", "第一行应当是列标题，下面每行一个人。")
	}
	return t, nil
}

func (t *statsTable) head(row sheet.Row) error {
	for k := range row.Cells {
		name := strings.TrimSpace(row.Cell(k).Text)
		if _, doubled := t.columns[name]; doubled {
			return problem.Invalid(fmt.Sprintf("有两列都叫“%s”", name), "请改其中一列的标题。")
		}
		t.names = append(t.names, name)
		if name != "" {
			t.columns[name] = nil
		}
	}
	return nil
}

func (t *statsTable) text(name string) ([]string, error) {
	column, known := t.columns[name]
	if !known {
		return nil, problem.Invalid(fmt.Sprintf("文件里没有“%s”这一列", name), "有的列是："+strings.Join(t.names, "、")+"。")
	}
	return column, nil
}

// missing are the ways to write that there is no value.
var missing = []string{"", "NA", "N/A", ".", "NULL", "null", "na"}

// number reads a column of numbers; a missing one is NaN.
func (t *statsTable) number(name string) ([]float64, error) {
	column, err := t.text(name)
	if err != nil {
		return nil, err
	}
	list := make([]float64, len(column))
	for i, text := range column {
		if slices.Contains(missing, text) {
			list[i] = math.NaN()
			continue
		}
		v, err := strconv.ParseFloat(sheet.Normalize(text), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, problem.Invalid(fmt.Sprintf("“%s”列第%d行的“%s”不是数字", name, t.numbers[i], text), "没有值的请留空；分类的变量请用proportion或table。")
		}
		list[i] = v
	}
	return list, nil
}

// codes numbers the levels of a column in their order; −1 is a missing value.
func (t *statsTable) codes(name string) (codes []int, levels []string, err error) {
	column, err := t.text(name)
	if err != nil {
		return nil, nil, err
	}
	for _, text := range column {
		if !slices.Contains(missing, text) {
			levels = append(levels, text)
		}
	}
	slices.SortFunc(levels, byNumber)
	levels = slices.Compact(levels)
	at := map[string]int{}
	for k, level := range levels {
		at[level] = k
	}
	codes = make([]int, len(column))
	for i, text := range column {
		codes[i] = -1
		if k, known := at[text]; known {
			codes[i] = k
		}
	}
	return codes, levels, nil
}

// byNumber orders numbers by size and words after them.
func byNumber(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil && x != y:
		return compareFloat(x, y)
	case (errX == nil) != (errY == nil):
		if errX == nil {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

func compareFloat(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

// design reads how the rows were drawn and weighted.
func (c *statsCommand) design(s *session, t *statsTable) (*estimate.Design, statsDesign, error) {
	about := statsDesign{Rows: len(t.numbers), Weight: c.Weight, Strata: c.Strata, Cluster: c.Cluster, FPC: c.FPC, Nest: c.Nest, LonelyPSU: c.LonelyPSU, Method: c.Method, Level: c.Level}
	r := estimate.Rows{N: len(t.numbers), Nest: c.Nest, Lonely: estimate.LonelyPSU(c.LonelyPSU)}
	var err error
	if c.Weight != "" {
		if r.Weights, err = t.number(c.Weight); err != nil {
			return nil, about, err
		}
	}
	for _, part := range []struct {
		names []string
		into  *[][]string
	}{{c.Strata, &r.Strata}, {c.Cluster, &r.Clusters}} {
		for _, name := range part.names {
			column, err := t.text(name)
			if err != nil {
				return nil, about, err
			}
			for i, text := range column {
				if slices.Contains(missing, text) {
					return nil, about, problem.Invalid(fmt.Sprintf("“%s”列第%d行是空的", name, t.numbers[i]), "每一行都要写明属于哪一层、哪个抽样单元。")
				}
			}
			*part.into = append(*part.into, column)
		}
	}
	for _, name := range c.FPC {
		column, err := t.number(name)
		if err != nil {
			return nil, about, err
		}
		r.Populations = append(r.Populations, column)
	}
	d, err := estimate.NewDesign(r)
	if err != nil || c.Calibrate == "none" {
		return d, about, err
	}
	about.Calibrate = c.Calibrate
	d, about.Iterations, err = c.calibrate(s, t, d, r)
	return d, about, err
}

// calibrate brings the weights to the totals of the margins file.
func (c *statsCommand) calibrate(s *session, t *statsTable, d *estimate.Design, r estimate.Rows) (*estimate.Design, int, error) {
	m, err := readMargins(s, c.Margins)
	if err != nil {
		return nil, 0, err
	}
	calibration := estimate.Calibration{Before: r.Weights}
	if calibration.Before == nil {
		calibration.Before = slices.Repeat([]float64{1}, r.N)
	}
	var wanted [][]float64
	for _, name := range m.names {
		codes, totals, err := m.match(t, name)
		if err != nil {
			return nil, 0, err
		}
		calibration.Margins, wanted = append(calibration.Margins, codes), append(wanted, totals)
	}
	var result weighting.Result
	switch {
	case c.Calibrate == "poststratify" && len(m.names) != 1:
		return nil, 0, wrongWords("poststratify takes one variable in the margins file, rake several")
	case c.Calibrate == "poststratify":
		result, err = weighting.PostStratify(calibration.Before, calibration.Margins[0], wanted[0])
	default:
		result, err = weighting.Rake(calibration.Before, calibration.Margins, wanted, weighting.Options{})
	}
	if err != nil {
		return nil, 0, problem.Invalid(err.Error(), "请核对总体文件。").Because(err)
	}
	if !result.Converged {
		return nil, 0, problem.Invalid(fmt.Sprintf("加权%d轮后仍有%.2g的差距，没有收敛", result.Iterations, result.Off), "请合并人数很少的类别，或减少加权变量。")
	}
	calibration.After = result.Weights
	d, err = d.Calibrated(calibration)
	return d, result.Iterations, err
}

// statsMargins are the known totals of a margins file, line by line.
type statsMargins struct {
	variables, levels []string
	totals            []float64
	names             []string // of the variables, each once, in the order of the file
}

func readMargins(s *session, file string) (*statsMargins, error) {
	t, err := readStats(s, file)
	if err != nil {
		return nil, err
	}
	m := &statsMargins{}
	if m.variables, err = t.text("variable"); err != nil {
		return nil, err
	}
	if m.levels, err = t.text("level"); err != nil {
		return nil, err
	}
	if m.totals, err = t.number("total"); err != nil {
		return nil, err
	}
	for _, name := range m.variables {
		if !slices.Contains(m.names, name) {
			m.names = append(m.names, name)
		}
	}
	return m, nil
}

// match gives the category of each row of the sample by a variable, and the total of each
// category; every category needs one, and somebody.
func (m *statsMargins) match(t *statsTable, name string) (codes []int, totals []float64, err error) {
	codes, known, err := t.codes(name)
	if err != nil {
		return nil, nil, err
	}
	if i := slices.Index(codes, -1); i >= 0 {
		return nil, nil, problem.Invalid(fmt.Sprintf("“%s”列第%d行是空的", name, t.numbers[i]), "加权变量每一行都要有值。")
	}
	totals = make([]float64, len(known))
	for i, variable := range m.variables {
		if variable != name {
			continue
		}
		k := slices.Index(known, m.levels[i])
		if k < 0 && m.totals[i] > 0 {
			return nil, nil, problem.Invalid(fmt.Sprintf("“%s”为“%s”的总体有%v人，样本里一个也没有", name, m.levels[i], m.totals[i]), "请合并类别后再加权，或补充调查。")
		}
		if k >= 0 {
			totals[k] = m.totals[i]
		}
	}
	for k, total := range totals {
		if !(total > 0) {
			return nil, nil, problem.Invalid(fmt.Sprintf("总体文件里没有“%s”为“%s”的人数", name, known[k]), "请补上这一行，总体人数要大于0。")
		}
	}
	return codes, totals, nil
}

// estimate fills in the figures of each domain.
func (c *statsCommand) estimate(t *statsTable, d *estimate.Design, into *statsAnswer) error {
	domains, err := c.domains(t)
	if err != nil {
		return err
	}
	for _, one := range domains {
		var results []statsResult
		switch c.Kind {
		case "quantile":
			results, err = c.quantiles(t, d, one.in)
		case "proportion":
			results, err = c.proportions(t, d, one.in)
		case "table", "chisq":
			results, err = c.cells(t, d, one.in)
		default:
			results, err = c.linear(t, d, one.in)
		}
		if err != nil {
			return err
		}
		for _, r := range results {
			r.By = one.by
			into.Results = append(into.Results, r)
		}
	}
	if c.Kind != "chisq" && c.Kind != "table" || len(c.By) > 0 {
		return nil
	}
	rows, _, err := t.codes(c.Variable[0])
	if err != nil {
		return err
	}
	columns, _, err := t.codes(c.Variable[1])
	if err != nil {
		return err
	}
	test, err := d.Associate(rows, columns, nil)
	into.Test = &test
	return err
}

type statsDomain struct {
	by map[string]string
	in []bool // nil: all
}

// domains are the combinations of levels that occur, in order.
func (c *statsCommand) domains(t *statsTable) ([]statsDomain, error) {
	list := []statsDomain{{}}
	for _, name := range c.By {
		codes, levels, err := t.codes(name)
		if err != nil {
			return nil, err
		}
		var finer []statsDomain
		for _, outer := range list {
			for k, level := range levels {
				one := statsDomain{by: map[string]string{name: level}, in: make([]bool, len(codes))}
				for name, level := range outer.by {
					one.by[name] = level
				}
				some := false
				for i, code := range codes {
					one.in[i] = code == k && (outer.in == nil || outer.in[i])
					some = some || one.in[i]
				}
				if some {
					finer = append(finer, one)
				}
			}
		}
		list = finer
	}
	return list, nil
}

func (c *statsCommand) linear(t *statsTable, d *estimate.Design, in []bool) ([]statsResult, error) {
	var results []statsResult
	for _, name := range c.Variable {
		y, err := c.values(t, name, in)
		if err != nil {
			return nil, err
		}
		var f *estimate.Figures
		switch c.Kind {
		case "total":
			f, err = d.Totals([][]float64{y}, in)
		case "ratio":
			x, wrong := c.values(t, c.Denominator, in)
			if wrong != nil {
				return nil, wrong
			}
			f, err = d.Ratios([][]float64{y}, [][]float64{x}, in)
		default:
			f, err = d.Means([][]float64{y}, in)
		}
		if err != nil {
			return nil, err
		}
		r, err := c.result(f.Each[0], estimate.IntervalT)
		if err != nil {
			return nil, err
		}
		if r.Variable = name; c.Kind == "ratio" {
			r.Variable += "/" + c.Denominator
		}
		results = append(results, r)
	}
	return results, nil
}

// values reads a column of numbers, and refuses a missing one where that was asked.
func (c *statsCommand) values(t *statsTable, name string, in []bool) ([]float64, error) {
	y, err := t.number(name)
	if err != nil || c.Missing == "omit" {
		return y, err
	}
	for i, v := range y {
		if math.IsNaN(v) && (in == nil || in[i]) {
			return nil, problem.Invalid(fmt.Sprintf("“%s”列第%d行没有值", name, t.numbers[i]), "请补上，或去掉 --missing fail，不计缺失的行。")
		}
	}
	return y, nil
}

// proportions are those of each level of a variable, of the rows that have one.
func (c *statsCommand) proportions(t *statsTable, d *estimate.Design, in []bool) ([]statsResult, error) {
	var results []statsResult
	for _, name := range c.Variable {
		codes, levels, err := t.codes(name)
		if err != nil {
			return nil, err
		}
		list, err := c.shares(t, d, in, name, codes, levels)
		if err != nil {
			return nil, err
		}
		results = append(results, list...)
	}
	return results, nil
}

func (c *statsCommand) shares(t *statsTable, d *estimate.Design, in []bool, name string, codes []int, levels []string) ([]statsResult, error) {
	y := make([][]float64, len(levels))
	for k := range y {
		y[k] = make([]float64, len(codes))
	}
	for i, code := range codes {
		if code < 0 && c.Missing == "fail" && (in == nil || in[i]) {
			return nil, problem.Invalid(fmt.Sprintf("“%s”列第%d行没有值", name, t.numbers[i]), "请补上，或去掉 --missing fail，不计缺失的行。")
		}
		for k := range y {
			switch code {
			case -1:
				y[k][i] = math.NaN()
			case k:
				y[k][i] = 1
			}
		}
	}
	f, err := d.Means(y, in)
	if err != nil {
		return nil, err
	}
	var results []statsResult
	for k, one := range f.Each {
		r, err := c.result(one, estimate.IntervalMethod(c.Method))
		if err != nil {
			return nil, err
		}
		r.Variable, r.Level = name, levels[k]
		results = append(results, r)
	}
	return results, nil
}

// cells are the proportions of all combinations of two variables.
func (c *statsCommand) cells(t *statsTable, d *estimate.Design, in []bool) ([]statsResult, error) {
	rows, rowLevels, err := t.codes(c.Variable[0])
	if err != nil {
		return nil, err
	}
	columns, columnLevels, err := t.codes(c.Variable[1])
	if err != nil {
		return nil, err
	}
	codes, levels := make([]int, len(rows)), make([]string, 0, len(rowLevels)*len(columnLevels))
	for _, row := range rowLevels {
		for _, column := range columnLevels {
			levels = append(levels, row+","+column)
		}
	}
	for i := range codes {
		codes[i] = -1
		if rows[i] >= 0 && columns[i] >= 0 {
			codes[i] = rows[i]*len(columnLevels) + columns[i]
		}
	}
	return c.shares(t, d, in, strings.Join(c.Variable, ","), codes, levels)
}

func (c *statsCommand) quantiles(t *statsTable, d *estimate.Design, in []bool) ([]statsResult, error) {
	var at []float64
	for _, text := range c.At {
		p, _ := strconv.ParseFloat(text, 64) // checked
		at = append(at, p)
	}
	var results []statsResult
	for _, name := range c.Variable {
		y, err := c.values(t, name, in)
		if err != nil {
			return nil, err
		}
		list, err := d.Quantiles(y, in, at, c.Level)
		if err != nil {
			return nil, err
		}
		for _, q := range list {
			r := statsResult{Variable: name, At: &q.At, N: q.N, Base: q.Base, DF: q.DF, Warnings: orNone(q.Warnings)}
			if q.Valid {
				r.Estimate = &q.Value
			}
			if q.HasInterval {
				r.SE, r.Lower, r.Upper = &q.SE, &q.Lower, &q.Upper
			}
			results = append(results, r)
		}
	}
	return results, nil
}

// result puts a figure and its interval into the answer.
func (c *statsCommand) result(f estimate.Figure, method estimate.IntervalMethod) (statsResult, error) {
	r := statsResult{N: f.N, Base: f.Base, DF: f.DF, Warnings: orNone(f.Warnings)}
	if f.Valid {
		r.Estimate = &f.Value
	}
	if f.HasSE {
		r.SE = &f.SE
	}
	if f.Deff > 0 {
		r.Deff, r.EffectiveN = &f.Deff, &f.EffectiveN
	}
	lower, upper, ok, err := f.Interval(method, c.Level)
	if ok {
		r.Lower, r.Upper = &lower, &upper
	}
	return r, err
}

func orNone(list []estimate.Warning) []estimate.Warning {
	if list == nil {
		return []estimate.Warning{}
	}
	return list
}

// line is a figure as a person reads it.
func (r statsResult) line() string {
	var b strings.Builder
	for _, name := range sortedNames(r.By) {
		fmt.Fprintf(&b, "%s=%s  ", name, r.By[name])
	}
	b.WriteString(r.Variable)
	if r.Level != "" {
		b.WriteString("=" + r.Level)
	}
	if r.At != nil {
		fmt.Fprintf(&b, "@%v", *r.At)
	}
	if r.Estimate == nil {
		b.WriteString("  –")
	} else {
		fmt.Fprintf(&b, "  %.6g", *r.Estimate)
	}
	if r.SE != nil {
		fmt.Fprintf(&b, "  标准误%.4g", *r.SE)
	}
	if r.Lower != nil {
		fmt.Fprintf(&b, "  区间%.6g–%.6g", *r.Lower, *r.Upper)
	}
	fmt.Fprintf(&b, "  n=%d", r.N)
	for _, w := range r.Warnings {
		b.WriteString("  （" + w.Text + "）")
	}
	return b.String()
}

func sortedNames(by map[string]string) []string {
	var names []string
	for name := range by {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func testLine(a estimate.Association) string {
	if !a.Valid {
		return "没有可以检验的表"
	}
	text := fmt.Sprintf("Rao–Scott F=%.6g  自由度%.4g和%.5g  p=%.4g  Cramér V=%.4g", a.Statistic, a.DF1, a.DF2, a.P, a.CramersV)
	for _, w := range a.Warnings {
		text += "  （" + w.Text + "）"
	}
	return text
}

// statsProblem says what is wrong with a description of a design.
func statsProblem(file string, t *statsTable, err error) error {
	var wrong *estimate.DesignError
	if !errors.As(err, &wrong) {
		return err
	}
	where := ""
	if wrong.Row > 0 {
		where = fmt.Sprintf("第%d行：", t.numbers[wrong.Row-1])
	}
	return problem.Invalid("不能估计："+where+wrong.Why, fmt.Sprintf("请核对“%s”和命令里的列名。", file)).Because(err)
}
