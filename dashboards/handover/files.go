package handover

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"shuixuan/app/survey"
	"shuixuan/dashboards/safecsv"
	"shuixuan/dashboards/spss"
)

// each walks through the rows of the files. Who counted other rows than come now wrote weights
// and cells that don't hold.
func (d *Data) each(ctx context.Context, yield func(row) error) error {
	n := int64(0)
	err := d.source.Each(ctx, func(r survey.Response) error {
		if !counts(r) {
			return nil
		}
		n++
		if err := yield(d.row(n, r)); err != nil {
			return err
		}
		return ctx.Err()
	})
	if err == nil && n != d.Report.Rows {
		err = fmt.Errorf("%d responses, %d were counted before", n, d.Report.Rows)
	}
	return err
}

// Responses writes the responses as CSV: codes of options, 1 and 0 for the options of a multiple
// choice, nothing where there is no answer. The codebook explains each.
func (d *Data) Responses(ctx context.Context, w io.Writer) error {
	out := safecsv.New(w)
	line := make([]string, len(d.columns))
	for i, c := range d.columns {
		line[i] = c.name
	}
	out.Write(line)
	err := d.each(ctx, func(x row) error {
		for i, c := range d.columns {
			line[i] = c.print(c.value(x))
		}
		out.Write(line)
		return nil
	})
	return closed(out, ResponsesFile, err)
}

func (c *column) print(v cell) string {
	switch {
	case v.state != held:
		return ""
	case c.kind == coded || c.kind == words:
		return safecsv.Text(clean(v.text))
	}
	return plain(v.number)
}

func closed(out *safecsv.Writer, name string, err error) error {
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// Sav writes the responses, their weights and what was drawn together as a system file of SPSS.
// It is the lossless form: why there is no answer is told apart by missing values.
func (d *Data) Sav(ctx context.Context, w io.Writer) error {
	out, err := spss.NewWriter(w, d.dictionary())
	if err != nil {
		return err
	}
	cells := make([]spss.Value, 0, len(d.columns)+3)
	err = d.each(ctx, func(x row) error {
		cells = cells[:0]
		for _, c := range d.columns {
			cells = append(cells, c.sav(c.value(x)))
		}
		design := d.drawn(x)
		cells = append(cells, spss.Text(design.unit), number(design.weight, design.weighed), number(design.population, design.finite))
		return out.Write(cells)
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", SavFile, err)
	}
	return out.Close()
}

func number(v float64, known bool) spss.Value {
	if !known {
		return spss.None()
	}
	return spss.Number(v)
}

func (c *column) sav(v cell) spss.Value {
	switch {
	case c.kind == words:
		return spss.Text(v.text)
	case v.state != held:
		return spss.Number(c.missingCode(v.state))
	case c.kind == coded:
		return spss.Number(c.place(v.text))
	}
	return spss.Number(v.number)
}

// designNames are the variables of the design in the .sav, and how they are labelled.
var designNames = [3][2]string{{"design_psu", "一起找到的抽样单元（编号）"}, {"design_weight", "权重：每份答卷代表的人数"}, {"design_fpc", "所在人群的总体人数（有限总体校正）"}}

func (d *Data) dictionary() spss.Dictionary {
	all := spss.Dictionary{Label: d.source.Title, Product: d.source.Product, Created: d.source.CutOff, Cases: d.Report.Rows}
	names := make([]string, 0, len(d.columns)+3)
	for _, c := range d.columns {
		all.Variables = append(all.Variables, d.variable(c))
		names = append(names, c.name)
	}
	for _, extra := range designNames {
		names = append(names, extra[0])
	}
	names = spss.Names(names) // a question may have the name of one of the three
	for i, extra := range designNames {
		v := spss.Variable{Name: names[len(d.columns)+i], Label: extra[1], Measure: spss.Scale, Decimals: 4}
		if i == 0 {
			v.Width, v.Decimals, v.Measure = 1+len(strconv.Itoa(len(d.units.of))), 0, spss.Nominal
		}
		all.Variables = append(all.Variables, v)
	}
	for _, q := range d.q.Questions {
		if columns := d.chosen(q.Name); len(columns) > 1 {
			set := spss.Set{Name: q.Name, Label: q.Label, Counted: 1}
			for _, c := range columns {
				set.Variables = append(set.Variables, c.name)
			}
			all.Sets = append(all.Sets, set)
		}
	}
	return all
}

func (d *Data) variable(c *column) spss.Variable {
	v := spss.Variable{Name: c.name, Label: clean(c.label), Measure: spss.Nominal}
	if c.kind == words {
		v.Width = max(1, c.widest)
		v.Missing.Values = []spss.Value{spss.Text("")}
		return v
	}
	if c.kind == serial {
		v.Measure = spss.Scale
		return v
	}
	label := func(n float64, text string) {
		v.Labels = append(v.Labels, spss.Label{Value: spss.Number(n), Text: clean(text)})
	}
	switch c.kind {
	case amount:
		v.Measure = spss.Scale
		if !c.question.Whole {
			v.Decimals = 2
		}
	case chosen:
		label(0, "未选")
		label(1, "选了")
	default:
		if c.question.Type == survey.Scale {
			v.Measure = spss.Ordinal
		}
		for _, o := range c.options {
			label(c.place(o.Code), o.Label)
		}
		if left := d.left(c); len(left) > 0 { // beside a range the format holds one value
			v.Missing.Values = []spss.Value{spss.Number(c.place(left[0]))}
		}
	}
	for _, s := range d.states(c) {
		label(c.missingCode(s), stateNames[s])
	}
	v.Missing.HasRange, v.Missing.Low, v.Missing.High = true, c.missingCode(unanswered), c.missingCode(taken)
	return v
}

// drawn is how a row came into the sample.
type drawn struct {
	unit       string // empty: by themselves, or taken out with the area
	weight     float64
	weighed    bool
	population float64
	finite     bool
}

func (d *Data) drawn(x row) drawn {
	var one drawn
	one.weight, one.weighed = d.weight(x.r.Stratum)
	one.population, one.finite = d.population(x.r.Stratum)
	if unit := d.unit(x.r); unit != "" && !d.unitTaken(x) {
		one.unit = d.units.number(unit)
	}
	return one
}

// unitTaken: where the area is the unit and was taken out, its number would give it back.
func (d *Data) unitTaken(x row) bool {
	return d.source.Sample.Sampling.Unit == survey.ByArea && d.suppress.taken(x.combination, areaKey)
}

// Design writes for each row how it was drawn and how many people it stands for, before any
// calibration. A row without a weight stays out of what is weighted.
func (d *Data) Design(ctx context.Context, w io.Writer) error {
	out := safecsv.New(w)
	out.Write([]string{"row", "stratum", "psu", "weight", "fpc"})
	err := d.each(ctx, func(x row) error {
		one := d.drawn(x)
		line := []string{strconv.FormatInt(x.number, 10), safecsv.Text(clean(x.r.Stratum)), one.unit, "", ""}
		if one.weighed {
			line[3] = plain(one.weight)
		}
		if one.finite {
			line[4] = plain(one.population)
		}
		out.Write(line)
		return nil
	})
	return closed(out, DesignFile, err)
}

// Uses of totals.
const (
	forWeights     = "weight"      // the weights of a stratum add up to it
	forCalibration = "calibration" // the weights are brought to it
)

// Totals writes the populations that the weights stand on.
func (d *Data) Totals(w io.Writer) error {
	out := safecsv.New(w)
	out.Write([]string{"use", "variable", "code", "label", "total", "source"})
	source := safecsv.Text(clean(d.source.Sample.Sampling.Frame))
	if d.source.Sample.Weighted {
		for _, s := range d.source.Sample.Strata {
			if s.Counted > 0 {
				out.Write([]string{forWeights, "stratum", safecsv.Text(s.Code), safecsv.Text(clean(s.Label)), plain(s.Population), source})
			}
		}
	}
	for _, m := range d.source.Calibration {
		c := d.column(m.Column)
		codes := sortedCodes(m.Totals, c)
		for _, code := range codes {
			out.Write([]string{forCalibration, c.name, safecsv.Text(code), safecsv.Text(clean(c.labelOf(code))), plain(m.Totals[code]), source})
		}
	}
	return closed(out, TotalsFile, nil)
}

// sortedCodes gives the codes of a margin in the order of the column's options.
func sortedCodes(totals map[string]float64, c *column) []string {
	codes := make([]string, 0, len(totals))
	for code := range totals {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(cmp.Compare(c.place(a), c.place(b)), cmp.Compare(a, b)) })
	return codes
}
